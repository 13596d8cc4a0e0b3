//! A shard's time: it never runs backwards, and it knows how long nobody was there.
//!
//! Effective now = max(last now, stamp). While timers pend, the leader's pulse ticks every
//! [`PULSE_EVERY_MS`]; a longer gap is an outage, and holds are extended by it, so that nothing
//! expires early because there was no leader.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::keys::Key;
use crate::txn::View;

/// How often the leader's pulse ticks while timers pend, in milliseconds.
pub const PULSE_EVERY_MS: u64 = 5_000;

/// The clock row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The latest effective now, in Unix milliseconds; 0 before the first command.
    pub now: u64,
    /// All outages so far, added up, in milliseconds.
    pub outage_ms: u64,
    /// No timer is armed for a time before this, in Unix milliseconds: where to look for the first,
    /// so that nobody wades through those that have fired.
    pub timers_from: u64,
}

impl Clock {
    /// The clock as the last entry left it.
    pub(crate) fn read(view: &dyn View) -> Result<Self, Fault> {
        Ok(view.read(&Key::Clock)?.unwrap_or_default())
    }

    /// Moves the clock to a stamp. A stamp from the past does not move it.
    pub(crate) fn advance(&mut self, stamp: u64) {
        let gap = if self.now == 0 { 0 } else { stamp.saturating_sub(self.now) };
        let outage = gap.saturating_sub(PULSE_EVERY_MS);
        self.outage_ms = self.outage_ms.saturating_add(outage);
        self.now = self.now.max(stamp);
    }
}
