//! The audit trail: what somebody's command must leave in it, seen from outside.
//!
//! The rows before and after each command are read through the API's reads; what differs between
//! them is what the trail must say, no more and no less.

use std::collections::BTreeMap;

use engine_core::audit::{Actor, AuditRow, Fields, Resource, Value, Who};
use engine_core::cart::CartId;
use engine_core::inventory::{HoldRef, HoldState};
use engine_core::read::Whose;
use engine_core::{Applied, Command, HoldId, KeyId, OrderId, Outcome, Owner, ShardId, View, read};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::carts::SHOPPERS;
use super::naive::Model;
use super::shop::Shop;

/// How many holds without an order are looked at.
const FREE_HOLDS: u128 = 6;

/// What can be seen, by kind, id and field.
type Seen = BTreeMap<(&'static str, String, String), String>;

/// A shard before a command.
pub struct Trail {
    shard: ShardId,
    actor: Option<Actor>,
    orders: Vec<OrderId>,
    carts: Vec<CartId>,
    last: u64,
    moved: u64,
    seen: Seen,
}

/// Somebody who works for the shop.
pub fn actor(rng: &mut ChaCha8Rng) -> Actor {
    let who = match rng.random_range(0..4) {
        0 => Who::Local,
        1 => Who::Anonymous,
        _ => Who::Key(KeyId(rng.random_range(1..4))),
    };
    let address = std::net::Ipv4Addr::from_bits(rng.random()).into();
    Actor { who, address, request: rng.random() }
}

impl Trail {
    /// Looks at a shard before a command.
    pub fn before(shop: &Shop, model: &Model, shard: ShardId, actor: Option<Actor>) -> Self {
        let rows = shop.rows(shard);
        let orders = model.orders.keys().copied().filter(|id| model.home(*id) == shard);
        let orders: Vec<_> = orders.collect();
        let carts = model.shopping.ids();
        let seen = if actor.is_some() { see(rows, &orders, &carts) } else { Seen::new() };
        let (last, moved) = (read::audit_last(rows).unwrap(), moved(rows));
        Self { shard, actor, orders, carts, last, moved, seen }
    }

    /// Fails unless the trail tells what has become of the shard, once, if it is to tell.
    pub fn compare(self, shop: &Shop, command: &Command, applied: &Applied) {
        let rows = shop.rows(self.shard);
        let last = read::audit_last(rows).unwrap();
        let new = read::audit_rows(rows, self.last + 1, last + 1).unwrap();
        let said = format!("{command:?}\n{applied:?}\n{new:#?}");
        let Some(actor) = self.actor else {
            assert!(new.is_empty(), "nobody is named by {said}");
            return;
        };
        let (gone, come) = difference(&self.seen, &see(rows, &self.orders, &self.carts));
        // Units that went and came back in one command have moved, too.
        let nothing = gone.is_empty() && come.is_empty() && moved(rows) == self.moved;
        let is_record = matches!(command, Command::RecordOperation(_));
        let repeat = applied.replayed
            || applied.outcome.is_ok() && nothing && command.is_idempotent() && !is_record;
        if repeat {
            assert!(new.is_empty(), "a repeat is told twice: {said}");
            return;
        }
        let [(number, row)] = new.as_slice() else { panic!("not one row for {said}") };
        assert_eq!((*number, row.actor), (self.last + 1, actor), "{said}");
        assert_eq!(row.at, read::clock(rows).unwrap().now, "{said}");
        assert_eq!(row.command, command.name(), "{said}");
        assert_eq!(row.refused.as_ref(), applied.outcome.as_ref().err(), "{said}");
        assert_eq!(row.left_out_bytes, 0, "{said}");
        check_target(row, &applied.outcome, &said);
        if !is_record {
            assert_eq!(told(row, |change| change.before.as_ref()), gone, "before: {said}");
            assert_eq!(told(row, |change| change.after.as_ref()), come, "after: {said}");
        }
    }
}

/// How many movements of stock there have been.
fn moved(view: &dyn View) -> u64 {
    let products = read::products(view, None, usize::MAX).unwrap();
    let stock = |id| read::stock(view, id).unwrap().map_or(0, |stock| stock.movements);
    products.iter().map(|product| stock(product.id)).sum()
}

/// What was accepted and has changed something has changed what it is about.
fn check_target(row: &AuditRow, outcome: &Outcome, said: &str) {
    let ids: Vec<_> = row.changes.iter().map(|change| change.of.id()).collect();
    let named = ids.is_empty() || ids.contains(&row.target.id());
    let machine = matches!(row.target, Resource::Shard(_));
    assert!(named || machine || outcome.is_err(), "{:?} is not in {ids:?}: {said}", row.target);
}

/// What one of two states has and the other has not, both ways.
fn difference(before: &Seen, after: &Seen) -> (Seen, Seen) {
    let without = |one: &Seen, other: &Seen| {
        let own = one.iter().filter(|(key, value)| other.get(*key) != Some(*value));
        own.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    (without(before, after), without(after, before))
}

/// The fields of a row that this test knows.
fn told(row: &AuditRow, side: impl Fn(&engine_core::audit::Change) -> Option<&Fields>) -> Seen {
    let mut told = Seen::new();
    for change in &row.changes {
        for (name, value) in side(change).into_iter().flatten() {
            let kind = change.of.kind();
            if KNOWN.contains(&(kind, name.as_str())) {
                told.insert((kind, change.of.id(), name.clone()), text(value));
            }
        }
    }
    told
}

/// The fields that are compared.
const KNOWN: [(&str, &str); 25] = [
    ("cart", "version"),
    ("cart", "status"),
    ("cart", "lines"),
    ("product", "version"),
    ("product", "price"),
    ("product", "archived_at"),
    ("stock", "on_hand"),
    ("stock", "sent_ahead"),
    ("stock", "safety"),
    ("stock", "backorder_limit"),
    ("stock", "low_stock_threshold"),
    ("order", "version"),
    ("order", "status"),
    ("order", "total"),
    ("order", "customer_id"),
    ("order", "payment_status"),
    ("order", "cancel_requested"),
    ("order", "needs_review"),
    ("hold", "status"),
    ("hold", "lines"),
    ("hold", "expires_at"),
    ("key", "version"),
    ("key", "scopes"),
    ("key", "expires_at"),
    ("key", "revoked_at"),
];

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Time(at) => at.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Texts(texts) => texts.join(" "),
        Value::Pairs(pairs) => pairs.iter().map(|(name, text)| format!("{name}={text} ")).collect(),
    }
}

/// What is noted of one thing: its kind, its id, its fields.
type Note<'a> = &'a mut dyn FnMut(&'static str, String, Vec<(&str, Option<String>)>);

/// Every product of a shard, with its stock.
fn products(view: &dyn View, note: Note<'_>) {
    for product in read::products(view, None, usize::MAX).unwrap() {
        let stock = read::stock(view, product.id).unwrap().expect("a level");
        let id = product.id.to_string();
        let policy = stock.policy;
        let fields = vec![
            ("on_hand", Some(stock.on_hand.to_string())),
            ("sent_ahead", Some(stock.sent_ahead.to_string())),
            ("safety", Some(policy.safety.to_string())),
            ("backorder_limit", Some(policy.backorder_limit.to_string())),
            ("low_stock_threshold", policy.low_stock_threshold.map(|units| units.to_string())),
        ];
        note("stock", id.clone(), fields);
        let fields = vec![
            ("version", Some(product.version.to_string())),
            ("price", Some(product.details.price.amount.to_string())),
            ("archived_at", product.archived_at.map(|at| at.to_string())),
        ];
        note("product", id, fields);
    }
}

/// Everything there is to see of a shard, through the API's reads.
fn see(view: &dyn View, orders: &[OrderId], carts: &[CartId]) -> Seen {
    let mut seen = Seen::new();
    let mut note = |kind: &'static str, id: String, fields: Vec<(&str, Option<String>)>| {
        for (name, value) in fields {
            let key = (kind, id.clone(), name.to_owned());
            seen.extend(value.map(|value| (key, value)));
        }
    };
    products(view, &mut note);
    for id in orders {
        let Some(order) = read::order(view, *id, &Whose::Anybody).unwrap() else { continue };
        let fields = vec![
            ("version", Some(order.version.to_string())),
            ("status", Some(order.status().as_str().to_owned())),
            ("total", Some(order.total.to_string())),
            ("customer_id", Some(order.owner.to_string())),
            ("payment_status", Some(order.payment.state.as_str().to_owned())),
            ("cancel_requested", Some(order.flags.cancel_requested.to_string())),
            ("needs_review", order.flags.needs_review.map(|review| review.as_str().to_owned())),
        ];
        note("order", order.id.to_string(), fields);
    }
    let open = SHOPPERS.iter().filter_map(|name| {
        let account = read::account(view, &Owner::new(name).unwrap()).unwrap();
        account.and_then(|account| account.cart)
    });
    for id in carts.iter().copied().chain(open) {
        let Some(cart) = read::cart(view, id, &Whose::Anybody).unwrap() else { continue };
        let lines = cart.lines.iter();
        let lines = lines.map(|line| format!("{}={} ", line.product, line.quantity)).collect();
        let fields = vec![
            ("version", Some(cart.version.to_string())),
            ("status", Some(cart.state.as_str().to_owned())),
            ("lines", Some(lines)),
        ];
        note("cart", id.to_string(), fields);
    }
    for id in (0..=FREE_HOLDS).map(HoldId) {
        let Some(hold) = read::hold(view, HoldRef::Free(id)).unwrap() else { continue };
        let lines = hold.lines.iter();
        let lines = lines.map(|line| format!("{}={} ", line.product, line.quantity)).collect();
        let held = hold.state == HoldState::Held;
        let fields = vec![
            ("status", Some(status(hold.state))),
            ("lines", Some(lines)),
            ("expires_at", held.then(|| hold.timer_at.to_string())),
        ];
        note("hold", id.to_string(), fields);
    }
    for key in read::api_keys(view, None, usize::MAX).unwrap() {
        let scopes: Vec<_> = key.scopes.iter().map(ToString::to_string).collect();
        let fields = vec![
            ("version", Some(key.version.to_string())),
            ("scopes", Some(scopes.join(" "))),
            ("expires_at", key.expires_at.map(|at| at.to_string())),
            ("revoked_at", key.revoked_at.map(|at| at.to_string())),
        ];
        note("key", key.id.to_string(), fields);
    }
    seen
}

fn status(state: HoldState) -> String {
    let name = match state {
        HoldState::Held => "held",
        HoldState::Committed => "committed",
        HoldState::Released => "released",
    };
    name.to_owned()
}
