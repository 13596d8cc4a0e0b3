//! The meta group: deletes a shipping method.

use serde::{Deserialize, Serialize};

use super::rows;
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::ShippingMethodId;
use crate::rejection::Rejection;

/// Deletes a shipping method. Answered with the method as it was.
///
/// Refused, in this order: `ShippingMethodNotFound`, `VersionMismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteShippingMethod {
    /// Which method.
    pub id: ShippingMethodId,
    /// The version the seller saw, if it matters.
    pub expected_version: Option<u64>,
}

impl DeleteShippingMethod {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::shipping_method(ctx.txn, self.id)?;
        let method = found.ok_or(Rejection::ShippingMethodNotFound)?;
        check_version(self.expected_version, method.version)?;
        rows::delete_shipping_method(ctx.txn, self.id);
        Ok(Reply::ShippingMethod(Box::new(method)))
    }
}
