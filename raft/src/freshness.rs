//! How fresh a replica's rows are: the as-of of customers' reads.
//!
//! A leader that a quorum has just confirmed says "whoever has applied index i is as fresh as time
//! t". A replica keeps what it was told until it has applied that far. Without news the as-of
//! stands still, and readers see by how much it is behind: that is how reads outlive a quorum.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// The most tellings that wait to be applied; of more, the newest are dropped.
const WAITING_MAX: usize = 256;

/// What a replica knows of its own freshness.
#[derive(Debug, Default)]
pub(crate) struct Freshness(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// What has been applied: as fresh as this, in Unix milliseconds.
    as_of: u64,
    /// Index and time of tellings that have not been applied yet, oldest first.
    waiting: VecDeque<(u64, u64)>,
}

impl Freshness {
    /// A leader says: whoever has applied `index` is as fresh as `time`.
    pub fn told(&self, index: u64, time: u64) {
        let mut known = self.0.lock();
        if known.waiting.len() < WAITING_MAX {
            known.waiting.push_back((index, time));
        }
    }

    /// How fresh a replica is that has applied so far, in Unix milliseconds; 0 when nobody has
    /// told it anything yet.
    pub fn as_of(&self, applied: u64) -> u64 {
        let mut known = self.0.lock();
        while let Some((index, time)) = known.waiting.front().copied() {
            if index > applied {
                break;
            }
            known.waiting.pop_front();
            known.as_of = known.as_of.max(time);
        }
        known.as_of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telling_counts_once_its_index_is_applied() {
        let freshness = Freshness::default();
        assert_eq!(freshness.as_of(9), 0);
        freshness.told(10, 1_000);
        freshness.told(20, 2_000);
        assert_eq!(freshness.as_of(9), 0);
        assert_eq!(freshness.as_of(10), 1_000);
        assert_eq!(freshness.as_of(25), 2_000);
        freshness.told(20, 1_500);
        assert_eq!(freshness.as_of(25), 2_000, "it never runs backwards");
    }
}
