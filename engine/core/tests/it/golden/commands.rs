//! Samples of what goes through the log and what comes back: batches and outcomes.

use engine_core::audit::{Actor, Operation, Who};
use engine_core::catalog::ProductChange;
use engine_core::codec::{decode_since, encode};
use engine_core::dedup::Idempotency;
use engine_core::inventory::{Allocation, HoldRef};
use engine_core::order::Receipt;
use engine_core::outbox::Message;
use engine_core::payment::{
    CallResult, Decline, Intent, IntentId, IntentStatus, Pay, PaymentMethod,
};
use engine_core::{
    Acknowledge, AdjustStock, Applied, ArchiveCollection, ArchiveProduct, Batch, BeginEpoch,
    CancelOrder, Command, CommitHold, CreateCollection, CreateKey, CreateProduct, Currency,
    Deliver, Digest, HoldStock, NoteKeyUses, NotePaymentEvent, PlaceOrder, Pulse, ReceiveStock,
    ReconcileIntent, RecordOperation, RecoverOrder, RefuseOrder, Rejection, ReleaseHold, Reply,
    ResolveHold, RetryPayment, RevokeKey, RotateKey, SetStock, SetStockPolicy, Settle, ShardId,
    Stamp, Stamped, UpdateCollection, UpdateProduct, v1,
};

use super::values::*;
use super::{
    Golden, carts, feed, fulfillment, locations, named, notices, pricing, search, webhooks,
};

pub fn hold(golden: &mut Golden) {
    let plain = [
        catalog(),
        inventory(),
        orders(),
        between(),
        keys(),
        webhooks::commands(),
        feed::commands(),
        carts::commands(),
        notices::commands(),
        pricing::commands(),
        locations::commands(),
        vec![search::command()],
    ]
    .concat();
    let plain = plain.into_iter().map(named);
    let mut commands: Vec<(String, Command)> = plain.chain(settlements()).collect();
    commands.extend(webhooks::variants());
    commands.extend(fulfillment::commands());
    commands.push(("Deliver-TakeInCart".into(), carts::delivery()));
    commands.extend(notices::variants());
    commands.extend(pricing::variants());
    commands.extend(locations::variants());
    commands.extend(orders().into_iter().filter_map(|command| match command {
        Command::PlaceOrder(place) => {
            let place = PlaceOrder { pay: Pay::OnAccount, ..place };
            Some(("PlaceOrder-OnAccount".into(), Command::PlaceOrder(place)))
        }
        _ => None,
    }));
    let mut old = vec![("empty".to_owned(), v1::Batch::default())];
    old.extend(commands.iter().map(|(name, command)| (name.clone(), old_batch(command))));
    for (name, batch) in &old {
        let read: Batch = decode_since::<v1::Batch, Batch>(&encode(batch)).expect("an old batch");
        let commands = batch.commands.iter().map(|stamped| &stamped.command);
        assert!(read.commands.iter().map(|stamped| &stamped.command).eq(commands), "{name}");
        assert!(read.commands.iter().all(|stamped| stamped.stamp.actor.is_none()), "{name}");
    }
    golden.hold(old);
    let mut batches = vec![("empty".to_owned(), Batch::default())];
    batches.extend(commands.into_iter().map(|(name, command)| (name, batch(Some(ACTOR), command))));
    batches.extend(stamps());
    golden.hold(batches);
    outcomes(golden);
}

const KEY_AND_BODY: Idempotency = Idempotency { key: 1, body: 2 };
const DIGEST: Digest = Digest { index: 9, value: 10 };

fn batch(actor: Option<Actor>, command: Command) -> Batch {
    let stamp = Stamp { now: 1_000, request: 17, idempotency: Some(KEY_AND_BODY), actor };
    Batch { commands: vec![Stamped { stamp, command }], digest: Some(DIGEST) }
}

fn old_batch(command: &Command) -> v1::Batch {
    let stamp = v1::Stamp { now: 1_000, request: 17, idempotency: Some(KEY_AND_BODY) };
    let stamped = v1::Stamped { stamp, command: command.clone() };
    v1::Batch { commands: vec![stamped], digest: Some(DIGEST) }
}

/// Every kind of actor, and none.
fn stamps() -> Vec<(String, Batch)> {
    let operation = Operation::TransferLeader { shard: ShardId(3), to: 2 };
    let record = Command::RecordOperation(RecordOperation { operation });
    let local = Actor { who: Who::Local, address: "2001:db8::7".parse().unwrap(), ..ACTOR };
    let anonymous = Actor { who: Who::Anonymous, ..ACTOR };
    let actors = [
        ("nobody", None),
        ("a-key", Some(ACTOR)),
        ("local-IPv6", Some(local)),
        ("anonymous", Some(anonymous)),
    ];
    let named = |(name, actor)| (format!("by-{name}"), batch(actor, record.clone()));
    let mut stamps: Vec<_> = actors.into_iter().map(named).collect();
    let operation = Operation::ReconcilePayments { since: 500 };
    let record = Command::RecordOperation(RecordOperation { operation });
    stamps.push(("ReconcilePayments".to_owned(), batch(Some(ACTOR), record)));
    for (name, shard) in [("RebuildSearch", None), ("RebuildSearch-shard", Some(ShardId(3)))] {
        let operation = Operation::RebuildSearch { node: 2, shard };
        let record = Command::RecordOperation(RecordOperation { operation });
        stamps.push((name.to_owned(), batch(Some(ACTOR), record)));
    }
    stamps
}

fn outcomes(golden: &mut Golden) {
    let mut outcomes: Vec<_> =
        replies().into_iter().map(|(name, reply)| (name, Ok(reply))).collect();
    outcomes.extend(rejections().into_iter().map(named).map(|(name, why)| (name, Err(why))));
    outcomes.extend(FIELDS.map(|field| {
        let why = Rejection::OutOfRange { field, min: 1, max: 2 };
        (format!("OutOfRange-{field:?}"), Err(why))
    }));
    outcomes.extend(fulfillment::blocked().into_iter().map(|(name, why)| (name, Err(why))));
    let applied = outcomes.into_iter().map(|(name, outcome)| {
        let replayed = outcome.is_ok();
        (name, vec![Applied { outcome, replayed }])
    });
    let unshipped = pricing::NO_SHIPPING.map(|reason| {
        let outcome = Err(Rejection::ShippingNotAvailable { reason });
        (format!("ShippingNotAvailable-{reason:?}"), vec![Applied { outcome, replayed: false }])
    });
    golden.hold(applied.chain(unshipped).collect());
}

fn catalog() -> Vec<Command> {
    let change = ProductChange {
        name: Some("Pen".into()),
        description: None,
        brand: Some(String::new()),
        sku: None,
        price: Some(money(1)),
        weight_grams: Some(12),
        tax_category: None,
        collections: Some(vec![]),
        attributes: Some(vec![("a".into(), "b".into())]),
    };
    let expected_version = Some(3);
    vec![
        Command::CreateProduct(CreateProduct { id: PRODUCT, details: details(), stock: 5 }),
        Command::UpdateProduct(UpdateProduct {
            id: PRODUCT,
            expected_version,
            change,
            available: Some(7),
        }),
        Command::ArchiveProduct(ArchiveProduct { id: PRODUCT, expected_version }),
        Command::CreateCollection(CreateCollection {
            id: COLLECTION,
            details: collection_details(),
        }),
        Command::UpdateCollection(UpdateCollection {
            id: COLLECTION,
            expected_version,
            name: Some("Desk".into()),
            description: None,
        }),
        Command::ArchiveCollection(ArchiveCollection { id: COLLECTION, expected_version }),
    ]
}

fn inventory() -> Vec<Command> {
    let lines = vec![hold_line()];
    let currency = Currency::USD;
    vec![
        Command::ReceiveStock(ReceiveStock { product: PRODUCT, quantity: 5, at: None }),
        Command::AdjustStock(AdjustStock {
            product: PRODUCT,
            delta: -6,
            reason: "broken".into(),
            at: None,
        }),
        Command::SetStock(SetStock {
            product: PRODUCT,
            expected: 7,
            on_hand: 8,
            reason: "counted".into(),
            at: None,
        }),
        Command::SetStockPolicy(SetStockPolicy {
            product: PRODUCT,
            expected_version: Some(3),
            safety: 5,
            backorder_limit: 400,
            low_stock_threshold: Some(30),
            allocation: Allocation::MostStock,
        }),
        Command::HoldStock(HoldStock {
            hold: HoldRef::Order(ORDER),
            lines,
            currency,
            timer_ms: 30_000,
            promotion: Some(Box::new(pricing::promotion())),
        }),
        Command::CommitHold(CommitHold { hold: HoldRef::Free(HOLD) }),
        Command::ReleaseHold(ReleaseHold { hold: HoldRef::Order(ORDER) }),
    ]
}

fn receipt_of(shard: ShardId) -> Receipt {
    let promotion = Some(Box::new(pricing::promotion()));
    Receipt { shard, lines: vec![held_line()], promotion }
}

fn orders() -> Vec<Command> {
    let (order, owner, key, body) = (ORDER, owner(), 20, 21);
    vec![
        Command::PlaceOrder(PlaceOrder {
            order,
            owner: owner.clone(),
            key,
            body,
            lines: vec![hold_line()],
            receipts: vec![receipt_of(ShardId(2))],
            currency: Currency::USD,
            expected_total: Some(5_998),
            pay: Pay::Card(Some(PaymentMethod("pm_card_visa".into()))),
            not_after: 61_000,
            cart: Some(carts::FROM),
            email: Some(email()),
            terms: Box::new(pricing::terms()),
        }),
        Command::RefuseOrder(RefuseOrder {
            order,
            owner: owner.clone(),
            key,
            body,
            reason: Rejection::HoldEnded,
            shards: vec![ShardId(3)],
        }),
        Command::ResolveHold(ResolveHold { order, from: ShardId(4) }),
        Command::RecoverOrder(RecoverOrder { order, reason: "asked".into(), reviewed: true }),
        Command::CancelOrder(CancelOrder { order, owner: Some(owner.clone()) }),
        Command::NotePaymentEvent(NotePaymentEvent {
            event: 22,
            order,
            intent: IntentId("pi_1".into()),
            status: IntentStatus::RequiresCapture,
        }),
        Command::ReconcileIntent(ReconcileIntent {
            order,
            intent: IntentId("pi_1".into()),
            status: IntentStatus::Succeeded,
            received: 5_998,
            at_once: true,
        }),
        Command::RetryPayment(RetryPayment {
            order,
            owner: Some(owner),
            method: PaymentMethod("pm_card_mastercard".into()),
        }),
    ]
}

fn between() -> Vec<Command> {
    let messages = vec![
        Message::CommitHold(ORDER),
        Message::ReleaseHold(ORDER),
        Message::AskOrder { order: ORDER, from: ShardId(5) },
    ];
    vec![
        Command::Deliver(Deliver { from: ShardId(5), first: 6, messages }),
        Command::Acknowledge(Acknowledge { to: ShardId(6), through: 7 }),
        Command::Pulse(Pulse { limit: 256 }),
        Command::BeginEpoch(BeginEpoch { epoch: 2 }),
    ]
}

fn keys() -> Vec<Command> {
    vec![
        Command::CreateKey(CreateKey {
            id: KEY,
            name: "Nightly export".into(),
            scopes: FIRST_SCOPES.into(),
            networks: networks(),
            secret: SECRET,
            expires_at: Some(3_000),
            first: true,
        }),
        Command::RotateKey(RotateKey { id: KEY, secret: SECRET, overlap_ms: 86_400_000 }),
        Command::RevokeKey(RevokeKey { id: KEY }),
        Command::NoteKeyUses(NoteKeyUses { uses: vec![(KEY, 70)] }),
    ]
}

fn settlements() -> Vec<(String, Command)> {
    let statuses = IntentStatus::ALL;
    let mut results: Vec<_> = statuses
        .map(|status| {
            let intent = Intent {
                id: IntentId("pi_1".into()),
                status,
                amount: 5_998,
                capturable: 5_997,
                received: 5_996,
                decline: Some(Decline { code: "card_declined".into(), is_final: true }),
                capture_before: Some(9_000),
            };
            (format!("Settle-{status:?}"), CallResult::Intent(intent))
        })
        .into();
    let refused = CallResult::Refused { code: "amount_too_small".into() };
    results.push(("Settle-Refunded".into(), CallResult::Refunded));
    results.push(("Settle-Refused".into(), refused));
    results.push(("Settle-Unknown".into(), CallResult::Unknown));
    results.push(("Settle-RefundPending".into(), CallResult::RefundPending));
    let settle = |result| Command::Settle(Settle { effect: EFFECT, result });
    results.into_iter().map(|(name, result)| (name, settle(result))).collect()
}

fn replies() -> Vec<(String, Reply)> {
    let replies = vec![
        Reply::Nothing,
        Reply::Product { product: Box::new(product()), stock: stock() },
        Reply::Collection(Box::new(collection())),
        Reply::Stock(stock()),
        Reply::Held(receipt()),
        Reply::Order(Box::new(order())),
        Reply::Delivered { through: 8 },
        Reply::Pulsed { fired: 9, more: true },
        Reply::Key(Box::new(key())),
        Reply::Endpoint(Box::new(endpoint())),
        Reply::Moved { rows: 11, more: true },
        Reply::Cart(Box::new(carts::cart())),
        Reply::Promotion(Box::new(pricing::promotion())),
        Reply::ShippingMethod(Box::new(pricing::shipping_method())),
        Reply::TaxRate(Box::new(pricing::tax_rate())),
        Reply::Location(Box::new(locations::location())),
        Reply::SearchSettings { version: 12, updated_at: 2_000 },
        Reply::Consumer(Box::new(feed::consumer())),
    ];
    replies.into_iter().map(named).collect()
}
