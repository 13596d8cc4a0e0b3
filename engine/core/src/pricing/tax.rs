//! The tax table: a rate for each place and category.
//!
//! Of an address the region's rates count before the country's, and those before the rates for
//! everywhere; at each of them the product's own category before the standard one. An order that
//! does not say where it goes has the rates for everywhere.

use serde::{Deserialize, Serialize};

use super::place::{Address, Place};
use super::{AppliedTax, DEFINITION_NAME_BYTES_MAX};
use crate::catalog::validate::{range, size, text};
use crate::ids::TaxRateId;
use crate::rejection::{Field, Rejection};

/// The longest category, in bytes.
pub const CATEGORY_BYTES_MAX: usize = 32;
/// The highest rate, in millionths: as much again as the price.
pub const RATE_PPM_MAX: u32 = 1_000_000;
/// The most rates of one place.
pub const TAX_RATES_PER_PLACE_MAX: usize = 32;
/// The most rates a cluster has.
pub const TAX_RATES_MAX: usize = 5_000;

/// A row of the tax table as it is stored and told (meta group).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    /// Its id, which follows from place and category.
    pub id: TaxRateId,
    /// 1 when created, one more with each change, also when it is deleted and made again.
    pub version: u64,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// When it was deleted, if it was: the row keeps its version.
    pub deleted_at: Option<u64>,
    /// What the seller says of it.
    pub details: TaxDetails,
}

/// What a seller says of a tax rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxDetails {
    /// Where; none for everywhere.
    pub place: Option<Place>,
    /// On which products; empty is the standard category.
    pub category: String,
    /// What it is called: 1 to [`DEFINITION_NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// Millionths of the price: 0 to [`RATE_PPM_MAX`].
    pub rate_ppm: u32,
    /// Prices include it.
    pub inclusive: bool,
}

/// A rate as an order is priced by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxTerms {
    /// Which rate.
    pub rate: TaxRateId,
    /// Its version.
    pub version: u64,
    /// On which products; empty is the standard category.
    pub category: String,
    /// How near to the address its place is: 0 the region, 1 the country, 2 everywhere.
    pub distance: u8,
    /// Millionths of the price.
    pub rate_ppm: u32,
    /// Prices include it.
    pub inclusive: bool,
}

/// The places whose rates an order has, nearest first. None stands for everywhere.
pub(crate) fn places(ship_to: Option<&Address>) -> Vec<(u8, Option<Place>)> {
    let mut places = Vec::with_capacity(3);
    if let Some(Address { country, region, .. }) = ship_to {
        if !region.is_empty() {
            places.push((0, Some(Place { country: *country, region: region.clone() })));
        }
        places.push((1, Some(Place { country: *country, region: String::new() })));
    }
    places.push((2, None));
    places
}

/// The terms that a place's rates make.
pub fn tax_terms(distance: u8, rates: Vec<TaxRate>) -> impl Iterator<Item = TaxTerms> {
    rates.into_iter().filter(|rate| rate.deleted_at.is_none()).map(move |rate| TaxTerms {
        rate: rate.id,
        version: rate.version,
        category: rate.details.category,
        distance,
        rate_ppm: rate.details.rate_ppm,
        inclusive: rate.details.inclusive,
    })
}

/// The rate on a category: of the nearest place that has one, its own before the standard one.
fn rate_on<'a>(taxes: &'a [TaxTerms], category: &str) -> Option<&'a TaxTerms> {
    let fits = |tax: &&TaxTerms| tax.category.is_empty() || tax.category == category;
    taxes.iter().filter(fits).min_by_key(|tax| (tax.distance, tax.category != category, tax.rate))
}

/// The tax on an amount of one category, rounded half up to minor units.
pub(super) fn tax_on(taxes: &[TaxTerms], category: &str, amount: i64) -> Option<AppliedTax> {
    let tax = rate_on(taxes, category)?;
    let (all, ppm) = (i128::from(RATE_PPM_MAX), i128::from(tax.rate_ppm));
    let divisor = if tax.inclusive { all + ppm } else { all };
    let amount = i64::try_from(super::quote::half_up(i128::from(amount) * ppm, divisor)).ok()?;
    let TaxTerms { rate, version, rate_ppm, inclusive, .. } = *tax;
    Some(AppliedTax { rate, version, rate_ppm, inclusive, amount })
}

/// Refuses what is no category: lowercase letters, digits, dashes and underscores. `standard` is
/// told for the empty one, and is no other.
pub(crate) fn check_category(category: &str) -> Result<(), Rejection> {
    size(Field::TaxCategory, category.len(), 0, CATEGORY_BYTES_MAX)?;
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let good = category.bytes().all(plain) && category != "standard";
    if good { Ok(()) } else { Err(Rejection::Malformed { field: Field::TaxCategory }) }
}

impl TaxTerms {
    pub(super) fn check(&self) -> Result<(), Rejection> {
        check_category(&self.category)?;
        range(Field::RatePpm, i64::from(self.rate_ppm), 0, i64::from(RATE_PPM_MAX))
    }
}

impl TaxDetails {
    /// Refuses what is outside its limits: the first field that is wrong, in the struct's order.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        self.place.as_ref().map(Place::check).transpose()?;
        check_category(&self.category)?;
        text(Field::Name, &self.name, 1, DEFINITION_NAME_BYTES_MAX)?;
        range(Field::RatePpm, i64::from(self.rate_ppm), 0, i64::from(RATE_PPM_MAX))
    }
}
