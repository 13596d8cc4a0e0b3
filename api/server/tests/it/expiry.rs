//! The end of an order's time against a customer who proves at that very moment who they are: the
//! money is taken and the order confirmed, or neither (T10, T11, T12).
//!
//! `STOA_RACES` is how often: a few times in CI, 1,000 times in `make soak`. The quarter of an hour
//! is over as fast as the node's clock is told so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use api_client::{NewOrder, Order};
use api_server::{Args, Server, StripeFlags};
use futures::{StreamExt as _, stream};
use rand::{Rng, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use stripe_sim::knobs::Knobs;
use tokio::time::interval;

use crate::harness::{
    Fault, HOOK_SECRETS, Node, Tested, alone, args, eventually, free_ports, fresh_dir, order, ready,
};
use crate::stripe::stand_in;

/// How often where nobody says.
const RACES: usize = 40;
/// How many orders at once.
const AT_ONCE: usize = 16;
/// How far the clock goes at a time, in milliseconds: less than a shard takes for an outage, which
/// would put the orders' ends off.
const STEP_MS: u64 = 4_000;
/// How long before the first order's end the race begins, in milliseconds.
const EARLY_MS: u64 = 200;
/// How long after its end a customer may be, in milliseconds: a shard looks for what is over every
/// fifth of a second.
const SPREAD_MS: u64 = 250;
/// How long an order waits for its customer, in milliseconds.
const ACTION_MS: u64 = 15 * 60_000;

fn races() -> usize {
    let count = std::env::var("STOA_RACES").ok().and_then(|count| count.parse().ok());
    count.unwrap_or(RACES)
}

/// An order that waits for its customer.
async fn acting(node: &Node, product: &str, number: usize) -> Result<Order, Fault> {
    let new = NewOrder {
        payment_method: Some("pm_card_authenticationRequired".to_owned()),
        ..order(&format!("cus_expiry-{number}"), &[(product, 1)])
    };
    let key = format!("expiry-{number}");
    let placed = node.client()?.place_order(&key, &new, Some(20)).await?.body;
    assert_eq!(placed.status, "requires_action", "{placed:?}");
    Ok(placed)
}

/// The clock goes on, and somebody writes, so that the shard knows.
async fn step(node: &Node, ahead: &AtomicU64, product: &str, by: u64) -> Tested {
    ahead.fetch_add(by, Ordering::Relaxed);
    let count = ahead.load(Ordering::Relaxed);
    let body = serde_json::json!({"product_id": product, "quantity": 1});
    let answer = node.post("/v1/stock/receipts", &format!("step-{count}"), &body).await?;
    assert!(answer.status < 300, "{answer:?}");
    Ok(())
}

/// Each customer proves who they are at about the time when the order ends. Says how many could.
async fn prove(placed: &[(Order, Duration)], intents: &str) -> Result<usize, Fault> {
    let http = reqwest::Client::new();
    let mut chance = ChaCha8Rng::seed_from_u64(placed.len() as u64);
    let first = placed.first().map_or(Duration::ZERO, |(_, at)| *at);
    let mut due: Vec<(Duration, &str)> = Vec::new();
    for (order, at) in placed {
        let after = Duration::from_millis(EARLY_MS + chance.random_range(0..SPREAD_MS));
        due.push((
            at.saturating_sub(first) + after,
            order.payment.intent_id.as_deref().ok_or("?")?,
        ));
    }
    due.sort_unstable();
    let (began, mut looks) = (Instant::now(), interval(Duration::from_millis(2)));
    let mut proving = Vec::new();
    for (at, intent) in due {
        while began.elapsed() < at {
            looks.tick().await;
        }
        proving.push(tokio::spawn(http.post(format!("{intents}/{intent}/authenticate")).send()));
    }
    let mut proved = 0;
    for proof in proving {
        proved += usize::from(proof.await??.status().is_success());
    }
    Ok(proved)
}

#[test]
fn an_order_that_expires_while_its_customer_pays_is_paid_or_ended() -> Tested {
    alone(async || {
        let (sim, stripe) = stand_in("expiry", Knobs::default()).await?;
        let (dir, ports) = (fresh_dir("expiry-node")?, free_ports(2)?);
        let own = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let stripe_webhook_secrets = own.stripe.stripe_webhook_secrets.clone();
        let stripe = StripeFlags { stripe_webhook_secrets, ..stripe };
        let args = Args { stripe, shards: 1, ..own };
        let ahead = Arc::new(AtomicU64::new(0));
        let (clock, system) = (ahead.clone(), raft::Config::system_clock());
        let clock = Arc::new(move || system() + clock.load(Ordering::Relaxed));
        let node = ready(Server::start_by(args, clock).await?).await?;
        let http = reqwest::Client::new();
        let endpoint = serde_json::json!({
            "url": format!("{}/v1/payments/stripe/webhooks", node.base), "secret": HOOK_SECRETS[0],
        });
        let told = http.put(format!("{}/_sim/endpoint", sim.url)).json(&endpoint).send().await?;
        told.error_for_status()?;
        let product = node.product("Late", 900, u32::try_from(races())?).await?.id;
        let began = Instant::now();
        let placed = stream::iter(0..races()).map(async |number| {
            let order = acting(&node, &product, number).await?;
            Ok::<_, Fault>((order, began.elapsed()))
        });
        let placed: Vec<_> = placed.buffered(AT_ONCE).collect().await;
        let placed: Vec<(Order, Duration)> = placed.into_iter().collect::<Result<_, _>>()?;
        // Until the first of them ends.
        let left = |now: Duration| ACTION_MS.saturating_sub(now.as_millis() as u64 + EARLY_MS);
        while ahead.load(Ordering::Relaxed) + STEP_MS < left(began.elapsed()) {
            step(&node, &ahead, &product, STEP_MS).await?;
        }
        let rest = left(began.elapsed()).saturating_sub(ahead.load(Ordering::Relaxed));
        step(&node, &ahead, &product, rest).await?;
        let proved = prove(&placed, &format!("{}/_sim/intents", sim.url)).await?;
        let orders: Vec<Order> = placed.into_iter().map(|(order, _)| order).collect();
        let client = node.client()?;
        let mut ends = (0, 0);
        for order in &orders {
            let end = eventually(async || {
                let now = client.order(&order.id).await.ok()?.body;
                ["confirmed", "expired"].contains(&&*now.status).then_some(now)
            });
            match end.await? {
                now if now.status == "confirmed" => {
                    assert_eq!(now.payment.status, "authorized", "{now:?}");
                    ends.0 += 1;
                }
                now => {
                    assert_eq!(now.payment.status, "voided", "{now:?}");
                    ends.1 += 1;
                }
            }
        }
        // Both happen, else it was no race.
        assert!(races() < 20 || ends.0 > 0 && ends.1 > 0, "{ends:?}");
        println!("{proved} proved it in time; {} confirmed, {} expired", ends.0, ends.1);
        let ledger: serde_json::Value =
            http.get(format!("{}/_sim/ledger", sim.url)).send().await?.json().await?;
        let paid = |intent: &&serde_json::Value| intent["status"] == "requires_capture";
        let intents = ledger["intents"].as_array().ok_or("no intents")?;
        assert_eq!(intents.iter().filter(paid).count(), ends.0);
        assert_eq!(intents.len(), races());
        assert!(client.audit().await?.ok);
        node.server.shutdown().await;
        Ok(())
    })
}
