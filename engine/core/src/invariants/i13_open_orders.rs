//! I13: an owner's open orders, which hold units unconfirmed, are counted as they are.

use std::collections::BTreeMap;

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::{Key, prefixed};
use crate::order::{OpenOrders, Order};
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut open = BTreeMap::<Vec<u8>, u32>::new();
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        if order.is_open() {
            let key = Key::OwnerOpen { owner: order.owner.hash() };
            *open.entry(key.encode()).or_default() += 1;
        }
        Ok(())
    })?;
    each(view, prefixed(b"oc"), |key, value| {
        let (counted, are) = (decode::<OpenOrders>(value)?.0, open.remove(key).unwrap_or(0));
        if counted != are {
            let what = format!("{counted} orders of an owner are counted as open, {are} are");
            violation(found, "I13", what);
        }
        Ok(())
    })?;
    for are in open.into_values() {
        violation(found, "I13", format!("no order of an owner is counted as open, {are} are"));
    }
    Ok(())
}
