//! Samples of what comes after an order was confirmed: its fulfillments and its refunds.

use engine_core::inventory::UnitsEnd;
use engine_core::order::{
    Fulfillment, FulfillmentState, LineUnits, Order, Progress, Refund, RefundState,
};
use engine_core::outbox::Message;
use engine_core::payment::PaymentState;
use engine_core::{
    Blocked, CancelFulfillment, CancelLines, Command, CreateFulfillment, DeliverFulfillment,
    FulfillmentId, PackFulfillment, RefundId, RefundOrder, Rejection, ShipFulfillment,
};

use super::named;
use super::values::*;

pub const FULFILLMENT: FulfillmentId = FulfillmentId(0xf0_11);
pub const REFUND: RefundId = RefundId(0x2ef0);

pub fn progress() -> Progress {
    Progress {
        begun: true,
        closed_at: Some(5_000),
        fulfillments: vec![fulfillment(FulfillmentState::Shipped)],
        refunds: vec![refund(RefundState::Pending)],
    }
}

fn units() -> LineUnits {
    LineUnits { line: 1, quantity: 2 }
}

fn fulfillment(state: FulfillmentState) -> Fulfillment {
    Fulfillment {
        id: FULFILLMENT,
        state,
        lines: vec![units()],
        carrier: "UPS".into(),
        tracking: "1Z999".into(),
        created_at: 1_000,
        updated_at: 2_000,
        shipped_at: Some(3_000),
        delivered_at: Some(4_000),
        deliver_at: Some(5_000),
    }
}

fn refund(state: RefundState) -> Refund {
    Refund {
        id: REFUND,
        amount: 299,
        state,
        reason: "scratched".into(),
        created_at: 1_000,
        updated_at: 2_000,
        call: Some(3),
        code: "expired_or_canceled_card".into(),
    }
}

/// An order with each kind of fulfillment and of refund.
pub fn orders() -> Vec<(String, Order)> {
    let fulfillments = FulfillmentState::ALL.map(|state| {
        let progress = Progress { fulfillments: vec![fulfillment(state)], ..Progress::default() };
        (format!("fulfillment-{state:?}"), Order { progress, ..order() })
    });
    let refunds = RefundState::ALL.map(|state| {
        let progress = Progress { refunds: vec![refund(state)], ..Progress::default() };
        (format!("refund-{state:?}"), Order { progress, ..order() })
    });
    fulfillments.into_iter().chain(refunds).collect()
}

pub fn messages() -> Vec<(String, Vec<Message>)> {
    let message = |how| Message::EndUnits { order: ORDER, product: PRODUCT, quantity: 3, how };
    let all = [UnitsEnd::Shipped, UnitsEnd::Released, UnitsEnd::WrittenOff];
    all.map(|how| (format!("EndUnits-{how:?}"), vec![message(how)])).into()
}

pub fn commands() -> Vec<(String, Command)> {
    let (order, id, expected_version) = (ORDER, FULFILLMENT, Some(5));
    let lines = vec![units()];
    let all = CreateFulfillment { order, expected_version: None, id, lines: None };
    let mut commands = vec![("CreateFulfillment-all".into(), Command::CreateFulfillment(all))];
    let plain = [
        Command::CreateFulfillment(CreateFulfillment {
            order,
            expected_version,
            id,
            lines: Some(lines.clone()),
        }),
        Command::PackFulfillment(PackFulfillment { order, expected_version, id }),
        Command::ShipFulfillment(ShipFulfillment {
            order,
            expected_version,
            id,
            carrier: "UPS".into(),
            tracking: "1Z999".into(),
        }),
        Command::DeliverFulfillment(DeliverFulfillment { order, expected_version, id }),
        Command::CancelFulfillment(CancelFulfillment { order, expected_version, id }),
        Command::CancelLines(CancelLines {
            order,
            expected_version,
            lines,
            reason: "broken".into(),
            write_off: true,
        }),
        Command::RefundOrder(RefundOrder {
            order,
            expected_version,
            id: REFUND,
            amount: Some(299),
            reason: "scratched".into(),
        }),
    ];
    commands.extend(plain.map(named));
    commands
}

pub fn rejections() -> Vec<Rejection> {
    let blocked = |why| Rejection::OrderBlocked { status: order().status(), why };
    vec![
        blocked(Blocked::Status),
        Rejection::LineNotFound { line: 31 },
        Rejection::TooManyOfLine { line: 32, requested: 33, left: 34 },
        Rejection::FulfillmentNotFound,
        Rejection::WrongFulfillmentState { actual: FulfillmentState::Packed },
        Rejection::TooManyFulfillments { limit: 100 },
        Rejection::TooManyRefunds { limit: 300 },
        Rejection::RefundTooLarge { requested: 35, left: 36 },
        Rejection::NotCaptured { payment: PaymentState::Authorized },
    ]
}

/// What stands in the way, each.
pub fn blocked() -> Vec<(String, Rejection)> {
    let all =
        [Blocked::CancelRequested, Blocked::OnHold, Blocked::NeedsReview, Blocked::NotCaptured];
    let rejection = |why| Rejection::OrderBlocked { status: order().status(), why };
    all.map(|why| (format!("OrderBlocked-{why:?}"), rejection(why))).into()
}
