//! I3: no balance is below its backorder limit: nothing is sold beyond what the seller allows.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::inventory::{Stock, UNITS_MAX};
use crate::keys::prefixed;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    each(view, prefixed(b"st"), |key, value| {
        let stock: Stock = decode(value)?;
        let limits = [stock.on_hand, stock.policy.safety, stock.policy.backorder_limit];
        let floor = -i64::from(stock.policy.backorder_limit);
        if stock.balance() < floor || limits.iter().any(|units| *units > UNITS_MAX) {
            violation(found, "I3", format!("stock {:02x?}: {stock:?}", &key[2..]));
        }
        Ok(())
    })
}
