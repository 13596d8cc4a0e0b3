//! Shipping methods: where they go, and what they cost by weight or by total.

use serde::{Deserialize, Serialize};

use super::place::{Address, Place};
use super::{DEFINITION_NAME_BYTES_MAX, check_category};
use crate::catalog::validate::{range, size, text};
use crate::ids::ShippingMethodId;
use crate::money::{Currency, Money};
use crate::rejection::{Field, Rejection};

/// The most shipping methods a cluster has.
pub const SHIPPING_METHODS_MAX: usize = 200;
/// The most rates of one method.
pub const RATES_MAX: usize = 64;
/// The most places of all rates of one method.
pub const PLACES_MAX: usize = 512;
/// The most steps of one rate.
pub const STEPS_MAX: usize = 32;

/// A shipping method as it is stored and told (meta group).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingMethod {
    /// Its id.
    pub id: ShippingMethodId,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// What the seller says of it.
    pub details: ShippingDetails,
}

/// What a seller says of a shipping method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingDetails {
    /// What it is called: 1 to [`DEFINITION_NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// The currency of its prices.
    pub currency: Currency,
    /// The tax category of shipping by it; none: it is not taxed.
    pub tax_category: Option<String>,
    /// What it costs where; the first whose places include the address counts.
    pub rates: Vec<ShippingRate>,
}

/// What a method costs in some places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingRate {
    /// Where; empty for everywhere, and for orders that do not say where they go.
    pub places: Vec<Place>,
    /// What the steps go by.
    pub by: By,
    /// Prices, in steps.
    pub steps: Vec<Step>,
}

/// What steps go by. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    /// Nothing: there is one step, without an end.
    Flat,
    /// The weight of all units, in grams.
    Weight,
    /// What the goods cost after the promotion, in minor units.
    Total,
}

/// A price up to some weight or total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The last value that it is for; none in the last step: for all beyond.
    pub up_to: Option<u64>,
    /// What shipping costs, in minor units.
    pub amount: i64,
}

/// A method as an order is priced by it: at the rate of its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingTerms {
    /// Which method.
    pub method: ShippingMethodId,
    /// Its version.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// The currency of its prices.
    pub currency: Currency,
    /// Its tax category, if it is taxed.
    pub tax_category: Option<String>,
    /// What the steps go by.
    pub by: By,
    /// Prices, in steps.
    pub steps: Vec<Step>,
}

/// Why a method does not ship an order. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoShipping {
    /// There is no such method.
    Unknown,
    /// It does not go there.
    Place,
    /// The order is beyond its last step.
    Size,
    /// Its prices are in another currency.
    Currency,
}

impl ShippingMethod {
    /// What it costs at an address, or without one.
    pub fn terms(&self, ship_to: Option<&Address>) -> Result<ShippingTerms, Rejection> {
        let details = &self.details;
        let goes = |rate: &&ShippingRate| {
            let there = |address| rate.places.iter().any(|place| place.has(address));
            rate.places.is_empty() || ship_to.is_some_and(there)
        };
        let reason = NoShipping::Place;
        let rate = details.rates.iter().find(goes);
        let rate = rate.ok_or(Rejection::ShippingNotAvailable { reason })?;
        Ok(ShippingTerms {
            method: self.id,
            version: self.version,
            name: details.name.clone(),
            currency: details.currency,
            tax_category: details.tax_category.clone(),
            by: rate.by,
            steps: rate.steps.clone(),
        })
    }
}

impl ShippingTerms {
    /// What shipping costs, for goods of this weight and total.
    pub(super) fn amount(
        &self,
        currency: Currency,
        grams: u128,
        total: i64,
    ) -> Result<i64, Rejection> {
        if currency != self.currency {
            let reason = NoShipping::Currency;
            return Err(Rejection::ShippingNotAvailable { reason });
        }
        let value = match self.by {
            By::Flat => 0,
            By::Weight => grams,
            By::Total => u128::try_from(total).unwrap_or(0),
        };
        let step = self.steps.iter().find(|step| step.up_to.is_none_or(|to| value <= to.into()));
        let reason = NoShipping::Size;
        step.map(|step| step.amount).ok_or(Rejection::ShippingNotAvailable { reason })
    }

    pub(super) fn check(&self) -> Result<(), Rejection> {
        text(Field::Name, &self.name, 1, DEFINITION_NAME_BYTES_MAX)?;
        self.tax_category.as_deref().map(check_category).transpose()?;
        check_steps(self.by, &self.steps)
    }
}

impl ShippingDetails {
    /// Refuses what is outside its limits: the first field that is wrong, in the struct's order.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        text(Field::Name, &self.name, 1, DEFINITION_NAME_BYTES_MAX)?;
        self.tax_category.as_deref().map(check_category).transpose()?;
        size(Field::Rates, self.rates.len(), 1, RATES_MAX)?;
        let places = self.rates.iter().map(|rate| rate.places.len()).sum();
        size(Field::Places, places, 0, PLACES_MAX)?;
        for ShippingRate { places, by, steps } in &self.rates {
            places.iter().try_for_each(Place::check)?;
            check_steps(*by, steps)?;
        }
        Ok(())
    }
}

/// Steps go up, and only the last has no end.
fn check_steps(by: By, steps: &[Step]) -> Result<(), Rejection> {
    size(Field::Steps, steps.len(), 1, if by == By::Flat { 1 } else { STEPS_MAX })?;
    for step in steps {
        range(Field::Amount, step.amount, 0, Money::AMOUNT_MAX)?;
    }
    let rising = steps.windows(2).all(|pair| match (pair[0].up_to, pair[1].up_to) {
        (Some(first), Some(second)) => first < second,
        (Some(_), None) => true,
        (None, _) => false,
    });
    let flat = by != By::Flat || steps.iter().all(|step| step.up_to.is_none());
    if rising && flat { Ok(()) } else { Err(Rejection::Malformed { field: Field::Steps }) }
}
