//! The meta group: creates a row of the tax table, or replaces one.

use serde::{Deserialize, Serialize};

use super::{Expect, TAX_RATES_MAX, TAX_RATES_PER_PLACE_MAX, TaxDetails, TaxRate, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::fault::Fault;
use crate::ids::TaxRateId;
use crate::rejection::Rejection;

/// Writes the tax rate of a place and category. Orders that have it keep what it was.
///
/// Refused, in this order: `AlreadyExists` or `TaxRateNotFound`, `VersionMismatch`,
/// `TooManyDefinitions` (a new one; of its place, or at all), `OutOfRange` or `Malformed` (the
/// first field that is wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutTaxRate {
    /// What the seller thinks is there.
    pub expect: Expect,
    /// What the seller says of it. Place and category say which rate it is.
    pub details: TaxDetails,
}

impl PutTaxRate {
    /// Which rate.
    pub fn id(&self) -> TaxRateId {
        TaxRateId::of(self.details.place.as_ref(), &self.details.category)
    }

    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let row = rows::tax_rate(ctx.txn, self.id())?;
        let live = row.as_ref().filter(|row| row.deleted_at.is_none()).map(|row| row.version);
        match (self.expect, live) {
            (Expect::New, Some(_)) => return Err(Rejection::AlreadyExists.into()),
            (Expect::New, None) | (Expect::Any, Some(_)) => {}
            (_, None) => return Err(Rejection::TaxRateNotFound.into()),
            (Expect::Version(expected), Some(actual)) => check_version(Some(expected), actual)?,
        }
        if row.is_none()
            && let Some(limit) = self.limit_reached(ctx)?
        {
            return Err(Rejection::TooManyDefinitions { limit: limit as u32 }.into());
        }
        self.details.check()?;
        let at = ctx.now();
        let created = row.as_ref().filter(|row| row.deleted_at.is_none()).map(|row| row.created_at);
        let rate = TaxRate {
            id: self.id(),
            version: row.map_or(1, |row| row.version + 1),
            created_at: created.unwrap_or(at),
            updated_at: at,
            deleted_at: None,
            details: self.details.clone(),
        };
        rows::put_tax_rate(ctx.txn, &rate);
        Ok(Reply::TaxRate(Box::new(rate)))
    }

    fn limit_reached(&self, ctx: &Ctx<'_, '_>) -> Result<Option<usize>, Fault> {
        let (place, most) = (self.details.place.as_ref(), TAX_RATES_PER_PLACE_MAX);
        if rows::tax_rates_of(ctx.txn, place, most)?.len() == most {
            return Ok(Some(most));
        }
        let all = rows::count(ctx.txn, b"tr", TAX_RATES_MAX)?;
        Ok((all == TAX_RATES_MAX).then_some(TAX_RATES_MAX))
    }
}
