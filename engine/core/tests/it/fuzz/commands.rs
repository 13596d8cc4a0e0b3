//! Random commands of every kind.

use std::net::IpAddr;

use engine_core::access::{Network, Scope, SecretHash};
use engine_core::audit::Operation;
use engine_core::catalog::{CollectionDetails, ProductChange, ProductDetails};
use engine_core::inventory::{HeldLine, HoldLine, HoldRef};
use engine_core::order::Receipt;
use engine_core::outbox::{EffectId, Message};
use engine_core::payment::{
    CallResult, Decline, Intent, IntentId, IntentStatus, Pay, PaymentMethod, orphan,
};
use engine_core::{
    Acknowledge, AdjustStock, ArchiveCollection, ArchiveProduct, BeginEpoch, CancelOrder, Command,
    CommitHold, CreateCollection, CreateKey, CreateProduct, Deliver, HoldStock, KeyId, NoteKeyUses,
    NotePaymentEvent, PlaceOrder, Pulse, ReceiveStock, ReconcileIntent, RecordOperation,
    RecoverOrder, RefuseOrder, Rejection, ReleaseHold, ResolveHold, RetryPayment, RevokeKey,
    RotateKey, SetStock, SetStockPolicy, Settle, UpdateCollection, UpdateProduct,
};
use rand::Rng as _;

use super::values::Values;
use super::{carts, feed, fulfillment, locations, notices, pricing, search, webhooks};

pub fn any(v: &mut Values) -> Command {
    match v.random.random_range(0..100) {
        0..20 => catalog(v),
        20..35 => stock(v),
        35..55 => hold(v),
        55..70 => order(v),
        70..75 => fulfillment::any(v),
        75..83 => settle(v),
        83 | 84 => hear_or_pay(v),
        85..89 => between(v),
        89..91 => key(v),
        91 | 92 => webhooks::any(v),
        93 if v.random.random_bool(0.5) => search::any(v),
        99 => feed::any(v),
        94 => pricing::any(v),
        95 => notices::any(v),
        96..99 => carts::any(v),
        93 => {
            let operation = Operation::TransferLeader { shard: v.shard(), to: v.u64() };
            Command::RecordOperation(RecordOperation { operation })
        }
        _ => Command::Pulse(Pulse { limit: v.one_of(&[0, 1, 7, 100, u16::MAX]) }),
    }
}

fn catalog(v: &mut Values) -> Command {
    let expected_version = v.random.random_bool(0.2).then(|| v.small());
    match v.random.random_range(0..20) {
        0..12 => {
            let stock = v.u32();
            Command::CreateProduct(CreateProduct { id: v.product(), details: details(v), stock })
        }
        12..15 => {
            let change = ProductChange {
                name: v.maybe(Values::text),
                description: v.maybe(Values::text),
                brand: v.maybe(Values::text),
                sku: v.maybe(Values::text),
                price: v.maybe(Values::money),
                weight_grams: v.maybe(Values::u32),
                tax_category: v.maybe(pricing::category),
                collections: v.maybe(|v| v.many(5, Values::collection)),
                attributes: v.maybe(|v| v.many(3, |v| (v.text(), v.text()))),
            };
            let available = v.maybe(Values::u32);
            let id = v.product();
            Command::UpdateProduct(UpdateProduct { id, expected_version, change, available })
        }
        15 => Command::ArchiveProduct(ArchiveProduct { id: v.product(), expected_version }),
        16 | 17 => Command::CreateCollection(CreateCollection {
            id: v.collection(),
            details: CollectionDetails { name: v.text(), description: v.text() },
        }),
        18 => Command::UpdateCollection(UpdateCollection {
            id: v.collection(),
            expected_version,
            name: v.maybe(Values::text),
            description: v.maybe(Values::text),
        }),
        _ => Command::ArchiveCollection(ArchiveCollection { id: v.collection(), expected_version }),
    }
}

/// Mostly sound, or no product would ever exist.
fn details(v: &mut Values) -> ProductDetails {
    let sound = v.random.random_bool(0.8);
    let text = |v: &mut Values| if sound { "text".into() } else { v.text() };
    ProductDetails {
        name: text(v),
        description: text(v),
        brand: text(v),
        sku: text(v),
        price: if sound {
            engine_core::Money { amount: v.random.random_range(0..5_000), currency: v.currency() }
        } else {
            v.money()
        },
        weight_grams: if sound { 250 } else { v.u32() },
        tax_category: pricing::category(v),
        collections: if sound { Vec::new() } else { v.many(5, Values::collection) },
        attributes: if sound { Vec::new() } else { v.many(3, |v| (v.text(), v.text())) },
    }
}

fn stock(v: &mut Values) -> Command {
    let product = v.product();
    match v.random.random_range(0..6) {
        0 => {
            let (quantity, at) = (v.u32(), locations::at(v));
            Command::ReceiveStock(ReceiveStock { product, quantity, at })
        }
        1 => {
            let (delta, reason, at) = (v.i64(), v.text(), locations::at(v));
            Command::AdjustStock(AdjustStock { product, delta, reason, at })
        }
        4 | 5 => locations::any(v),
        2 => Command::SetStockPolicy(SetStockPolicy {
            product,
            expected_version: v.random.random_bool(0.2).then(|| v.small()),
            safety: v.u32(),
            backorder_limit: v.u32(),
            low_stock_threshold: v.maybe(Values::u32),
            allocation: locations::allocation(v),
        }),
        _ => {
            let (expected, on_hand, at) = (v.u32(), v.u32(), locations::at(v));
            Command::SetStock(SetStock { product, expected, on_hand, reason: v.text(), at })
        }
    }
}

fn lines(v: &mut Values) -> Vec<HoldLine> {
    v.many(3, |v| HoldLine { product: v.product(), quantity: v.u32() })
}

fn hold_ref(v: &mut Values) -> HoldRef {
    if v.random.random_bool(0.5) { HoldRef::Order(v.order()) } else { HoldRef::Free(v.hold()) }
}

fn hold(v: &mut Values) -> Command {
    match v.random.random_range(0..10) {
        0..7 => Command::HoldStock(HoldStock {
            hold: hold_ref(v),
            lines: lines(v),
            currency: v.currency(),
            timer_ms: v.u64(),
            promotion: v.random.random_bool(0.3).then(|| Box::new(pricing::promotion(v))),
        }),
        7 => Command::CommitHold(CommitHold { hold: hold_ref(v) }),
        _ => Command::ReleaseHold(ReleaseHold { hold: hold_ref(v) }),
    }
}

fn order(v: &mut Values) -> Command {
    let owner = v.owner();
    let order = if v.random.random_bool(0.9) { v.order_of(&owner) } else { v.order() };
    let (key, body) = (v.id(), v.id());
    let cart = v.random.random_bool(0.3).then(|| carts::used(v, &owner));
    match v.random.random_range(0..10) {
        0..6 => Command::PlaceOrder(PlaceOrder {
            order,
            owner,
            key,
            body,
            lines: lines(v),
            receipts: receipts(v),
            currency: v.currency(),
            expected_total: v.random.random_bool(0.2).then(|| v.i64()),
            pay: pay(v),
            not_after: if v.random.random_bool(0.9) { u64::MAX } else { v.u64() },
            cart,
            email: v.maybe(notices::email),
            terms: Box::new(pricing::terms(v)),
        }),
        6 => Command::RefuseOrder(RefuseOrder {
            order,
            owner,
            key,
            body,
            reason: v.one_of(&REASONS).clone(),
            shards: v.many(3, Values::shard),
        }),
        7 => Command::ResolveHold(ResolveHold { order, from: v.shard() }),
        8 => Command::RecoverOrder(RecoverOrder {
            order,
            reason: v.text(),
            reviewed: v.random.random_bool(0.5),
        }),
        _ => Command::CancelOrder(CancelOrder { order, owner: v.maybe(|_| owner) }),
    }
}

const REASONS: [&Rejection; 3] =
    [&Rejection::HoldEnded, &Rejection::OrderDecides, &Rejection::IdempotencyMismatch];

/// Mostly none: a random receipt fits no order, and is refused.
fn receipts(v: &mut Values) -> Vec<Receipt> {
    if v.random.random_bool(0.8) {
        return Vec::new();
    }
    v.many(2, |v| {
        let lines = v.many(2, |v| HeldLine {
            product: v.product(),
            version: v.u64(),
            name: v.text(),
            unit_price: v.money(),
            quantity: v.u32(),
            weight_grams: v.u32(),
            tax_category: v.text(),
        });
        let promotion = v.maybe(|v| Box::new(pricing::promotion(v)));
        Receipt { shard: v.shard(), lines, promotion }
    })
}

fn pay(v: &mut Values) -> Pay {
    match v.random.random_range(0..4) {
        0 => Pay::OnAccount,
        1 => Pay::Card(None),
        2 => Pay::Card(Some(PaymentMethod(v.text()))),
        _ => Pay::Card(Some(PaymentMethod("pm_card_visa".into()))),
    }
}

/// The provider is heard of, or the customer pays again.
fn hear_or_pay(v: &mut Values) -> Command {
    let order = v.order();
    if v.random.random_bool(0.5) {
        let (at_once, received) = (v.random.random(), v.i64());
        let listed = v.random.random_bool(0.4);
        if v.random.random_bool(0.1) {
            return Command::BeginEpoch(BeginEpoch { epoch: v.random.random() });
        }
        let status = v.one_of(&IntentStatus::ALL);
        let Intent { id: intent, .. } = intent(v);
        if listed {
            let listed = ReconcileIntent { order, intent, status, received, at_once };
            return Command::ReconcileIntent(listed);
        }
        return Command::NotePaymentEvent(NotePaymentEvent {
            event: v.id(),
            order,
            intent,
            status,
        });
    }
    let owner = v.maybe(Values::owner);
    let method = v.text();
    let method = if v.random.random_bool(0.8) { "pm_card_visa".into() } else { method };
    Command::RetryPayment(RetryPayment { order, owner, method: PaymentMethod(method) })
}

fn settle(v: &mut Values) -> Command {
    let order = v.order();
    // Some are of an intent that no order knows.
    let order = match v.random.random_range(0..5) {
        0 => orphan::id_of(order, &IntentId("pi_1".into())),
        _ => order,
    };
    let effect = EffectId { order, number: v.random.random_range(0..6) };
    let result = match v.random.random_range(0..10) {
        0 => CallResult::Unknown,
        1 => CallResult::Refused { code: v.text() },
        2 if v.random.random_bool(0.5) => CallResult::Refunded,
        2 => CallResult::RefundPending,
        _ => CallResult::Intent(intent(v)),
    };
    Command::Settle(Settle { effect, result })
}

fn intent(v: &mut Values) -> Intent {
    let status = v.one_of(&IntentStatus::ALL);
    Intent {
        id: IntentId(if v.random.random_bool(0.9) { "pi_1".into() } else { v.text() }),
        status,
        amount: v.i64(),
        capturable: v.i64(),
        received: v.i64(),
        decline: v.maybe(|v| Decline { code: v.text(), is_final: v.random.random() }),
        capture_before: v.maybe(Values::u64),
    }
}

fn key(v: &mut Values) -> Command {
    let id = KeyId(v.random.random_range(0..6));
    let secret = SecretHash([v.random.random_range(0..4); 32]);
    match v.random.random_range(0..9) {
        0..4 => {
            let sound = v.random.random_bool(0.6);
            Command::CreateKey(CreateKey {
                id,
                name: if sound { "text".into() } else { v.text() },
                scopes: v.many(3, |v| v.one_of(&Scope::ALL)),
                networks: if sound { Vec::new() } else { v.many(3, network) },
                secret,
                expires_at: v.random.random_bool(0.5).then(|| v.u64()),
                first: v.random.random_bool(0.1),
            })
        }
        4..7 => Command::RotateKey(RotateKey { id, secret, overlap_ms: v.u64() }),
        7 => Command::RevokeKey(RevokeKey { id }),
        _ => Command::NoteKeyUses(NoteKeyUses { uses: v.many(3, |v| (id, v.u64())) }),
    }
}

/// Any bytes: most of them are no network in normal form.
fn network(v: &mut Values) -> Network {
    let addr = match v.random.random_range(0..3) {
        0 => IpAddr::from(v.u32().to_be_bytes()),
        1 => IpAddr::from(v.id().to_be_bytes()),
        _ => IpAddr::from((0xffff_u128 << 32 | u128::from(v.u32())).to_be_bytes()),
    };
    let bits = v.one_of(&[0, 1, 8, 31, 32, 33, 96, 127, 128, 129, u8::MAX]);
    if v.random.random_bool(0.5) { Network { addr, bits } } else { Network::host(addr) }
}

fn between(v: &mut Values) -> Command {
    if v.random.random_bool(0.2) {
        return Command::Acknowledge(Acknowledge { to: v.shard(), through: v.u64() });
    }
    let messages = v.many(3, |v| match v.random.random_range(0..6) {
        5 => Message::Location(Box::new(locations::location(v))),
        3 if v.random.random_bool(0.3) => fulfillment::restock(v),
        3 if v.random.random_bool(0.3) => fulfillment::again(v),
        3 => fulfillment::end_units(v),
        0 => Message::CommitHold(v.order()),
        1 => Message::ReleaseHold(v.order()),
        2 => carts::message(v),
        _ => Message::AskOrder { order: v.order(), from: v.shard() },
    });
    Command::Deliver(Deliver { from: v.shard(), first: v.small(), messages })
}
