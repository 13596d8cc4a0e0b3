//! Promotions: what a code takes off, and when it does.

use serde::{Deserialize, Serialize};

use super::{DEFINITION_NAME_BYTES_MAX, RATE_PPM_MAX};
use crate::catalog::validate::{range, text};
use crate::ids::PromotionId;
use crate::inventory::UNITS_MAX;
use crate::money::{Currency, Money};
use crate::rejection::{Field, Rejection};

/// The longest code, in bytes.
pub const CODE_BYTES_MAX: usize = 32;
/// The most promotions a cluster has, archived ones included.
pub const PROMOTIONS_MAX: usize = 10_000;
/// The highest limit of uses for each customer.
pub const USES_PER_CUSTOMER_MAX: u32 = 1_000;

/// A promotion as it is stored and told (meta group).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// Its id, which follows from its code.
    pub id: PromotionId,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// When it was archived, if it was: nobody gets it any more.
    pub archived_at: Option<u64>,
    /// What a customer types: as [`normal_code`] makes it.
    pub code: String,
    /// What the seller says of it.
    pub details: PromotionDetails,
}

/// What a seller says of a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionDetails {
    /// What it is called, or empty: at most [`DEFINITION_NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// What it takes off.
    pub discount: Discount,
    /// The currency of its amounts; orders in another are refused. Needed where there is one.
    pub currency: Option<Currency>,
    /// The least that the goods must cost, in minor units; 0 for any.
    pub minimum_spend: i64,
    /// From when on, in Unix milliseconds.
    pub starts_at: Option<u64>,
    /// Until when, in Unix milliseconds: at that time it is over.
    pub ends_at: Option<u64>,
    /// How many orders may have it at once, all customers together: 1 to [`UNITS_MAX`].
    pub usage_limit: Option<u32>,
    /// How many orders of one customer may: 1 to [`USES_PER_CUSTOMER_MAX`].
    pub usage_limit_per_customer: Option<u32>,
}

/// What a promotion takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Discount {
    /// A part of what the goods cost.
    Percent {
        /// Millionths of it: 1 to [`RATE_PPM_MAX`].
        rate_ppm: u32,
    },
    /// An amount, as far as the goods cost that much.
    Fixed {
        /// Minor units: 1 to [`Money::AMOUNT_MAX`].
        amount: i64,
    },
    /// What the shipping costs.
    FreeShipping,
}

/// A code as it is stored: in upper case. None if it is no code: 1 to [`CODE_BYTES_MAX`] letters,
/// digits, dashes and underscores.
pub fn normal_code(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let good = (1..=CODE_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain);
    good.then(|| text.to_ascii_uppercase())
}

impl Promotion {
    /// Refuses an order that may not have it: `PromotionNotFound` (also before it starts, so that
    /// codes cannot be found out early), `PromotionExpired`, `PromotionCurrencyMismatch`,
    /// `MinimumSpendNotReached`.
    pub(super) fn check_for(
        &self,
        goods: i64,
        currency: Currency,
        now: u64,
    ) -> Result<(), Rejection> {
        let details = &self.details;
        if details.starts_at.is_some_and(|at| now < at) {
            return Err(Rejection::PromotionNotFound);
        }
        if self.archived_at.is_some() || details.ends_at.is_some_and(|at| now >= at) {
            return Err(Rejection::PromotionExpired);
        }
        if let Some(actual) = details.currency.filter(|own| *own != currency) {
            return Err(Rejection::PromotionCurrencyMismatch { actual });
        }
        let minimum = details.minimum_spend;
        if goods < minimum {
            return Err(Rejection::MinimumSpendNotReached { minimum, actual: goods });
        }
        Ok(())
    }
}

impl PromotionDetails {
    /// Refuses what is outside its limits: the first field that is wrong, in the struct's order.
    pub(crate) fn check(&self) -> Result<(), Rejection> {
        text(Field::Name, &self.name, 0, DEFINITION_NAME_BYTES_MAX)?;
        match self.discount {
            Discount::Percent { rate_ppm } => {
                range(Field::RatePpm, i64::from(rate_ppm), 1, i64::from(RATE_PPM_MAX))?;
            }
            Discount::Fixed { amount } => range(Field::Amount, amount, 1, Money::AMOUNT_MAX)?,
            Discount::FreeShipping => {}
        }
        let amounts = matches!(self.discount, Discount::Fixed { .. }) || self.minimum_spend != 0;
        if amounts && self.currency.is_none() {
            return Err(Rejection::Malformed { field: Field::Currency });
        }
        range(Field::MinimumSpend, self.minimum_spend, 0, Money::AMOUNT_MAX)?;
        if let (Some(starts), Some(ends)) = (self.starts_at, self.ends_at) {
            let [starts, ends] = [starts, ends].map(|at| i64::try_from(at).unwrap_or(i64::MAX));
            range(Field::EndsAt, ends, starts.saturating_add(1), i64::MAX)?;
        }
        let within = |field, limit: Option<u32>, most: u32| match limit {
            Some(limit) => range(field, i64::from(limit), 1, i64::from(most)),
            None => Ok(()),
        };
        within(Field::UsageLimit, self.usage_limit, UNITS_MAX)?;
        let per_customer = self.usage_limit_per_customer;
        within(Field::UsageLimitPerCustomer, per_customer, USES_PER_CUSTOMER_MAX)
    }
}
