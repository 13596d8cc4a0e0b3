//! What the outside world is told, and whether it is what it expected.

use std::collections::BTreeMap;

use engine_core::inventory::{HoldState, Location};
use engine_core::order::Status;
use engine_core::{Command, Outcome, ProductId, Rejection, Reply, ShardId, outbox, read};

use super::carts::compare_carts;
use super::keys::compare_keys;
use super::naive::Model;
use super::promotions;
use super::shop::Shop;

/// An expected answer.
pub type Expected = Result<Told, Rejection>;

/// As much of an answer as the outside world can foresee.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Nothing,
    /// Units on hand, held and committed.
    Stock(u64, u64, u64),
    Held(HoldState, BTreeMap<ProductId, u32>),
    /// Status and total.
    Order(Status, i64),
    Delivered(u64),
    /// Version, and whether it was revoked.
    Key(u64, bool),
    /// Version and lines.
    Cart(u64, Vec<(ProductId, u32)>),
    Location(Location),
    /// The version of the settings.
    SearchSettings(u64),
    /// Only that it was accepted.
    Anything,
    /// Not even that.
    Whatever,
}

/// An answer as the outside world reads it.
pub fn told(outcome: &Outcome) -> Expected {
    let level = |stock: &engine_core::inventory::Stock| {
        Told::Stock(stock.on_hand.into(), stock.held.into(), stock.committed.into())
    };
    Ok(match outcome.as_ref().map_err(Clone::clone)? {
        Reply::Nothing => Told::Nothing,
        Reply::Product { stock, .. } | Reply::Stock(stock) => level(stock),
        Reply::Held(receipt) => {
            let lines = receipt.lines.iter().map(|line| (line.product, line.quantity));
            Told::Held(receipt.state, lines.collect())
        }
        Reply::Order(order) => Told::Order(order.status(), order.total),
        Reply::Delivered { through } => Told::Delivered(*through),
        Reply::Key(key) => Told::Key(key.version, key.revoked_at.is_some()),
        Reply::Cart(cart) => {
            let lines = cart.lines.iter().map(|line| (line.product, line.quantity));
            Told::Cart(cart.version, lines.collect())
        }
        Reply::Location(location) => Told::Location(location.as_ref().clone()),
        Reply::SearchSettings { version, .. } => Told::SearchSettings(*version),
        Reply::Collection(_)
        | Reply::Pulsed { .. }
        | Reply::Endpoint(_)
        | Reply::Moved { .. }
        | Reply::Promotion(_)
        | Reply::ShippingMethod(_)
        | Reply::TaxRate(_)
        | Reply::Consumer(_) => Told::Anything,
    })
}

/// Fails unless the answer is the expected one.
pub fn compare(command: &Command, outcome: &Outcome, expected: &Expected) {
    let fits = match expected {
        Ok(Told::Whatever) => true,
        Ok(Told::Anything) => outcome.is_ok(),
        expected => told(outcome) == *expected,
    };
    assert!(fits, "{command:?} was answered {outcome:?}, not {expected:?}");
}

/// Fails unless a shard's products, holds, orders and keys are as expected.
pub fn compare_shard(shop: &Shop, model: &mut Model, shard: ShardId) {
    compare_carts(shop, model, shard);
    if shard == ShardId::META {
        compare_keys(shop, model);
    }
    let rows = shop.rows(shard);
    for (product, expected) in &model.products {
        if model.topology.of_product(*product) == shard {
            let (row, stock) = read::product(rows, *product).unwrap().expect("a product");
            let level =
                Told::Stock(stock.on_hand.into(), stock.held.into(), stock.committed.into());
            assert_eq!(level, model.level(*product), "{product}");
            assert_eq!(stock.level(), expected.level, "{product}");
            assert_eq!(row.version, expected.version, "{product}");
            assert_eq!(row.details.price.amount, expected.price, "{product}");
            model.compare_places(shop, *product);
        }
    }
    let now = model.now(shard);
    model.holds.retain(|(at, name), expected| {
        let hold = read::hold(rows, *name).unwrap().filter(|_| *at == shard);
        let state = hold.map(|hold| hold.state);
        // All has come back of what it was kept for.
        let over = expected.state == HoldState::Released && expected.until <= now;
        let forgotten = over && !expected.is_kept() && state.is_none();
        let same = *at != shard || forgotten || state == Some(expected.state);
        assert!(same, "{name:?} in shard {shard} is {state:?}, not {expected:?}");
        *at != shard || !forgotten
    });
    for number in 0..3 {
        let id = promotions::promotion(number).id;
        if model.topology.of_promotion(id) == shard {
            let row = read::promotion_uses(rows, id).unwrap();
            let uses = row.map_or((0, 0), |row| (row.held as usize, row.used as usize));
            let wanted = (model.uses(id, HoldState::Held), model.uses(id, HoldState::Committed));
            assert_eq!(uses, wanted, "promotion {number}");
        }
    }
    for (id, expected) in model.orders.iter().filter(|(id, _)| model.home(**id) == shard) {
        let order = read::order(rows, *id, &read::Whose::Anybody).unwrap().expect("an order");
        assert_eq!(order.status(), expected.status(), "{order:#?}\n{expected:#?}");
        assert_eq!(order.total, expected.total, "{id}");
        assert_eq!(order.payment.intent, expected.intent, "{id}");
        if !expected.odd {
            expected.after.compare(expected, &order);
        }
    }
    let calls = outbox::provider_calls(rows, None, usize::MAX).unwrap();
    for pair in calls.windows(2) {
        assert_ne!(pair[0].0.order, pair[1].0.order, "two calls in flight: {calls:?}");
    }
}
