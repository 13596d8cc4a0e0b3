//! I13: an order is among its owner's open ones exactly while it holds units unconfirmed.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::{Key, prefixed};
use crate::order::Order;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut open = 0_u64;
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        open += u64::from(order.is_open());
        let key = Key::OwnerOpen { owner: order.owner.hash(), order: order.id };
        let listed = view.get(&key.encode())?.is_some();
        if listed != order.is_open() {
            let what = format!("{} is {:?}; listed as open: {listed}", order.id, order.units);
            violation(found, "I13", what);
        }
        Ok(())
    })?;
    let mut listed = 0_u64;
    each(view, prefixed(b"ow"), |_, _| {
        listed += 1;
        Ok(())
    })?;
    if listed > open {
        violation(found, "I13", format!("{listed} orders are listed as open, {open} are"));
    }
    Ok(())
}
