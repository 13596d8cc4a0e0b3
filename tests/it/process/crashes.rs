//! The crash matrix of payments: for each kind of call to the provider (create, confirm, capture,
//! cancel, refund) the leader is killed before the call could begin, while it is under way, and
//! after it was done and nobody heard of it. The others finish what it began: each order ends as it
//! would have, the provider's books are ours, and every invariant holds.
//!
//! The crash points before and after a commit are those of `faults` and `scarce`; webhooks and
//! paused leaders are in `payments`.

use std::time::Duration;

use api_client::{NewFulfillment, NewLine, NewOrder, NewPayment, NewProduct, NewRefund, Order};
use serde_json::json;
use tests::{Cluster, wait};

/// A card that pays.
const PAYS: &str = "pm_card_visa";
/// How many calls are under way when the leader is killed: one of each kind.
const CALLS: u64 = 5;
/// How long an order may take to come to its end, in seconds: more than some steps of the questions
/// about an unknown outcome.
const ENDS_S: u64 = 120;

/// Where the leader is killed.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// Calls are ordered, and the provider cannot be reached.
    Queued,
    /// The provider has heard of them, and has done nothing.
    Sent,
    /// The provider has done them, and has not answered.
    Done,
}

/// One order for each kind of call, just before it.
struct Orders {
    confirms: String,
    captures: String,
    cancels: String,
    refunds: String,
}

/// The shop, with a name for the keys of this round.
struct Shop {
    cluster: Cluster,
    product: String,
    round: &'static str,
}

impl Shop {
    async fn open(round: &'static str) -> Self {
        let cluster = Cluster::start(3, 1).await;
        let product = NewProduct {
            name: "thing".to_string(),
            price: 700,
            currency: "USD".to_string(),
            stock: Some(100),
            ..NewProduct::default()
        };
        let product = cluster.client(1).create_product(None, &product).await.unwrap().body.id;
        Self { cluster, product, round }
    }

    /// Places an order at a node; without a method it waits for one.
    async fn place(&self, node: usize, name: &str, method: Option<&str>) -> Order {
        let key = format!("{}-{name}", self.round);
        let new = NewOrder {
            customer_id: format!("cus_{key}"),
            lines: vec![NewLine { product_id: self.product.clone(), quantity: 1 }],
            currency: "USD".to_string(),
            payment_method: method.map(str::to_owned),
            ..NewOrder::default()
        };
        let wait = (name != "creates").then_some(20);
        self.cluster.client(node).place_order(&key, &new, wait).await.unwrap().body
    }

    /// Begins a fulfillment; with `packs` it is packed, so that the money is asked for.
    async fn fulfill(&self, id: &str) -> String {
        let client = self.cluster.client(1);
        let all = NewFulfillment { lines: None };
        let order = client.create_fulfillment(None, (id, None), &all).await.unwrap().body;
        order.fulfillments[0].id.clone()
    }

    async fn pack(&self, node: usize, id: &str, part: &str) {
        let client = self.cluster.client(node);
        client.change_fulfillment((id, None), part, "pack").await.unwrap();
    }

    /// Waits until some node says that an order's status is this.
    async fn is(&self, node: usize, id: &str, status: &str) {
        let client = self.cluster.client(node);
        let what = format!("{}: {id} is {status}", self.round);
        wait::until_right(&what, Duration::from_secs(ENDS_S), || async {
            match client.order(id).await {
                Ok(order) if order.body.status == status => Vec::new(),
                Ok(order) => vec![format!("{:?}", order.body)],
                Err(error) => vec![error.to_string()],
            }
        })
        .await;
    }

    async fn prepare(&self) -> (Orders, String) {
        let confirms = self.place(1, "confirms", None).await.id;
        let mut paid = Vec::new();
        for name in ["captures", "cancels", "refunds"] {
            let order = self.place(1, name, Some(PAYS)).await;
            assert_eq!(order.status, "confirmed");
            paid.push(order.id);
        }
        let refunds = paid.pop().unwrap();
        let part = self.fulfill(&refunds).await;
        self.pack(1, &refunds, &part).await;
        self.is(1, &refunds, "processing").await;
        let cancels = paid.pop().unwrap();
        let captures = paid.pop().unwrap();
        let part = self.fulfill(&captures).await;
        (Orders { confirms, captures, cancels, refunds }, part)
    }
}

async fn the_leader_dies(point: Point, round: &'static str) {
    let mut shop = Shop::open(round).await;
    let (orders, part) = shop.prepare().await;
    let leader = shop.cluster.leader(1).await;
    let other = shop.cluster.ids().find(|id| *id != leader).unwrap();
    match point {
        Point::Queued => shop.cluster.stripe().kill9(),
        Point::Sent => shop.cluster.stripe().knobs(&json!({"hang": "before"})).await,
        Point::Done => shop.cluster.stripe().knobs(&json!({"hang": "after"})).await,
    }
    let client = shop.cluster.client(other);
    let created = shop.place(other, "creates", Some(PAYS)).await.id;
    let card = NewPayment { payment_method: PAYS.to_owned() };
    client.pay_order(Some("pays"), &orders.confirms, &card, None).await.unwrap();
    shop.pack(other, &orders.captures, &part).await;
    client.cancel_order(None, &orders.cancels).await.unwrap();
    let all = NewRefund { amount: Some(300), reason: "late".to_owned() };
    client.refund_order("refund", (&orders.refunds, None), &all).await.unwrap();
    if !matches!(point, Point::Queued) {
        shop.cluster.stripe().hanging(CALLS).await;
    }
    shop.cluster.kill9(leader);
    match point {
        Point::Queued => shop.cluster.stripe().again().await,
        Point::Sent | Point::Done => shop.cluster.stripe().knobs(&json!({})).await,
    }
    shop.is(other, &created, "confirmed").await;
    shop.is(other, &orders.confirms, "confirmed").await;
    shop.is(other, &orders.captures, "processing").await;
    shop.is(other, &orders.cancels, "canceled").await;
    wait::until_true("300 are back", Duration::from_secs(ENDS_S), || async {
        client.refunds(&orders.refunds).await.is_ok_and(|it| it.body.data[0].status == "succeeded")
    })
    .await;
    shop.cluster.start_node(leader);
    shop.cluster.ready().await;
    let Orders { confirms, captures, cancels, refunds } = orders;
    let all = [created, confirms, captures, cancels, refunds];
    shop.cluster.stripe().agrees(&client, &all).await;
    let audit = client.audit().await.unwrap();
    assert!(audit.ok, "{:#?}", audit.violations);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_dies_before_its_calls_leaves_them_to_the_next() {
    the_leader_dies(Point::Queued, "queued").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_dies_during_its_calls_leaves_them_to_the_next() {
    the_leader_dies(Point::Sent, "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_dies_after_its_calls_leaves_them_to_the_next() {
    the_leader_dies(Point::Done, "done").await;
}
