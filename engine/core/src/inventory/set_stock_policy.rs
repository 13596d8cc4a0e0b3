//! Sets how a product's stock is sold.

use serde::{Deserialize, Serialize};

use super::{Allocation, Stock, StockPolicy, UNITS_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::ProductId;
use crate::rejection::{Field, Rejection};

/// Replaces the policy of a product's stock. What was sold stays sold: a policy that it does not
/// fit is refused, and the refusal names the nearest value that fits.
///
/// Refused, in this order: `ProductNotFound`, `VersionMismatch`, `OutOfRange` (safety, backorder
/// limit, threshold: each alone), `OutOfRange` (backorder limit, too low for what is sold; then
/// safety, too high for what is left).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStockPolicy {
    /// Whose stock.
    pub product: ProductId,
    /// The version of the policy that the seller saw, if they say so.
    pub expected_version: Option<u64>,
    /// Units on hand that are not sold: at most `UNITS_MAX`.
    pub safety: u32,
    /// Units sold that are yet to come: at most `UNITS_MAX`.
    pub backorder_limit: u32,
    /// At which balance the feed is told: at most `UNITS_MAX`; none for never.
    pub low_stock_threshold: Option<u32>,
    /// Which location's units are taken first, from now on.
    pub allocation: Allocation,
}

impl SetStockPolicy {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let product = self.product;
        let before = rows::stock(ctx.txn, product)?;
        let before = before.ok_or(Rejection::ProductNotFound { product })?;
        check_version(self.expected_version, before.policy.version)?;
        self.check_range()?;
        let policy = StockPolicy {
            version: before.policy.version + 1,
            safety: self.safety,
            backorder_limit: self.backorder_limit,
            low_stock_threshold: self.low_stock_threshold,
            allocation: self.allocation,
        };
        let stock = Stock { policy, ..before };
        check_sold(&stock)?;
        rows::put_stock(ctx, product, &before, &stock);
        Ok(Reply::Stock(stock))
    }

    fn check_range(&self) -> Result<(), Rejection> {
        let fields = [
            (Field::Safety, self.safety),
            (Field::BackorderLimit, self.backorder_limit),
            (Field::LowStockThreshold, self.low_stock_threshold.unwrap_or(0)),
        ];
        match fields.into_iter().find(|(_, units)| *units > UNITS_MAX) {
            Some((field, _)) => {
                Err(Rejection::OutOfRange { field, min: 0, max: i64::from(UNITS_MAX) })
            }
            None => Ok(()),
        }
    }
}

/// Refuses a policy under which less could have been sold than was (I3).
fn check_sold(stock: &Stock) -> Result<(), Rejection> {
    let max = i64::from(UNITS_MAX);
    let backorders = i64::from(stock.policy.backorder_limit);
    let without_safety = stock.balance() + i64::from(stock.policy.safety);
    if without_safety + backorders < 0 {
        let (field, min) = (Field::BackorderLimit, -without_safety);
        return Err(Rejection::OutOfRange { field, min, max });
    }
    if stock.balance() + backorders < 0 {
        let (field, max) = (Field::Safety, without_safety + backorders);
        return Err(Rejection::OutOfRange { field, min: 0, max });
    }
    Ok(())
}
