//! Random commands about orders that were confirmed.

use engine_core::inventory::UnitsEnd;
use engine_core::order::{Asked, Condition, DisputeState, LineUnits, Lost, Received, RefundState};
use engine_core::outbox::Message;
use engine_core::{
    ApproveReturn, CancelFulfillment, CancelLines, CancelReturn, Command, CreateFulfillment,
    DeliverFulfillment, FulfillmentId, ImportRefund, LoseFulfillment, NoteDispute, OrderId,
    PackFulfillment, ReceiveReturn, RefundId, RefundOrder, RejectReturn, RequestReturn,
    ReshipFulfillment, ReturnId, ShipFulfillment,
};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let owner = v.owner();
    let order: OrderId = if v.random.random_bool(0.9) { v.order_of(&owner) } else { v.order() };
    let expected_version = v.random.random_bool(0.1).then(|| v.small());
    let id = FulfillmentId(v.random.random_range(1..4));
    if v.random.random_bool(0.4) {
        return going_back(v, order, expected_version);
    }
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

pub fn restock(v: &mut Values) -> Message {
    Message::Restock { order: v.order(), product: v.product(), quantity: v.u32() }
}

pub fn again(v: &mut Values) -> Message {
    let (order, product, quantity) = (v.order(), v.product(), v.u32());
    let fulfillment = FulfillmentId(v.random.random_range(1..6));
    let asked = Asked { order, fulfillment, product, quantity };
    let short = v.maybe(Values::u32);
    if v.random.random() { Message::TakeAgain(asked) } else { Message::TakenAgain { asked, short } }
}

fn units(v: &mut Values) -> Vec<LineUnits> {
    v.many(2, |v| {
        let line = if v.random.random_bool(0.9) { v.random.random_range(0..2) } else { v.u32() };
        LineUnits { line, quantity: v.u32() }
    })
}

fn going_back(v: &mut Values, order: OrderId, expected_version: Option<u64>) -> Command {
    let id = ReturnId(v.random.random_range(1..4));
    let owner = v.random.random_bool(0.2).then(|| v.owner());
    match v.random.random_range(0..11) {
        10 => {
            let (id, again) = (FulfillmentId(id.0), FulfillmentId(v.random.random_range(1..6)));
            let again = ReshipFulfillment { order, expected_version, id, again };
            Command::ReshipFulfillment(again)
        }
        0 | 1 => {
            let (lines, reason) = (units(v), v.text());
            Command::RequestReturn(RequestReturn { order, owner, id, lines, reason })
        }
        2 | 3 => Command::ApproveReturn(ApproveReturn { order, expected_version, id }),
        4 => {
            let reason = v.text();
            Command::RejectReturn(RejectReturn { order, expected_version, id, reason })
        }
        5 => Command::CancelReturn(CancelReturn { order, owner, id }),
        6 => {
            let received = v.random.random_bool(0.5).then(|| {
                v.many(2, |v| Received {
                    line: v.random.random_range(0..2),
                    quantity: v.u32(),
                    condition: v.one_of(&Condition::ALL),
                })
            });
            let refund = v.random.random_bool(0.3).then(|| v.i64());
            Command::ReceiveReturn(ReceiveReturn { order, expected_version, id, received, refund })
        }
        7 => {
            let (id, how) = (FulfillmentId(id.0), v.one_of(&[Lost::Gone, Lost::CameBack]));
            let refund = v.random.random();
            Command::LoseFulfillment(LoseFulfillment { order, expected_version, id, how, refund })
        }
        8 => {
            let sound = v.random.random_bool(0.8);
            let id = if sound { "dp_1".into() } else { v.text() };
            let (state, amount) = (v.one_of(&DisputeState::ALL), v.i64());
            Command::NoteDispute(NoteDispute { order, id, state, amount })
        }
        _ => {
            let (id, state) = (RefundId(v.id()), v.one_of(&RefundState::ALL));
            let (amount, code) = (v.i64(), v.text());
            let call = v.random.random_bool(0.4).then(|| v.random.random_range(0..6));
            Command::ImportRefund(ImportRefund { order, id, amount, state, code, call })
        }
    }
}
