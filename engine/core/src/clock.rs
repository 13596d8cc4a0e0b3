//! A shard's time: it never runs backwards, and it knows how long nobody was there.
//!
//! Effective now = max(last now, stamp). While timers pend, the leader's pulse ticks every
//! [`PULSE_EVERY_MS`]; a longer gap is an outage, and holds are extended by it, so that nothing
//! expires early because there was no leader.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::keys::Key;
use crate::txn::Txn;

/// How often the leader's pulse ticks while timers pend, in milliseconds.
pub const PULSE_EVERY_MS: u64 = 5_000;

/// The clock row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The latest effective now, in Unix milliseconds.
    pub now: u64,
    /// All outages so far, added up, in milliseconds.
    pub outage_ms: u64,
}

impl Clock {
    /// Moves the clock to a stamp and writes it. A stamp from the past does not move it.
    pub(crate) fn advance(txn: &mut Txn<'_>, stamp: u64) -> Result<Self, Fault> {
        let before = txn.read::<Self>(&Key::Clock)?.unwrap_or(Self { now: stamp, outage_ms: 0 });
        let gap = stamp.saturating_sub(before.now);
        let after = Self {
            now: before.now.max(stamp),
            outage_ms: before.outage_ms.saturating_add(gap.saturating_sub(PULSE_EVERY_MS)),
        };
        txn.put(&Key::Clock, &after);
        Ok(after)
    }
}
