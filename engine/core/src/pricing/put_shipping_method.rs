//! The meta group: creates a shipping method, or replaces one.

use serde::{Deserialize, Serialize};

use super::{Expect, SHIPPING_METHODS_MAX, ShippingDetails, ShippingMethod, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::ShippingMethodId;
use crate::rejection::Rejection;

/// Writes what is said of a shipping method. Orders that have it keep what it was.
///
/// Refused, in this order: `AlreadyExists` or `ShippingMethodNotFound`, `VersionMismatch`,
/// `TooManyDefinitions` (a new one), `OutOfRange` or `Malformed` (the first field that is wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutShippingMethod {
    /// Which method.
    pub id: ShippingMethodId,
    /// What the seller thinks is there.
    pub expect: Expect,
    /// What the seller says of it.
    pub details: ShippingDetails,
}

impl PutShippingMethod {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let row = rows::shipping_method(ctx.txn, self.id)?;
        match (self.expect, row.as_ref().map(|row| row.version)) {
            (Expect::New, Some(_)) => return Err(Rejection::AlreadyExists.into()),
            (Expect::New, None) | (Expect::Any, Some(_)) => {}
            (_, None) => return Err(Rejection::ShippingMethodNotFound.into()),
            (Expect::Version(expected), Some(actual)) => check_version(Some(expected), actual)?,
        }
        if row.is_none()
            && rows::count(ctx.txn, b"sm", SHIPPING_METHODS_MAX)? == SHIPPING_METHODS_MAX
        {
            let limit = SHIPPING_METHODS_MAX as u32;
            return Err(Rejection::TooManyDefinitions { limit }.into());
        }
        self.details.check()?;
        let at = ctx.now();
        let method = ShippingMethod {
            id: self.id,
            version: row.as_ref().map_or(1, |row| row.version + 1),
            created_at: row.map_or(at, |row| row.created_at),
            updated_at: at,
            details: self.details.clone(),
        };
        rows::put_shipping_method(ctx.txn, &method);
        Ok(Reply::ShippingMethod(Box::new(method)))
    }
}
