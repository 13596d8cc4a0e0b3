//! The meta group: deletes a row of the tax table.

use serde::{Deserialize, Serialize};

use super::rows;
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::TaxRateId;
use crate::rejection::Rejection;

/// Deletes a tax rate; its row keeps its version. Answered with the rate as it was.
///
/// Refused, in this order: `TaxRateNotFound`, `VersionMismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteTaxRate {
    /// Which rate.
    pub id: TaxRateId,
    /// The version the seller saw, if it matters.
    pub expected_version: Option<u64>,
}

impl DeleteTaxRate {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::tax_rate(ctx.txn, self.id)?;
        let live = found.filter(|rate| rate.deleted_at.is_none());
        let rate = live.ok_or(Rejection::TaxRateNotFound)?;
        check_version(self.expected_version, rate.version)?;
        let mut deleted = rate.clone();
        deleted.version += 1;
        deleted.updated_at = ctx.now();
        deleted.deleted_at = Some(ctx.now());
        rows::put_tax_rate(ctx.txn, &deleted);
        Ok(Reply::TaxRate(Box::new(rate)))
    }
}
