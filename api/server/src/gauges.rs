//! What is true of this node at the moment somebody asks for its metrics: levels, not counts.
//!
//! `docs/metrics.md` says what each means and when to worry; a test holds the two together.

use engine_core::{Fault, ShardId, feed, next_deadline, outbox, read};
use metrics::gauge;
use raft::{ShardStatus, ShardView};

use crate::state::AppState;
use crate::time::now_ms;

/// How many calls to the payment provider are counted at most, for each shard.
const CALLS_COUNTED_MAX: usize = 1_000;
/// How many notices are counted at most, for each shard.
const NOTICES_COUNTED_MAX: usize = 1_000;

/// Sets every level.
pub fn refresh(app: &AppState) {
    let status = app.node.status();
    gauge!("stoa_node_ready").set(flag(app.node.ready().is_ok() && app.indexed.is_loaded()));
    gauge!("stoa_feed_readers").set(number(app.readers.count() as u64));
    for peer in &status.peers {
        gauge!("stoa_peer_connected", "node" => peer.id.to_string()).set(flag(peer.connected));
    }
    for shard in &status.shards {
        replica(app, shard);
        if shard.leader == Some(app.node_id) {
            if let Err(fault) = led(app, shard) {
                tracing::warn!(shard = %shard.id, %fault, "levels of its rows cannot be read");
            }
        } else {
            no_longer_led(shard.id);
        }
    }
}

/// What every replica says of itself.
fn replica(app: &AppState, shard: &ShardStatus) {
    let set = |name: &'static str, value: f64| {
        gauge!(name, "shard" => shard.id.to_string()).set(value);
    };
    set("stoa_raft_term", number(shard.term));
    set("stoa_raft_has_leader", flag(shard.leader.is_some()));
    set("stoa_raft_replica_stopped", flag(shard.fault.is_some()));
    set("stoa_raft_last_log_index", number(shard.last_log_index));
    set("stoa_raft_committed_index", number(shard.committed_index));
    set("stoa_raft_applied_index", number(shard.applied_index));
    set("stoa_raft_snapshot_index", number(shard.snapshot_index));
    set("stoa_raft_proposals_waiting", number(shard.waiting));
    set("stoa_read_age_seconds", seconds(now_ms().saturating_sub(shard.as_of_ms)));
    let indexed = app.indexed.position(shard.id);
    set("stoa_search_lag_entries", number(shard.applied_index.saturating_sub(indexed)));
    let leads = shard.leader == Some(app.node_id);
    for (node, lag) in &shard.lag {
        let lag = if leads { number(*lag) } else { 0.0 };
        let labels = [("shard", shard.id.to_string()), ("node", node.to_string())];
        gauge!("stoa_raft_follower_lag_entries", &labels).set(lag);
    }
}

/// What waits in the rows of a shard that this node leads.
fn led(app: &AppState, shard: &ShardStatus) -> Result<(), Fault> {
    let view = app.view(shard.id);
    let now = now_ms();
    let deadline = next_deadline(&view)?;
    let overdue = deadline.map_or(0, |deadline| now.saturating_sub(deadline));
    let mut messages = 0_u64;
    for to in app.topology.groups().filter(|to| *to != shard.id) {
        let (sent, taken) = (outbox::sent(&view, to)?, outbox::acknowledged(&view, to)?);
        messages = messages.saturating_add(sent.saturating_sub(taken));
    }
    let calls = outbox::provider_calls(&view, None, CALLS_COUNTED_MAX)?;
    let oldest = calls.iter().map(|(_, call)| now.saturating_sub(call.at)).max();
    let levels = [overdue, messages, calls.len() as u64, oldest.unwrap_or(0)];
    set_led(shard.id, levels);
    notices(&view, shard.id, now)?;
    webhooks(&view, shard.id, now)?;
    feed(&view, shard.id, now)
}

/// What of the feed is kept.
fn feed(view: &ShardView, shard: ShardId, now: u64) -> Result<(), Fault> {
    let head = feed::head(view)?;
    let oldest = feed::entries(view, head.trimmed, 1)?;
    let oldest_ms = oldest.first().map_or(0, |(_, entry)| now.saturating_sub(entry.at));
    set_feed(shard, [head.bytes, oldest_ms]);
    Ok(())
}

fn set_feed(shard: ShardId, [bytes, oldest_ms]: [u64; 2]) {
    gauge!("stoa_feed_bytes", "shard" => shard.to_string()).set(number(bytes));
    gauge!("stoa_feed_age_seconds", "shard" => shard.to_string()).set(seconds(oldest_ms));
}

/// Somebody else says it now.
fn no_longer_led(shard: ShardId) {
    set_led(shard, [0; 4]);
    set_webhooks(shard, [0; 3]);
    set_notices(shard, [0; 3]);
    set_feed(shard, [0; 2]);
}

fn set_led(shard: ShardId, [overdue_ms, messages, calls, oldest_ms]: [u64; 4]) {
    let set = |name: &'static str, value: f64| {
        gauge!(name, "shard" => shard.to_string()).set(value);
    };
    set("stoa_timers_overdue_seconds", seconds(overdue_ms));
    set("stoa_outbox_messages", number(messages));
    set("stoa_provider_calls_pending", number(calls));
    set("stoa_provider_call_age_seconds", seconds(oldest_ms));
}

/// What the endpoints of webhooks have not taken.
fn webhooks(view: &ShardView, shard: ShardId, now: u64) -> Result<(), Fault> {
    let [mut parked, mut dead, mut oldest_ms] = [0_u64; 3];
    for (endpoint, row) in read::all_deliveries(view)? {
        parked = parked.saturating_add(u64::from(row.parked));
        dead = dead.saturating_add(u64::from(row.dead));
        if let Some((_, first)) = read::parked_deliveries(view, endpoint, None, 1)?.first() {
            oldest_ms = oldest_ms.max(now.saturating_sub(first.at));
        }
    }
    set_webhooks(shard, [parked, dead, oldest_ms]);
    Ok(())
}

fn set_webhooks(shard: ShardId, [parked, dead, oldest_ms]: [u64; 3]) {
    let set = |name: &'static str, value: f64| {
        gauge!(name, "shard" => shard.to_string()).set(value);
    };
    set("stoa_webhook_deliveries_parked", number(parked));
    set("stoa_webhook_dead_letters", number(dead));
    set("stoa_webhook_parked_age_seconds", seconds(oldest_ms));
}

/// What customers are to be told by mail.
fn notices(view: &ShardView, shard: ShardId, now: u64) -> Result<(), Fault> {
    let waiting = read::notices_waiting(view, None, NOTICES_COUNTED_MAX)?;
    let sending = read::notices_sending(view, None, NOTICES_COUNTED_MAX)?;
    let late_ms = waiting.first().map_or(0, |(_, first)| now.saturating_sub(first.due));
    let unsent = waiting.len().saturating_add(sending.len()) as u64;
    set_notices(shard, [unsent, late_ms, u64::from(read::notice_head(view)?.dead)]);
    Ok(())
}

fn set_notices(shard: ShardId, [unsent, late_ms, dead]: [u64; 3]) {
    let set = |name: &'static str, value: f64| {
        gauge!(name, "shard" => shard.to_string()).set(value);
    };
    set("stoa_notices_unsent", number(unsent));
    set("stoa_notices_overdue_seconds", seconds(late_ms));
    set("stoa_notices_dead", number(dead));
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn number(value: u64) -> f64 {
    value as f64
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}
