//! Samples of what is stored: one record of each row, once for each variant in it.

use engine_core::access::{ApiKey, KeyUse, Scope};
use engine_core::audit::{AuditRow, Change, Resource, Value};
use engine_core::dedup::Remembered;
use engine_core::feed::{Event, FeedEntry};
use engine_core::inventory::{Hold, HoldRef, HoldState, Movement, MovementReason};
use engine_core::order::{
    Decision, Ending, Flags, KeyResult, OpenOrders, Order, Review, Status, Transition, Units,
};
use engine_core::outbox::{Call, Message, ProviderCall, Sequence};
use engine_core::payment::{
    IntentId, OpenCall, Orphan, OrphanState, PaymentEvent, PaymentMethod, PaymentState,
};
use engine_core::{Clock, Rejection, Reply, ShardId, Timer, TimerKind, v1};

use super::fulfillment::{self, REFUND};
use super::values::*;
use super::{Golden, carts, locations, named};

pub fn hold(golden: &mut Golden) {
    shard(golden);
    catalog(golden);
    orders(golden);
    trail(golden);
}

fn one<R>(sample: R) -> Vec<(String, R)> {
    vec![("sample".into(), sample)]
}

/// Each value in a record that is made of it, named by the value.
fn each<T: std::fmt::Debug + Clone, R>(values: Vec<T>, make: impl Fn(T) -> R) -> Vec<(String, R)> {
    values.into_iter().map(named).map(|(name, value)| (name, make(value))).collect()
}

fn shard(golden: &mut Golden) {
    golden.hold(one(Clock { now: 1_000, outage_ms: 2_000, timers_from: 900 }));
    let events = vec![
        Event::ProductChanged(product()),
        Event::CollectionChanged(collection()),
        Event::StockChanged { product: PRODUCT, available: 5 },
        Event::OrderChanged { order: ORDER, owner: owner(), status: Status::Confirmed },
        Event::StockLow { product: PRODUCT, balance: -6, threshold: 30 },
    ];
    let entry = |event| FeedEntry { previous: 41, at: 1_000, events: vec![event] };
    golden.hold(each(events, entry));
    golden.hold(one(v1::FeedHead { last: 43, trimmed: 40 }));
    golden.hold(vec![
        ("Ok".into(), Remembered { body: 22, outcome: Ok(Reply::Nothing) }),
        ("Err".into(), Remembered { body: 23, outcome: Err(Rejection::HoldEnded) }),
    ]);
    golden.hold(timers());
    let mut messages = each(
        vec![
            Message::CommitHold(ORDER),
            Message::ReleaseHold(ORDER),
            Message::AskOrder { order: ORDER, from: ShardId(7) },
            carts::message(),
            Message::Restock { order: ORDER, product: PRODUCT, quantity: 4 },
            locations::message(),
        ],
        |message| vec![message],
    );
    messages.extend(fulfillment::messages());
    golden.hold(messages);
    golden.hold(one(Sequence(44)));
    golden.hold(one(PaymentEvent { at: 1_000, order: ORDER }));
    golden.hold(each(calls(), |call| ProviderCall { at: 1_000, repeated: true, call }));
}

fn timers() -> Vec<(String, Timer)> {
    let timer = |kind| Timer { kind, armed_outage_ms: 50 };
    let mut timers = each(
        vec![
            TimerKind::AskOrder(ORDER),
            TimerKind::ExpireHold(HOLD),
            TimerKind::OrderHold(ORDER),
            TimerKind::Reconcile(ORDER),
            TimerKind::AuthExpiry(ORDER),
            TimerKind::FulfillSla(ORDER),
            TimerKind::ForgetHold(HoldRef::Order(ORDER)),
            TimerKind::ForgetDecision(ORDER),
            TimerKind::ForgetOrderKey { owner: 51, key: 52 },
            TimerKind::ForgetIdempotency(53),
            TimerKind::ForgetPaymentEvent(54),
            TimerKind::Repay(ORDER),
            TimerKind::Deliver(ORDER),
            TimerKind::ReturnWindow(ORDER),
            TimerKind::RefundPending(ORDER),
            TimerKind::Cart(carts::CART),
            TimerKind::ReturnShip(ORDER),
            TimerKind::Orphan(ORDER),
            TimerKind::Relevel { location: locations::LOCATION, from: PRODUCT },
        ],
        timer,
    );
    timers.push(("ForgetHold-Free".into(), timer(TimerKind::ForgetHold(HoldRef::Free(HOLD)))));
    timers
}

fn calls() -> Vec<Call> {
    let intent = IntentId("pi_1".into());
    vec![
        Call::CreateIntent { amount: money(5_998) },
        Call::ConfirmIntent {
            intent: intent.clone(),
            method: PaymentMethod("pm_card_visa".into()),
        },
        Call::CancelIntent { intent: intent.clone() },
        Call::GetIntent { intent: intent.clone() },
        Call::Refund { intent: intent.clone(), amount: money(5_998), refund: REFUND },
        Call::CaptureIntent { intent: intent.clone(), amount: money(5_997) },
        Call::RefundRest { intent },
    ]
}

fn catalog(golden: &mut Golden) {
    golden.hold(one(product()));
    golden.hold(one(collection()));
    let newest = ApiKey { scopes: vec![Scope::WebhooksRead], ..key() };
    golden.hold(vec![("sample".into(), key()), ("WebhooksRead".into(), newest)]);
    golden.hold(one(KeyUse { at: 1_000 }));
    golden.hold(locations::levels());
    let reasons = vec![
        MovementReason::Received,
        MovementReason::Adjusted("broken".into()),
        MovementReason::Set("counted".into()),
        MovementReason::SetAvailable,
        MovementReason::Shipped(ORDER),
        MovementReason::WrittenOff(ORDER),
        MovementReason::Returned(ORDER),
    ];
    let movement = |reason| Movement { at: 1_000, delta: -3, on_hand: 297, reason, location: None };
    let mut movements = each(reasons, movement);
    movements.push(locations::movement());
    golden.hold(movements);
    let states = vec![HoldState::Held, HoldState::Committed, HoldState::Released];
    let hold = |state| Hold {
        state,
        timer_at: 31_000,
        lines: vec![held_line()],
        promotion: Some(Box::new(super::pricing::promotion())),
        shares: Vec::new(),
    };
    let mut holds = each(states, hold);
    holds.push(locations::shared());
    golden.hold(holds);
}

fn orders(golden: &mut Golden) {
    let mut samples =
        each(vec![Units::Held, Units::Expiring, Units::Committed, Units::Released], |units| {
            Order { units, ..order() }
        });
    samples
        .extend(each(vec![Ending::Customer, Ending::Expired, Ending::PaymentFailed], |ending| {
            Order { ending: Some(ending), ..order() }
        }));
    samples.extend(each(payment_states(), |state| Order { payment: payment(state), ..order() }));
    let reviews = vec![
        Review::AmountMismatch,
        Review::PaymentUnknown,
        Review::OrphanMoney,
        Review::AuthorizationExpiring,
        Review::FulfillmentOverdue,
        Review::ProviderRefused,
        Review::RefundOverdue,
        Review::Disputed,
    ];
    let flags = |review| Flags { needs_review: Some(review), ..Flags::default() };
    samples.extend(each(reviews, |review| Order { flags: flags(review), ..order() }));
    samples.extend(fulfillment::orders());
    let repaid = vec![PaymentState::Replacing, PaymentState::Refused];
    samples.extend(each(repaid, |state| Order { payment: payment(state), ..order() }));
    golden.hold(prefixed(samples));

    let step = |to| Transition {
        at: 1_000,
        name: "T1".into(),
        from: Some(Status::PaymentPending),
        to,
        note: "a note".into(),
    };
    golden.hold(each(statuses(), step));
    golden.hold(each(vec![Decision::Refused(Rejection::TooLate), Decision::Aborted], |what| what));
    golden.hold(vec![("three".into(), OpenOrders(3))]);
    golden.hold(each(OrphanState::ALL.to_vec(), orphan));
    golden.hold(vec![
        ("placed".into(), KeyResult { body: 60, order: ORDER, refused: None }),
        ("refused".into(), KeyResult { body: 61, order: ORDER, refused: Some(Rejection::Aborted) }),
    ]);
}

fn orphan(state: OrphanState) -> Orphan {
    let intent = IntentId("pi_1".into());
    let call = Call::RefundRest { intent: intent.clone() };
    Orphan {
        order: ORDER,
        intent,
        state,
        seen_at: 1_000,
        updated_at: 2_000,
        due: Some(3_000),
        calls: 4,
        open: Some(OpenCall { number: 3, at: 1_500, call }),
        step: 5,
        received: 5_998,
        code: "charge_disputed".into(),
    }
}

/// A row about each kind of thing, a value of each kind, and the shapes that a row can have.
fn trail(golden: &mut Golden) {
    let row = AuditRow {
        at: 1_000,
        actor: ACTOR,
        command: "update_product".into(),
        target: Resource::Product(PRODUCT),
        refused: None,
        changes: Vec::new(),
        left_out_bytes: 0,
    };
    let things = vec![
        Resource::Product(PRODUCT),
        Resource::Stock(PRODUCT),
        Resource::Movement(PRODUCT),
        Resource::Collection(COLLECTION),
        Resource::Hold(HOLD),
        Resource::Order(ORDER),
        Resource::Key(KEY),
        Resource::Shard(ShardId(3)),
        Resource::Webhook(ENDPOINT),
        Resource::Cart(carts::CART),
        Resource::Promotion(super::pricing::promotion().id),
        Resource::ShippingMethod(super::pricing::METHOD),
        Resource::TaxRate(super::pricing::RATE),
        Resource::Location(locations::LOCATION),
        Resource::Consumer(super::feed::consumer().id),
    ];
    let mut samples = each(things, |target| AuditRow { target, ..row.clone() });
    let changed = |before, after| AuditRow {
        changes: vec![Change { of: Resource::Product(PRODUCT), before, after }],
        ..row.clone()
    };
    let field = |value| vec![("field".to_owned(), value)];
    let values = vec![
        Value::Text("Füller".into()),
        Value::Number(-3),
        Value::Time(2_000),
        Value::Flag(true),
        Value::Texts(vec!["a".into()]),
        Value::Pairs(vec![("color".into(), "blue".into())]),
    ];
    samples.extend(each(values, |value| changed(Some(Vec::new()), Some(field(value)))));
    let refused = Some(Rejection::HoldEnded);
    let more = [
        ("made", changed(None, Some(field(Value::Number(1))))),
        ("removed", changed(Some(field(Value::Number(1))), None)),
        ("refused", AuditRow { refused, ..row.clone() }),
        ("left-out", AuditRow { left_out_bytes: 70_000, ..changed(None, Some(Vec::new())) }),
    ];
    samples.extend(more.map(|(name, row)| (name.to_owned(), row)));
    golden.hold(samples);
}

/// Some names belong to several enums: `Expired` is an ending and a payment's state.
fn prefixed(samples: Vec<(String, Order)>) -> Vec<(String, Order)> {
    let number =
        |(number, (name, order)): (usize, (String, Order))| (format!("{number:02}-{name}"), order);
    samples.into_iter().enumerate().map(number).collect()
}

fn payment_states() -> Vec<PaymentState> {
    vec![
        PaymentState::OnAccount,
        PaymentState::IntentCreating,
        PaymentState::IntentReady,
        PaymentState::Confirming,
        PaymentState::RequiresAction,
        PaymentState::Unknown,
        PaymentState::Declined,
        PaymentState::Authorized,
        PaymentState::Captured,
        PaymentState::Voiding,
        PaymentState::Voided,
        PaymentState::RefundRequested,
        PaymentState::Refunded,
        PaymentState::Capturing,
        PaymentState::AuthExpired,
        PaymentState::PartiallyRefunded,
        PaymentState::Disputed,
        PaymentState::ChargedBack,
        PaymentState::NothingDue,
    ]
}

fn statuses() -> Vec<Status> {
    vec![
        Status::PaymentPending,
        Status::RequiresAction,
        Status::PaymentUnknown,
        Status::Confirmed,
        Status::Canceling,
        Status::Canceled,
        Status::Expired,
        Status::PaymentFailed,
        Status::Processing,
        Status::PartiallyShipped,
        Status::Shipped,
        Status::Delivered,
        Status::Completed,
        Status::PartiallyReturned,
        Status::Returned,
    ]
}
