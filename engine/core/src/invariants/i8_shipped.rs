//! I8: no more is sent than was ordered and not canceled, nothing twice, and no more arrives than
//! was sent. What a line says is what its fulfillments say.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::prefixed;
use crate::order::RETURNS_PER_ORDER_MAX;
use crate::order::{
    FULFILLMENTS_PER_ORDER_MAX, Fulfillment, FulfillmentState, LineProgress, MadeUp, Order,
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
            let LineProgress { canceled, shipped, delivered, lost, returned } = line.progress;
            let open = sum(all, number, FulfillmentState::is_open);
            let arrived = sum(all, number, |state| state == FulfillmentState::Delivered);
            let gone = sum(all, number, FulfillmentState::is_lost) - reshipped(all, number);
            let underway = sum(all, number, |state| state == FulfillmentState::Shipped);
            let sent = underway + arrived + gone;
            let back = returned_of(&order, number);
            let taken = u64::from(canceled) + u64::from(shipped) + open;
            let whole = taken <= u64::from(line.quantity)
                && sent == u64::from(shipped)
                && arrived == u64::from(delivered)
                && gone == u64::from(lost)
                && back == u64::from(returned)
                && returned <= delivered
                && order.progress.returns.len() <= RETURNS_PER_ORDER_MAX;
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

/// The units of a line that returns have brought back.
fn returned_of(order: &Order, line: u32) -> u64 {
    let received = order.progress.returns.iter().flat_map(|it| &it.received);
    received.filter(|units| units.line == line).map(|units| u64::from(units.quantity)).sum()
}

/// The units of a line that never arrived and wait for shipping once more, or were sent again.
fn reshipped(all: &[Fulfillment], line: u32) -> u64 {
    let again = |fulfillment: &&Fulfillment| match fulfillment.made_up {
        MadeUp::Reshipped(id) => {
            let again = all.iter().find(|again| again.id == id);
            again.is_some_and(|again| !again.is_reserving())
        }
        MadeUp::No | MadeUp::Refunded => false,
    };
    let lines = all.iter().filter(again).flat_map(|fulfillment| &fulfillment.lines);
    let units = lines.filter(|units| units.line == line);
    units.map(|units| u64::from(units.quantity)).sum()
}

/// The units of a line in fulfillments of some states.
fn sum(all: &[Fulfillment], line: u32, wanted: impl Fn(FulfillmentState) -> bool) -> u64 {
    let all = all.iter().filter(|fulfillment| wanted(fulfillment.state));
    let units = all.flat_map(|fulfillment| &fulfillment.lines).filter(|units| units.line == line);
    units.map(|units| u64::from(units.quantity)).sum()
}
