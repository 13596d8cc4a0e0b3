//! I3: no product has more units held and committed than on hand: nothing is oversold.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::inventory::{Stock, UNITS_MAX};
use crate::keys::prefixed;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    each(view, prefixed(b"st"), |key, value| {
        let stock: Stock = decode(value)?;
        let in_use = u64::from(stock.held) + u64::from(stock.committed);
        if in_use > u64::from(stock.on_hand) || stock.on_hand > UNITS_MAX {
            violation(found, "I3", format!("stock {:02x?}: {stock:?}", &key[2..]));
        }
        Ok(())
    })
}
