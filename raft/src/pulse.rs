//! Time as a command: the leader fires what is overdue.
//!
//! While timers pend the pulse ticks at least every [`PULSE_EVERY_MS`], so that the shard's clock
//! can tell an outage from a quiet hour. Without timers it ticks now and then, to forget request
//! ids and to trim the feed.

use std::sync::Arc;
use std::time::Duration;

use engine_core::{Command, PULSE_EVERY_MS, Pulse, Reply, next_deadline};
use tokio::time::{Instant, sleep};

use crate::group::Group;
use crate::node::Inner;
use crate::proposal::Proposal;

/// The most timers one pulse fires.
const TIMERS_PER_PULSE: u16 = 256;
/// How often the leader looks for the next deadline: what is due waits at most so long.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A tick comes so much before it would count as an outage.
const TICK_EARLY_MS: u64 = 750;
/// How often it ticks when no timer pends.
const IDLE_TICK: Duration = Duration::from_secs(60);
/// How long one pulse may take.
const PULSE_DEADLINE: Duration = Duration::from_secs(5);

/// Pulses a shard until it is canceled.
pub(crate) async fn run(inner: Arc<Inner>, group: Arc<Group>) {
    let tick = Duration::from_millis(PULSE_EVERY_MS - TICK_EARLY_MS);
    // A new leader pulses at once: somebody may have waited for a leader.
    let (mut pulsed, mut looked): (Option<Instant>, Option<Instant>) = (None, None);
    let longer_ago = |then: Option<Instant>, than| then.is_none_or(|then| then.elapsed() >= than);
    loop {
        let mut due = longer_ago(pulsed, IDLE_TICK) || is_due(&inner, &group);
        if !due && longer_ago(looked, tick) {
            looked = Some(Instant::now());
            due = pends(&group);
        }
        let more = due && pulse(&inner, &group).await;
        if due {
            (pulsed, looked) = (Some(Instant::now()), Some(Instant::now()));
        }
        if !more {
            sleep(LOOK_EVERY).await;
        }
    }
}

fn is_due(inner: &Inner, group: &Group) -> bool {
    engine_core::is_due(&group.view, (inner.config.clock)()).unwrap_or_else(|fault| {
        tracing::error!(shard = %group.id, %fault, "cannot read what is due");
        false
    })
}

/// Some timer is armed.
fn pends(group: &Group) -> bool {
    next_deadline(&group.view).map(|deadline| deadline.is_some()).unwrap_or_else(|fault| {
        tracing::error!(shard = %group.id, %fault, "cannot read the next deadline");
        false
    })
}

/// Pulses once; says whether more is overdue.
async fn pulse(inner: &Inner, group: &Group) -> bool {
    let command = Command::Pulse(Pulse { limit: TIMERS_PER_PULSE });
    match inner.propose(group.id, Proposal::from(command), PULSE_DEADLINE).await {
        Ok(proposed) => match proposed.applied.outcome {
            Ok(Reply::Pulsed { fired, more }) => {
                metrics::counter!("stoa_raft_timers_fired_total", "shard" => group.id.to_string())
                    .increment(u64::from(fired));
                more
            }
            Ok(_) => false,
            Err(rejection) => {
                tracing::error!(shard = %group.id, ?rejection, "a pulse was refused");
                false
            }
        },
        Err(error) => {
            tracing::debug!(shard = %group.id, %error, "no pulse");
            false
        }
    }
}
