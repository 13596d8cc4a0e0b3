//! Compares orders with the provider's lists again and again, at the leader of the meta group.

use std::time::Duration;

use engine_core::ShardId;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{Span, Wish};
use crate::state::App;
use crate::time::now_ms;

/// How often.
const EVERY: Duration = Duration::from_secs(300);
/// Over how long back, in milliseconds: 6 hours. A longer outage is for `stoa payment reconcile`.
const OVER_MS: u64 = 6 * 3_600_000;
/// How many parts one look is done in, at most.
const PARTS_MAX: u32 = 20;

/// Never ends.
pub async fn keep_reconciling(app: &App) {
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if !app.node.leads(ShardId::META) || app.payments.stripe().is_err() {
            continue;
        }
        let mut span = Span { since: now_ms().saturating_sub(OVER_MS), until: None };
        for _ in 0..PARTS_MAX {
            match app.reconcile(span, Wish::BY_ITSELF).await {
                Ok(found) => {
                    for difference in &found.differences {
                        metrics::counter!("stoa_payment_differences_total",
                            "what" => difference.what.clone())
                        .increment(1);
                        let (what, intent) = (&difference.what, &difference.intent_id);
                        let (order, done) = (&difference.order_id, &difference.then);
                        tracing::warn!(what, intent, order, done, "the provider says otherwise");
                    }
                    let Some(reached) = found.reached_ms.filter(|_| !found.complete) else { break };
                    span.until = Some(reached);
                }
                Err(error) => {
                    tracing::warn!(detail = error.detail, "payments could not be reconciled");
                    break;
                }
            }
        }
    }
}
