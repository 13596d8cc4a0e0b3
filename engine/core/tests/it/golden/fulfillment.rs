//! Samples of what comes after an order was confirmed: its fulfillments and its refunds.

use engine_core::inventory::UnitsEnd;
use engine_core::order::{
    Again, Asked, Condition, Dispute, DisputeState, Fulfillment, FulfillmentState, LineUnits, Lost,
    MadeUp, Order, Progress, Received, Refund, RefundState, Return, ReturnState,
};
use engine_core::outbox::Message;
use engine_core::payment::PaymentState;
use engine_core::{
    ApproveReturn, Blocked, CancelFulfillment, CancelLines, CancelReturn, Command,
    CreateFulfillment, DeliverFulfillment, FulfillmentId, ImportRefund, LoseFulfillment,
    NoteDispute, PackFulfillment, ReceiveReturn, RefundId, RefundOrder, RejectReturn, Rejection,
    RequestReturn, ReshipFulfillment, ReturnId, ShipFulfillment, ShortLine,
};

use super::named;
use super::values::*;

pub const FULFILLMENT: FulfillmentId = FulfillmentId(0xf0_11);
pub const REFUND: RefundId = RefundId(0x2ef0);
pub const RETURN: ReturnId = ReturnId(0x2e70);

pub fn progress() -> Progress {
    Progress {
        begun: true,
        closed_at: Some(5_000),
        fulfillments: vec![fulfillment(FulfillmentState::Shipped)],
        refunds: vec![refund(RefundState::Pending)],
        returns: vec![returned(ReturnState::Received)],
        dispute: Some(dispute(DisputeState::Open)),
    }
}

fn received() -> Received {
    Received { line: 1, quantity: 2, condition: Condition::Damaged }
}

fn returned(state: ReturnState) -> Return {
    let sellable = Received { condition: Condition::Sellable, ..received() };
    Return {
        id: RETURN,
        state,
        lines: vec![units()],
        reason: "too small".into(),
        rejection: "worn".into(),
        received: vec![received(), sellable],
        created_at: 1_000,
        updated_at: 2_000,
        expires_at: 3_000,
    }
}

fn dispute(state: DisputeState) -> Dispute {
    Dispute { id: "dp_1".into(), state, amount: 598, opened_at: 1_000, closed_at: Some(2_000) }
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
        made_up: MadeUp::No,
        again: None,
    }
}

fn again() -> Fulfillment {
    let short = vec![ShortLine { product: PRODUCT, requested: 3, available: 2 }];
    let (waits, taken) = (vec![PRODUCT], vec![PRODUCT]);
    let again = Again { of: FULFILLMENT, waits, taken, short };
    let id = FulfillmentId(0xf0_12);
    Fulfillment { id, again: Some(Box::new(again)), ..fulfillment(FulfillmentState::Reserving) }
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
    let made_up = [MadeUp::Refunded, MadeUp::Reshipped(FulfillmentId(0xf0_12))].map(|made_up| {
        let lost = Fulfillment { made_up, ..fulfillment(FulfillmentState::Lost) };
        let progress = Progress { fulfillments: vec![lost, again()], ..Progress::default() };
        (
            format!(
                "made-up-{}",
                if made_up == MadeUp::Refunded { "Refunded" } else { "Reshipped" }
            ),
            Order { progress, ..order() },
        )
    });
    let refunds = RefundState::ALL.map(|state| {
        let progress = Progress { refunds: vec![refund(state)], ..Progress::default() };
        (format!("refund-{state:?}"), Order { progress, ..order() })
    });
    let returns = ReturnState::ALL.map(|state| {
        let progress = Progress { returns: vec![returned(state)], ..Progress::default() };
        (format!("return-{state:?}"), Order { progress, ..order() })
    });
    let disputes = DisputeState::ALL.map(|state| {
        let progress = Progress { dispute: Some(dispute(state)), ..Progress::default() };
        (format!("dispute-{state:?}"), Order { progress, ..order() })
    });
    let back = returns.into_iter().chain(disputes);
    fulfillments.into_iter().chain(made_up).chain(refunds).chain(back).collect()
}

pub fn messages() -> Vec<(String, Vec<Message>)> {
    let message = |how| Message::EndUnits { order: ORDER, product: PRODUCT, quantity: 3, how };
    let all = [UnitsEnd::Shipped, UnitsEnd::Released, UnitsEnd::WrittenOff];
    let mut all: Vec<_> = all.map(|how| (format!("EndUnits-{how:?}"), vec![message(how)])).into();
    let (order, fulfillment, product) = (ORDER, FULFILLMENT, PRODUCT);
    let asked = Asked { order, fulfillment, product, quantity: 3 };
    all.push(("TakeAgain".into(), vec![Message::TakeAgain(asked)]));
    let taken = |short| vec![Message::TakenAgain { asked, short }];
    all.extend([("TakenAgain".into(), taken(None)), ("TakenAgain-short".into(), taken(Some(2)))]);
    all
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
    commands.extend(going_back());
    commands
}

/// What comes back, and what is lost.
fn going_back() -> Vec<(String, Command)> {
    let (order, id, expected_version, reason) = (ORDER, RETURN, Some(5), "too small".to_owned());
    let lose =
        |how| LoseFulfillment { order, expected_version, id: FULFILLMENT, how, refund: true };
    let receive = |received| {
        let refund = Some(299);
        Command::ReceiveReturn(ReceiveReturn { order, expected_version, id, received, refund })
    };
    let note = |state| NoteDispute { order, id: "dp_1".into(), state, amount: 598 };
    let mut commands = vec![
        ("LoseFulfillment-Gone".into(), Command::LoseFulfillment(lose(Lost::Gone))),
        ("LoseFulfillment-CameBack".into(), Command::LoseFulfillment(lose(Lost::CameBack))),
        ("ReceiveReturn-all".into(), receive(None)),
    ];
    let noted = DisputeState::ALL
        .map(|state| (format!("NoteDispute-{state:?}"), Command::NoteDispute(note(state))));
    commands.extend(noted);
    let plain = [
        Command::RequestReturn(RequestReturn {
            order,
            owner: Some(owner()),
            id,
            lines: vec![units()],
            reason: reason.clone(),
        }),
        Command::ApproveReturn(ApproveReturn { order, expected_version, id }),
        Command::RejectReturn(RejectReturn { order, expected_version, id, reason }),
        Command::CancelReturn(CancelReturn { order, owner: Some(owner()), id }),
        receive(Some(vec![received()])),
        Command::ReshipFulfillment(ReshipFulfillment {
            order,
            expected_version,
            id: FULFILLMENT,
            again: FulfillmentId(0xf0_12),
        }),
        Command::ImportRefund(ImportRefund {
            order,
            id: REFUND,
            amount: 299,
            state: RefundState::Failed,
            code: "lost_or_stolen_card".into(),
            call: Some(3),
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
        Rejection::AlreadyMadeUp { how: MadeUp::Reshipped(FULFILLMENT) },
        Rejection::TooManyFulfillments { limit: 100 },
        Rejection::TooManyRefunds { limit: 300 },
        Rejection::RefundTooLarge { requested: 35, left: 36 },
        Rejection::NotCaptured { payment: PaymentState::Authorized },
        Rejection::ReturnNotFound,
        Rejection::WrongReturnState { actual: ReturnState::Approved },
        Rejection::TooManyReturns { limit: 50 },
        Rejection::NotReturnable { status: order().status() },
    ]
}

/// What stands in the way, each.
pub fn blocked() -> Vec<(String, Rejection)> {
    let all = [
        Blocked::CancelRequested,
        Blocked::OnHold,
        Blocked::NeedsReview,
        Blocked::NotCaptured,
        Blocked::Disputed,
    ];
    let rejection = |why| Rejection::OrderBlocked { status: order().status(), why };
    all.map(|why| (format!("OrderBlocked-{why:?}"), rejection(why))).into()
}
