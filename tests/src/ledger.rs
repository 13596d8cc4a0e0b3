//! What the cluster promised to a load, and whether it is so.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use api_client::{Client, NewOrder, Order};

use crate::{Cluster, wait};

/// How long a replica may take to show what was acknowledged, in seconds.
const SHOWN_S: u64 = 30;
/// Orders on one page of a customer's list.
const PAGE: u32 = 100;

/// An order that was asked for, and the answer to it: the order, or a problem's code.
#[derive(Debug)]
pub struct Promise {
    /// Its idempotency key.
    pub key: String,
    /// What was asked for.
    pub asked: NewOrder,
    /// What was answered.
    pub answer: Result<Order, String>,
}

/// Everything that was promised to a load.
#[derive(Debug)]
pub struct Ledger {
    /// Each order's answer.
    pub promises: Vec<Promise>,
    products: Vec<String>,
    stock: u32,
}

impl Ledger {
    pub(crate) fn new(products: Vec<String>, stock: u32) -> Self {
        Self { promises: Vec::new(), products, stock }
    }

    /// The orders that were confirmed.
    pub fn confirmed(&self) -> impl Iterator<Item = &Order> {
        self.promises.iter().filter_map(|promise| promise.answer.as_ref().ok())
    }

    /// The codes of the refusals, and how often each was given.
    pub fn refusals(&self) -> BTreeMap<&str, usize> {
        let mut codes = BTreeMap::new();
        for code in self.promises.iter().filter_map(|promise| promise.answer.as_ref().err()) {
            *codes.entry(code.as_str()).or_insert(0) += 1;
        }
        codes
    }

    /// Checks on every node that all of it is so: each order once and as it was answered, no other
    /// order, each unit accounted for, and every invariant.
    pub async fn holds(&self, cluster: &Cluster) {
        self.agrees_with_itself();
        for id in cluster.ids() {
            let client = cluster.client(id);
            self.orders_are_there(&client).await;
            self.units_are_accounted_for(&client).await;
        }
        let audit = cluster.client(1).audit().await.expect("the audit answers");
        assert!(audit.ok, "{:#?}", audit.violations);
    }

    /// No two keys got one order, and each got what was asked for.
    fn agrees_with_itself(&self) {
        let mut ids = BTreeSet::new();
        for promise in &self.promises {
            let Ok(order) = &promise.answer else { continue };
            assert!(ids.insert(&order.id), "{} was promised twice", order.id);
            assert_eq!(order.customer_id, promise.asked.customer_id, "{}", promise.key);
            assert_eq!(units([order]), asked(&promise.asked), "{}", promise.key);
            assert_eq!(order.status, "confirmed", "{}", promise.key);
        }
    }

    async fn orders_are_there(&self, client: &Client) {
        let mut promised: BTreeMap<&str, BTreeMap<&str, &Order>> = BTreeMap::new();
        for promise in &self.promises {
            promised.entry(&promise.asked.customer_id).or_default();
        }
        for order in self.confirmed() {
            promised.entry(&order.customer_id).or_default().insert(&order.id, order);
        }
        for (customer, orders) in promised {
            let what = format!("{} has {} orders of {customer}", client.base(), orders.len());
            let found = wait::until(&what, Duration::from_secs(SHOWN_S), || async {
                let found = list(client, customer).await;
                assert!(found.len() <= orders.len(), "{customer} has an order too many");
                (found.len() == orders.len()).then_some(found)
            })
            .await;
            for order in found {
                let promised = orders.get(order.id.as_str());
                let promised = promised.unwrap_or_else(|| panic!("nobody ordered {}", order.id));
                assert_eq!((order.total, &order.lines), (promised.total, &promised.lines));
            }
        }
    }

    async fn units_are_accounted_for(&self, client: &Client) {
        let sold = units(self.confirmed());
        for product in &self.products {
            let sold = sold.get(product.as_str()).copied().unwrap_or_default();
            let left = u64::from(self.stock).checked_sub(sold);
            let left = left.unwrap_or_else(|| panic!("{product}: {sold} sold of {}", self.stock));
            let what = format!("{} has {left} units of {product}", client.base());
            wait::until_true(&what, Duration::from_secs(SHOWN_S), || async {
                let level = client.stock(product).await.expect("the level is told").body;
                assert_eq!(level.on_hand, self.stock, "{product}: nothing was shipped");
                u64::from(level.available) == left && level.held == 0
            })
            .await;
        }
    }
}

/// Units by product over these orders.
fn units<'a>(orders: impl IntoIterator<Item = &'a Order>) -> BTreeMap<&'a str, u64> {
    let mut units = BTreeMap::new();
    for line in orders.into_iter().flat_map(|order| &order.lines) {
        *units.entry(line.product_id.as_str()).or_insert(0) += u64::from(line.quantity);
    }
    units
}

fn asked(order: &NewOrder) -> BTreeMap<&str, u64> {
    let mut units = BTreeMap::new();
    for line in &order.lines {
        *units.entry(line.product_id.as_str()).or_insert(0) += u64::from(line.quantity);
    }
    units
}

/// All orders of a customer that a node has.
async fn list(client: &Client, customer: &str) -> Vec<Order> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = client.orders(customer, PAGE, cursor.as_deref()).await;
        let page = page.expect("the orders are listed").body;
        all.extend(page.data);
        cursor = page.next_cursor.filter(|_| page.has_more);
        if cursor.is_none() {
            return all;
        }
    }
}
