//! Customers who order, on account, from all nodes in turn, until they are told to stop.
//!
//! Each order has its idempotency key. Where the outcome is unknown the same order is sent again
//! under the same key, to the next node, until somebody answers: so at the end every key has an
//! answer, and the ledger knows what the cluster promised.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use api_client::{Client, NewLine, NewOrder, NewProduct};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::task::JoinHandle;

use crate::{
    Cluster,
    ledger::{Ledger, Promise},
    wait,
};

/// How long one request may take, in milliseconds.
const REQUEST_MS: u64 = 2_000;
/// For how long an order is sent again, in seconds, before the test fails.
const PATIENCE_S: u64 = 60;
/// The wait between two tries of one order, in milliseconds.
const RETRY_MS: u64 = 10;
/// The most lines of an order.
const LINES_MAX: usize = 4;
/// The most units of a line.
const UNITS_MAX: u32 = 3;

/// Customers who order.
#[derive(Debug)]
pub struct Load {
    workers: Vec<JoinHandle<Vec<Promise>>>,
    state: Arc<State>,
    ledger: Ledger,
}

#[derive(Debug)]
struct State {
    clients: Vec<Client>,
    products: Vec<String>,
    ends: AtomicBool,
    confirmed: AtomicU64,
    orders_max: u64,
    started: AtomicU64,
}

impl Load {
    /// So many customers at once, ordering from `products` new products of `stock` units each.
    /// The orders follow from `seed`; their number is bounded by `orders_max`.
    pub async fn start(cluster: &Cluster, plan: Plan) -> Self {
        let mut products = Vec::new();
        for number in 0..plan.products {
            products.push(create(&cluster.client(1), number, plan.stock).await);
        }
        let timeout = Duration::from_millis(REQUEST_MS);
        let state = Arc::new(State {
            clients: cluster.ids().map(|id| cluster.client(id).with_timeout(timeout)).collect(),
            products: products.clone(),
            ends: AtomicBool::new(false),
            confirmed: AtomicU64::new(0),
            orders_max: plan.orders_max,
            started: AtomicU64::new(0),
        });
        println!("load: seed {}", plan.seed);
        let workers = (0..plan.customers)
            .map(|worker| tokio::spawn(work(state.clone(), worker, plan.seed)))
            .collect();
        Self { workers, state, ledger: Ledger::new(products, plan.stock) }
    }

    /// How many orders are confirmed by now.
    pub fn confirmed(&self) -> u64 {
        self.state.confirmed.load(Ordering::Relaxed)
    }

    /// Waits until so many more orders are confirmed.
    pub async fn goes_on(&self, orders: u64) {
        let goal = self.confirmed() + orders;
        let what = format!("{orders} more orders are confirmed");
        wait::until_true(&what, Duration::from_secs(PATIENCE_S), || async {
            self.confirmed() >= goal
        })
        .await;
    }

    /// No new orders; waits until each has its answer, and returns what was promised.
    pub async fn end(self) -> Ledger {
        self.state.ends.store(true, Ordering::Relaxed);
        self.finish().await
    }

    /// Waits until all `orders_max` orders have their answer.
    pub async fn finish(mut self) -> Ledger {
        for worker in self.workers {
            self.ledger.promises.extend(worker.await.expect("a customer's orders were answered"));
        }
        self.ledger
    }
}

/// What the load is.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many products there are.
    pub products: usize,
    /// Units of each.
    pub stock: u32,
    /// How many customers order at once.
    pub customers: usize,
    /// How many orders at most.
    pub orders_max: u64,
    /// What the orders follow from.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        let seed = std::env::var("STOA_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(rand::random);
        Self { products: 40, stock: 1_000_000, customers: 8, orders_max: u64::MAX, seed }
    }
}

async fn create(client: &Client, number: usize, stock: u32) -> String {
    let product = NewProduct {
        name: format!("thing {number}"),
        price: 100 + i64::try_from(number).expect("few products"),
        currency: "USD".to_string(),
        stock: Some(stock),
        ..NewProduct::default()
    };
    client.create_product(None, &product).await.expect("a product is created").body.id
}

async fn work(state: Arc<State>, worker: usize, seed: u64) -> Vec<Promise> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed.wrapping_add(worker as u64));
    let mut promises = Vec::new();
    for number in 0.. {
        let count = state.started.fetch_add(1, Ordering::Relaxed);
        if state.ends.load(Ordering::Relaxed) || count >= state.orders_max {
            break;
        }
        let order = basket(&state, &mut chance, worker, number);
        let key = format!("load-{seed}-{worker}-{number}");
        promises.push(place(&state, worker, key, order).await);
    }
    promises
}

fn basket(state: &State, chance: &mut ChaCha8Rng, worker: usize, number: u64) -> NewOrder {
    let lines = (0..chance.random_range(1..=LINES_MAX))
        .map(|_| NewLine {
            product_id: state.products[chance.random_range(0..state.products.len())].clone(),
            quantity: chance.random_range(1..=UNITS_MAX),
        })
        .collect();
    NewOrder {
        cart: None,
        customer_id: format!("cus_{worker}_{}", number % 16),
        lines,
        currency: "USD".to_string(),
        expected_total: None,
        payment_method: Some("on_account".to_string()),
        ..NewOrder::default()
    }
}

/// Sends one order until somebody says what became of it.
async fn place(state: &State, worker: usize, key: String, order: NewOrder) -> Promise {
    let started = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(RETRY_MS));
    for attempt in 0.. {
        let client = &state.clients[(worker + attempt) % state.clients.len()];
        let error = match client.place_order(&key, &order, None).await {
            Ok(answer) => {
                state.confirmed.fetch_add(1, Ordering::Relaxed);
                return Promise { key, asked: order, answer: Ok(answer.body) };
            }
            Err(error) => error,
        };
        if !error.is_retryable() {
            let code = error.code().map_or_else(|| error.to_string(), str::to_string);
            return Promise { key, asked: order, answer: Err(code) };
        }
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(PATIENCE_S), "{key}: {error} for {waited:?}");
        pause.tick().await;
    }
    unreachable!("the attempts do not end")
}
