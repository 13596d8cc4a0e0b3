//! What a leader does by itself: deliveries between shards, and calls to the provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine_core::inventory::{HoldLine, HoldReceipt, HoldRef};
use engine_core::order::{Receipt, Status};
use engine_core::outbox::{Call, EffectId, ProviderCall};
use engine_core::payment::{CallResult, Intent, IntentId, IntentStatus, Pay, PaymentMethod};
use engine_core::{
    Command, Currency, HoldStock, Money, OrderId, Owner, PlaceOrder, ProductId, Reply, ShardId,
    h128, read,
};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use raft::ProviderDriver;

use crate::cluster::{Cluster, NoProvider, eventually, propose};

/// An owner whose orders live in a shard.
fn owner_in(cluster: &Cluster, shard: ShardId) -> Owner {
    let topology = cluster.configs[&1].topology;
    let owners = (0..).filter_map(|at: u32| Owner::new(&format!("cus_{at}")));
    owners.into_iter().find(|owner| topology.of_owner(owner) == shard).unwrap()
}

/// Places an order for two units of a product that lives in another shard than the owner's.
async fn order(cluster: &Cluster, owner: &Owner, product: ProductId, pay: Pay) -> OrderId {
    let topology = cluster.configs[&1].topology;
    let id = OrderId::derive(owner, "key", 7, 0);
    let lines = vec![HoldLine { product, quantity: 2 }];
    let currency = "USD".parse().unwrap();
    let hold = HoldStock {
        hold: HoldRef::Order(id),
        lines: lines.clone(),
        currency,
        timer_ms: 30_000,
        promotion: None,
    };
    let shard = topology.of_product(product);
    let held = propose(cluster.node(1), shard, Command::HoldStock(hold)).await.unwrap();
    let Ok(Reply::Held(HoldReceipt { lines: held, .. })) = held.applied.outcome else {
        panic!("not held: {held:?}");
    };
    let place = PlaceOrder {
        order: id,
        owner: owner.clone(),
        key: h128(&[b"key"]),
        body: 7,
        lines,
        receipts: vec![Receipt { shard, lines: held, promotion: None }],
        currency,
        expected_total: Some(200),
        pay,
        cart: None,
        not_after: (cluster.configs[&1].clock)() + 60_000,
        email: None,
        terms: Box::default(),
    };
    let home = topology.of_order(id);
    let placed = propose(cluster.node(2), home, Command::PlaceOrder(place)).await.unwrap();
    assert!(matches!(placed.applied.outcome, Ok(Reply::Order(_))), "{placed:?}");
    id
}

fn stock(cluster: &Cluster, node: u64, product: ProductId) -> (u32, u32) {
    let view = cluster.node(node).view(cluster.shard_of(product));
    let stock = read::stock(&view, product).unwrap().unwrap_or_default();
    (stock.held, stock.committed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmed_order_commits_its_units_in_the_other_shard() {
    let cluster = Cluster::start(3, 3).await;
    let owner = owner_in(&cluster, ShardId(1));
    let product = cluster.product(cluster.number_in(ShardId(2), 1), 10).await;
    order(&cluster, &owner, product, Pay::OnAccount).await;
    for node in 1..=3 {
        eventually("its units are committed", || stock(&cluster, node, product) == (0, 2)).await;
    }
    let left = |node: u64| {
        let view = cluster.node(node).view(ShardId(1));
        engine_core::outbox::messages(&view, ShardId(2), 0, 10).unwrap().len()
    };
    eventually("what was delivered is deleted", || (1..=3).all(|node| left(node) == 0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_outlives_the_leaders_of_both_shards() {
    let provider = Arc::new(NoProvider);
    let mut cluster = Cluster::start_with(3, 3, |_| {}, provider).await;
    let owner = owner_in(&cluster, ShardId(1));
    let product = cluster.product(cluster.number_in(ShardId(2), 1), 10).await;
    order(&cluster, &owner, product, Pay::OnAccount).await;
    let leader = cluster.leader(ShardId(2)).unwrap();
    cluster.kill(leader).await;
    let others: Vec<u64> = (1..=3).filter(|node| *node != leader).collect();
    for node in others {
        eventually("its units are committed once", || stock(&cluster, node, product) == (0, 2))
            .await;
    }
}

/// A provider that authorizes everything, and remembers every call.
#[derive(Default)]
struct Authorizes {
    calls: Mutex<BTreeMap<EffectId, u32>>,
}

impl ProviderDriver for Authorizes {
    fn call<'a>(
        &'a self,
        effect: EffectId,
        call: &'a ProviderCall,
        _: bool,
    ) -> BoxFuture<'a, CallResult> {
        *self.calls.lock().entry(effect).or_default() += 1;
        let status = match &call.call {
            Call::CreateIntent { .. } => IntentStatus::RequiresConfirmation,
            _ => IntentStatus::RequiresCapture,
        };
        let capturable = if status == IntentStatus::RequiresCapture { 200 } else { 0 };
        let intent = Intent {
            id: IntentId(format!("pi_{}", effect.order)),
            status,
            amount: 200,
            capturable,
            received: 0,
            decline: None,
            capture_before: None,
        };
        Box::pin(async { CallResult::Intent(intent) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_order_is_confirmed_by_the_leaders_calls() {
    let provider = Arc::new(Authorizes::default());
    let cluster = Cluster::start_with(3, 3, |_| {}, provider.clone()).await;
    let owner = owner_in(&cluster, ShardId(1));
    let product = cluster.product(cluster.number_in(ShardId(2), 1), 10).await;
    let pay = Pay::Card(Some(PaymentMethod("pm_card_visa".to_owned())));
    let id = order(&cluster, &owner, product, pay).await;
    let status = |node: u64| {
        let order =
            read::order(&cluster.node(node).view(ShardId(1)), id, &read::Whose::Anybody).unwrap();
        order.map(|order| order.status())
    };
    for node in 1..=3 {
        eventually("it is confirmed", || status(node) == Some(Status::Confirmed)).await;
    }
    let calls = provider.calls.lock().clone();
    assert_eq!(calls.len(), 2, "created, then confirmed: {calls:?}");
    assert!(calls.values().all(|count| *count == 1), "each once: {calls:?}");
}

/// A provider whose first answer to each call that changes something is lost, and the work with it.
#[derive(Default)]
struct Loses(Authorizes);

impl ProviderDriver for Loses {
    fn call<'a>(
        &'a self,
        effect: EffectId,
        call: &'a ProviderCall,
        repeated: bool,
    ) -> BoxFuture<'a, CallResult> {
        let asks = matches!(call.call, Call::GetIntent { .. });
        let first = !self.0.calls.lock().contains_key(&effect);
        let create = Call::CreateIntent { amount: Money { amount: 200, currency: Currency::USD } };
        let asked = ProviderCall { call: create, ..call.clone() };
        let answer = self.0.call(effect, if asks { &asked } else { call }, repeated);
        match first && !asks {
            true => Box::pin(async { CallResult::Unknown }),
            false => Box::pin(std::future::ready(futures::executor::block_on(answer))),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_unknown_outcome_is_made_again_under_its_number() {
    let provider = Arc::new(Loses::default());
    let cluster = Cluster::start_with(3, 3, |_| {}, provider.clone()).await;
    let owner = owner_in(&cluster, ShardId(1));
    let product = cluster.product(cluster.number_in(ShardId(2), 1), 10).await;
    let pay = Pay::Card(Some(PaymentMethod("pm_card_visa".to_owned())));
    let id = order(&cluster, &owner, product, pay).await;
    eventually("it is confirmed", || {
        let order = read::order(&cluster.node(1).view(ShardId(1)), id, &read::Whose::Anybody);
        order.unwrap().is_some_and(|order| order.status() == Status::Confirmed)
    })
    .await;
    let calls = provider.0.calls.lock().clone();
    let made: Vec<_> = calls.iter().map(|(effect, times)| (effect.number, *times)).collect();
    assert_eq!(made, [(0, 2), (1, 2), (2, 1)], "created, confirmed, and asked about in between");
}
