//! Waiting on a condition, with a deadline. Nothing here waits for a time to pass.

use std::time::{Duration, Instant};

/// How often a condition is looked at, in milliseconds.
const LOOK_MS: u64 = 20;

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
