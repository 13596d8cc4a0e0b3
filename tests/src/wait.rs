//! Waiting on a condition, with a deadline. Nothing here waits for a time to pass.

use std::time::{Duration, Instant};

use api_client::Client;

/// How often a condition is looked at, in milliseconds.
const LOOK_MS: u64 = 20;
/// How long stock may be on its way from an order to its product, in seconds.
const STOCK_S: u64 = 30;

/// Waits until `probe` finds something; panics at the deadline with what was waited for.
pub async fn until<T, F>(what: &str, deadline: Duration, mut probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(LOOK_MS));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Some(found) = probe().await {
            return found;
        }
        let waited = started.elapsed();
        assert!(waited < deadline, "waited {waited:?} in vain for: {what}");
    }
}

/// Waits until `probe` holds.
pub async fn until_true<F>(what: &str, deadline: Duration, mut probe: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    until(what, deadline, || {
        let holds = probe();
        async move { holds.await.then_some(()) }
    })
    .await;
}

/// Waits until `probe` finds nothing to complain of; panics at the deadline with what it found
/// last.
pub async fn until_right<F>(what: &str, deadline: Duration, mut probe: impl FnMut() -> F)
where
    F: Future<Output = Vec<String>>,
{
    let started = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(LOOK_MS));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let complaints = probe().await;
        if complaints.is_empty() {
            return;
        }
        let waited = started.elapsed();
        assert!(waited < deadline, "waited {waited:?} in vain for: {what}: {complaints:#?}");
    }
}

/// Waits until so many units of a product are there for sale: what an order takes and gives back
/// arrives at the product's shard after the order is answered.
pub async fn until_available(client: &Client, product: &str, units: usize) {
    let what = format!("{units} units of {product} are available");
    until_right(&what, Duration::from_secs(STOCK_S), || async {
        let found = client.product(product).await.unwrap().body.available;
        let right = usize::try_from(found) == Ok(units);
        (!right).then(|| found.to_string()).into_iter().collect()
    })
    .await;
}
