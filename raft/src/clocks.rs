//! The clocks of the cluster: how far each is off, and whether this one can be trusted.
//!
//! Time is stamped by leaders, so a node whose clock is far off its peers' median must not lead.
//! The median counts this node too: of three clocks, the one that is wrong is the one that knows
//! it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine_core::ShardId;
use futures::future::join_all;
use parking_lot::Mutex;
use tokio::time::{Instant, interval};

use crate::node::Inner;
use crate::transport::kind::{Kind, Lane};
use crate::transport::peers::Peer;
use crate::transport::wire::{self, ClockAnswer};
use crate::types::NodeId;

/// How often clocks are compared.
const COMPARE_EVERY: Duration = Duration::from_millis(500);
/// An answer that took longer says too little about the time.
const ANSWER_DEADLINE: Duration = Duration::from_millis(200);
/// A comparison older than this says nothing any more.
const FORGET_AFTER: Duration = Duration::from_secs(10);

/// What this node knows of its peers' clocks.
#[derive(Default)]
pub(crate) struct Clocks {
    /// By how much each peer's clock is ahead of ours, in milliseconds, and when that was found.
    offsets: Mutex<BTreeMap<NodeId, (i64, Instant)>>,
    off: AtomicBool,
}

impl Clocks {
    /// This node's clock is too far off to lead.
    pub fn is_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }

    /// By how much a peer's clock is ahead of this node's, in milliseconds, if that is known.
    pub fn offset(&self, peer: NodeId) -> Option<i64> {
        let offsets = self.offsets.lock();
        let (offset, found) = offsets.get(&peer)?;
        (found.elapsed() < FORGET_AFTER).then_some(*offset)
    }

    /// By how much this node's clock is ahead of the median of all, in milliseconds.
    pub fn own_offset(&self) -> i64 {
        let offsets = self.offsets.lock();
        let fresh = offsets.values().filter(|(_, found)| found.elapsed() < FORGET_AFTER);
        -median(fresh.map(|(offset, _)| *offset).chain([0]).collect())
    }

    fn found(&self, peer: NodeId, offset: i64) {
        self.offsets.lock().insert(peer, (offset, Instant::now()));
    }
}

/// By how much a clock that said `theirs` some time between `asked` and `answered` is ahead of ours
/// at least: on a busy machine an answer waits long for its turn, and that says nothing of clocks.
fn ahead_by(theirs: i64, asked: i64, answered: i64) -> i64 {
    let (first, last) = (asked.min(answered), asked.max(answered));
    if theirs < first { theirs - first } else { (theirs - last).max(0) }
}

/// The middle one; of two in the middle, the one nearer to zero: an alarm needs a majority.
fn median(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    [lower, upper]
        .iter()
        .filter_map(|at| values.get(*at))
        .copied()
        .min_by_key(|at| at.abs())
        .unwrap_or(0)
}

impl Inner {
    /// Compares clocks until the node stops.
    pub(crate) async fn compare_clocks(self: Arc<Self>) {
        let mut ticks = interval(COMPARE_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            join_all(self.peers.all().map(|peer| self.compare_clock(peer))).await;
            let offset = self.clocks.own_offset();
            metrics::gauge!("stoa_raft_clock_offset_milliseconds").set(offset as f64);
            let off =
                offset.unsigned_abs() > self.config.timing.clock_offset_max.as_millis() as u64;
            if self.clocks.off.swap(off, Ordering::Relaxed) != off {
                if off {
                    tracing::error!(offset, "this node's clock is off: it gives up leading");
                } else {
                    tracing::info!(offset, "this node's clock is right again");
                }
            }
        }
    }

    async fn compare_clock(&self, peer: &Peer) {
        let now = || (self.config.clock)() as i64;
        let asked = now();
        let link = peer.link(Lane::Control);
        let answer = link.call(ShardId::META, Kind::Clock, &[], ANSWER_DEADLINE).await;
        let answered = now();
        if let Ok(Ok(ClockAnswer(theirs))) = answer.map(|bytes| wire::read(&bytes)) {
            self.clocks.found(peer.id, ahead_by(theirs as i64, asked, answered));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_answer_is_no_wrong_clock() {
        assert_eq!(ahead_by(1_400, 1_000, 3_000), 0, "somewhere in between");
        assert_eq!(ahead_by(4_000, 1_000, 3_000), 1_000, "ahead even of the answer");
        assert_eq!(ahead_by(400, 1_000, 3_000), -600, "behind even the question");
        assert_eq!(ahead_by(1_000, 1_000, 1_000), 0);
    }

    #[test]
    fn of_three_clocks_the_wrong_one_knows_it() {
        let offset = |theirs: &[i64]| {
            let clocks = Clocks::default();
            for (peer, offset) in theirs.iter().enumerate() {
                clocks.found(peer as u64, *offset);
            }
            clocks.own_offset()
        };
        assert_eq!(offset(&[3, 2_000]), -3, "a peer is wrong");
        assert_eq!(offset(&[-2_000, -2_003]), 2_000, "we are wrong");
        assert_eq!(offset(&[2_000]), 0, "of two, nobody knows");
        assert_eq!(offset(&[]), 0);
    }
}
