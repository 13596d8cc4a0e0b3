//! Random lives of orders over everything that can go wrong at once: each knob of the provider's
//! stand-in, nodes that are killed, that hang or are told to stop, leaders that change. Each order
//! ends, or asks for a person; nothing hangs; the provider's books are ours, to the cent.
//!
//! `STOA_LIVES` is how many: a few in CI, 10,000 in `make soak`. `STOA_SEED` draws the lives of an
//! earlier run again; when which fault meets which call is up to the machine.

mod chaos;
mod life;

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use api_client::{
    NewFulfillment, NewProduct, Order, ReconcilePayments, RecoverOrder, ShipFulfillment,
};
use futures::{
    StreamExt,
    future::{Either, select},
    stream,
};
use tests::{Cluster, load::Plan};
use tokio::time::MissedTickBehavior;

use life::{Lived, Shop, live};

/// How many lives there are where nobody says.
const LIVES: usize = 400;
/// How many at once.
const AT_ONCE: usize = 96;
/// How many products there are plenty of.
const PRODUCTS: usize = 12;
/// Units of the one that there are few of.
const FEW: u32 = 30;
/// What webhooks are signed with.
const SECRET: &str = "whsec_of_many_lives_0123456789abcdef";
/// After how long without an end a person has the provider asked, in seconds, and how often.
const ASKED_S: u64 = 10;
/// How long the ends may take once all is well, in seconds.
const ENDS_S: u64 = 120;

#[tokio::test(flavor = "multi_thread")]
async fn every_order_ends_or_asks_for_a_person() {
    let count = std::env::var("STOA_LIVES").ok().and_then(|count| count.parse().ok());
    let count: usize = count.unwrap_or(LIVES);
    let home = tempfile::tempdir().unwrap();
    let (mut cluster, shop) = open(&home).await;
    let again = format!("STOA_SEED={} STOA_LIVES={count}", shop.seed);
    println!("{again}");
    let began = Instant::now();
    let lives = {
        let lives = stream::iter(0..count).map(|number| live(&shop, number));
        let lives = lives.buffer_unordered(AT_ONCE).collect::<Vec<Lived>>();
        let chaos = chaos::reign(&mut cluster, shop.seed);
        match select(Box::pin(lives), Box::pin(chaos)).await {
            Either::Left((lives, _)) => lives,
            Either::Right(((), _)) => unreachable!("trouble does not end by itself"),
        }
    };
    println!("{} lives in {:?}", lives.len(), began.elapsed());
    chaos::heal(&mut cluster).await;
    let ended = settle(&shop, &lives, &again).await;
    println!("all have ended after {:?}: {ended:#?}", began.elapsed());
    let ids: Vec<String> = lives.iter().filter_map(|life| life.id.clone()).collect();
    let client = cluster.client(1);
    cluster.stripe().agrees(&client, &ids).await;
    let audit = client.audit().await.unwrap();
    assert!(audit.ok, "{again}: {:#?}", audit.violations);
}

/// A cluster whose nodes take signed webhooks, with products.
async fn open(home: &tempfile::TempDir) -> (Cluster, Shop) {
    let secrets = home.path().join("secrets");
    fs::write(&secrets, SECRET).unwrap();
    let mut cluster = Cluster::prepare(3, 4).await;
    cluster.flags(&[&format!("--stripe-webhook-secrets={}", secrets.display())]);
    cluster.start_all();
    cluster.ready().await;
    let hooks: Vec<String> = cluster
        .urls()
        .into_iter()
        .map(|url| format!("{url}/v1/payments/stripe/webhooks"))
        .collect();
    cluster.stripe().send_to(&hooks.join(","), SECRET).await;
    let mut products = Vec::new();
    for number in 0..=PRODUCTS {
        let product = NewProduct {
            name: format!("thing {number}"),
            price: 700 + i64::try_from(number).unwrap(),
            currency: "USD".to_owned(),
            stock: Some(if number < PRODUCTS { 1_000_000 } else { FEW }),
            ..NewProduct::default()
        };
        products.push(cluster.client(1).create_product(None, &product).await.unwrap().body.id);
    }
    let clients = cluster.ids().map(|id| {
        // A node that hangs is given up for another one.
        cluster.client(id).with_timeout(Duration::from_secs(8))
    });
    let shop = Shop {
        clients: clients.collect(),
        bank: cluster.stripe().bank(),
        products,
        seed: Plan::default().seed,
    };
    (cluster, shop)
}

/// Brings each order to its end, as a shop would: what nobody pays is canceled, what is paid is
/// sent, and where no answer comes the provider is asked. Tells how many ended how.
async fn settle(shop: &Shop, lives: &[Lived], again: &str) -> BTreeMap<String, usize> {
    let mut open: Vec<(&Lived, &String)> =
        lives.iter().filter_map(|life| Some((life, life.id.as_ref()?))).collect();
    let mut ended: BTreeMap<String, usize> = BTreeMap::new();
    let refused = lives.len() - open.len();
    ended.insert("refused".to_owned(), refused);
    let began = Instant::now();
    let mut round = tokio::time::interval(Duration::from_secs(1));
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for second in 0.. {
        round.tick().await;
        let asks = second % ASKED_S == ASKED_S - 1;
        if asks {
            let wish = ReconcilePayments::default();
            let _ = shop.clients[0].reconcile_payments(&wish).await;
        }
        let looked = stream::iter(open).map(|(life, id)| async move {
            let end = toward_the_end(shop, id, asks).await;
            (life, id, end)
        });
        let looked: Vec<_> = looked.buffer_unordered(32).collect().await;
        open = Vec::new();
        for (life, id, end) in looked {
            match end {
                Some(end) => *ended.entry(end).or_default() += 1,
                None => open.push((life, id)),
            }
        }
        if open.is_empty() {
            return ended;
        }
        if began.elapsed() > Duration::from_secs(ENDS_S) {
            break;
        }
    }
    for (life, id) in open.iter().take(5) {
        let history = shop.ask(id, async |client| client.order_history(id).await).await.unwrap();
        println!("{:#?}\n{:#?}\n{:#?}", shop.order(id).await, history.body.data, life.told);
    }
    panic!("{again}: {} orders do not end; the first are above", open.len());
}

/// How an order ended; else what it needs next is done.
async fn toward_the_end(shop: &Shop, id: &str, asks: bool) -> Option<String> {
    let order = shop.order(id).await;
    if let Some(why) = &order.flags.needs_review {
        return Some(format!("review: {why}"));
    }
    if order.flags.reconciling || ["canceling", "payment_unknown"].contains(&&*order.status) {
        if money_is_back(shop, &order).await && asks {
            let recover = RecoverOrder { reason: "it hangs".to_owned(), ..Default::default() };
            let _ = shop.clients[0].recover_order(None, id, &recover).await;
        }
        return None;
    }
    match order.status.as_str() {
        "canceled" | "expired" | "payment_failed" => Some(order.status),
        "delivered" | "completed" | "returned" | "partially_returned" => {
            money_is_back(shop, &order).await.then_some(order.status)
        }
        "payment_pending" | "requires_action" | "confirmed" | "processing" if !going_on(&order) => {
            let canceled = shop.ask(id, async |client| client.cancel_order(None, id).await).await;
            if canceled.is_err() {
                send(shop, &order).await;
            }
            None
        }
        "partially_shipped" | "shipped" => {
            send(shop, &order).await;
            None
        }
        _ => None,
    }
}

/// A call for its money is under way.
fn going_on(order: &Order) -> bool {
    ["intent_creating", "confirming", "capturing", "voiding", "replacing"]
        .contains(&&*order.payment.status)
}

/// Whether each refund has ended. Those that take a bank some days are settled.
async fn money_is_back(shop: &Shop, order: &Order) -> bool {
    let refunds = shop.ask(&order.id, async |client| client.refunds(&order.id).await).await;
    let refunds = refunds.expect("the refunds of an order are told").body.data;
    let pending = refunds.iter().any(|refund| refund.status == "pending");
    if let (true, Some(intent)) = (pending, &order.payment.intent_id) {
        shop.bank.settle_refunds(intent).await;
    }
    refunds.iter().all(|refund| ["succeeded", "failed"].contains(&&*refund.status))
}

/// One step further for each fulfillment, and one for what is in none.
async fn send(shop: &Shop, order: &Order) {
    let id = &order.id;
    for part in &order.fulfillments {
        let matching = (id.as_str(), None);
        let step = shop.ask(id, async |client| match part.status.as_str() {
            "picking" => client.change_fulfillment(matching, &part.id, "pack").await.map(drop),
            "packed" => {
                let ship = ShipFulfillment { carrier: "Post".to_owned(), tracking: None };
                client.ship_fulfillment(matching, &part.id, &ship).await.map(drop)
            }
            "shipped" => client.change_fulfillment(matching, &part.id, "deliver").await.map(drop),
            _ => Ok(()),
        });
        let _ = step.await;
    }
    if order.status == "partially_shipped" {
        let all = NewFulfillment { lines: None };
        let made = shop.ask(id, async |client| {
            client.create_fulfillment(None, (id, None), &all).await.map(drop)
        });
        let _ = made.await;
    }
}
