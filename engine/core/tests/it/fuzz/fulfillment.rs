//! Random commands about orders that were confirmed.

use engine_core::inventory::UnitsEnd;
use engine_core::order::LineUnits;
use engine_core::outbox::Message;
use engine_core::{
    CancelFulfillment, CancelLines, Command, CreateFulfillment, DeliverFulfillment, FulfillmentId,
    OrderId, PackFulfillment, RefundId, RefundOrder, ShipFulfillment,
};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let owner = v.owner();
    let order: OrderId = if v.random.random_bool(0.9) { v.order_of(&owner) } else { v.order() };
    let expected_version = v.random.random_bool(0.1).then(|| v.small());
    let id = FulfillmentId(v.random.random_range(1..4));
    match v.random.random_range(0..12) {
        0..3 => {
            let lines = v.random.random_bool(0.5).then(|| units(v));
            Command::CreateFulfillment(CreateFulfillment { order, expected_version, id, lines })
        }
        3..5 => Command::PackFulfillment(PackFulfillment { order, expected_version, id }),
        5..7 => {
            let sound = v.random.random_bool(0.8);
            let text = |v: &mut Values| if sound { "UPS".into() } else { v.text() };
            let (carrier, tracking) = (text(v), text(v));
            Command::ShipFulfillment(ShipFulfillment {
                order,
                expected_version,
                id,
                carrier,
                tracking,
            })
        }
        7 | 8 => Command::DeliverFulfillment(DeliverFulfillment { order, expected_version, id }),
        9 => Command::CancelFulfillment(CancelFulfillment { order, expected_version, id }),
        10 => {
            let (lines, write_off) = (units(v), v.random.random());
            let reason = v.text();
            Command::CancelLines(CancelLines { order, expected_version, lines, reason, write_off })
        }
        _ => {
            let (amount, reason) = (v.maybe(Values::i64), v.text());
            let id = RefundId(v.id());
            Command::RefundOrder(RefundOrder { order, expected_version, id, amount, reason })
        }
    }
}

pub fn end_units(v: &mut Values) -> Message {
    let how = v.one_of(&[UnitsEnd::Shipped, UnitsEnd::Released, UnitsEnd::WrittenOff]);
    Message::EndUnits { order: v.order(), product: v.product(), quantity: v.u32(), how }
}

fn units(v: &mut Values) -> Vec<LineUnits> {
    v.many(2, |v| {
        let line = if v.random.random_bool(0.9) { v.random.random_range(0..2) } else { v.u32() };
        LineUnits { line, quantity: v.u32() }
    })
}
