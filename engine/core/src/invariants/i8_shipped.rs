//! I8: no more is sent than was ordered and not canceled, nothing twice, and no more arrives than
//! was sent. What a line says is what its fulfillments say.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::prefixed;
use crate::order::{
    FULFILLMENTS_PER_ORDER_MAX, Fulfillment, FulfillmentState, LineProgress, Order,
};
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let all = &order.progress.fulfillments;
        let bounded = all.len() <= FULFILLMENTS_PER_ORDER_MAX;
        let mut lines = all.iter().flat_map(|fulfillment| &fulfillment.lines);
        if !bounded || lines.any(|units| units.line as usize >= order.lines.len()) {
            violation(found, "I8", format!("{}: {all:?}", order.id));
        }
        for (number, line) in (0_u32..).zip(&order.lines) {
            let LineProgress { canceled, shipped, delivered } = line.progress;
            let open = sum(all, number, FulfillmentState::is_open);
            let sent = sum(all, number, |state| {
                matches!(state, FulfillmentState::Shipped | FulfillmentState::Delivered)
            });
            let arrived = sum(all, number, |state| state == FulfillmentState::Delivered);
            let taken = u64::from(canceled) + u64::from(shipped) + open;
            let whole = taken <= u64::from(line.quantity)
                && sent == u64::from(shipped)
                && arrived == u64::from(delivered);
            if !whole {
                let (id, progress) = (order.id, line.progress);
                let what = format!("{id}: line {number} of {} is {progress:?}", line.quantity);
                violation(
                    found,
                    "I8",
                    format!("{what}; in fulfillments {open}, {sent}, {arrived}"),
                );
            }
        }
        Ok(())
    })
}

/// The units of a line in fulfillments of some states.
fn sum(all: &[Fulfillment], line: u32, wanted: impl Fn(FulfillmentState) -> bool) -> u64 {
    let all = all.iter().filter(|fulfillment| wanted(fulfillment.state));
    let units = all.flat_map(|fulfillment| &fulfillment.lines).filter(|units| units.line == line);
    units.map(|units| u64::from(units.quantity)).sum()
}
