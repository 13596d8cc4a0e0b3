//! When each shard took an order: what gaps and availability are computed from.

use std::time::Duration;

/// The times of acknowledged orders, by the shard of their customer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    shards: Vec<Vec<Duration>>,
}

impl Timeline {
    /// Nothing taken yet by shards 1 to `shards`.
    pub(crate) fn new(shards: u16) -> Self {
        Self { shards: vec![Vec::new(); usize::from(shards)] }
    }

    /// A shard took an order.
    pub(crate) fn took(&mut self, shard: u16, at: Duration) {
        if let Some(times) = self.shards.get_mut(usize::from(shard).wrapping_sub(1)) {
            times.push(at);
        }
    }

    /// The longest time without an order from a shard, between the last one before `from` and
    /// `until`.
    pub(crate) fn gap(&self, shard: u16, from: Duration, until: Duration) -> Duration {
        let times = self.shards.get(usize::from(shard).wrapping_sub(1));
        let times = times.map_or(&[][..], Vec::as_slice);
        let first = times.partition_point(|at| *at <= from);
        let mut last = first.checked_sub(1).map_or(Duration::ZERO, |before| times[before]);
        let mut gap = Duration::ZERO;
        for at in times[first..].iter().copied().take_while(|at| *at < until).chain([until]) {
            gap = gap.max(at.saturating_sub(last));
            last = at;
        }
        gap
    }

    /// The share of the whole seconds from `from` to `until` in which every shard took an order,
    /// and how many seconds there were.
    pub(crate) fn availability(&self, from: Duration, until: Duration) -> (f64, u64) {
        let seconds = until.saturating_sub(from).as_secs();
        let mut taken = vec![0_usize; usize::try_from(seconds).unwrap_or_default()];
        for times in &self.shards {
            let mut last = None;
            let inside = times.iter().filter(|at| **at >= from);
            for second in inside.map(|at| (*at - from).as_secs() as usize) {
                if last != Some(second) && second < taken.len() {
                    taken[second] += 1;
                }
                last = Some(second);
            }
        }
        let good = taken.iter().filter(|shards| **shards == self.shards.len()).count();
        (good as f64 / seconds.max(1) as f64, seconds)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Timeline;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_gap_spans_from_the_last_order_before_the_fault() {
        let mut timeline = Timeline::new(1);
        for at in [100, 200, 290, 700, 710, 800] {
            timeline.took(1, ms(at));
        }
        assert_eq!(timeline.gap(1, ms(300), ms(810)), ms(410));
        // A shard that never comes back has a gap until the end of the window.
        assert_eq!(timeline.gap(1, ms(805), ms(9_000)), ms(8_200));
        // A healthy shard has the gaps of its load.
        assert_eq!(timeline.gap(1, ms(150), ms(250)), ms(100));
        // Another shard took nothing at all.
        assert_eq!(timeline.gap(2, ms(500), ms(900)), ms(900));
    }

    #[test]
    fn a_second_counts_when_every_shard_took_an_order_in_it() {
        let mut timeline = Timeline::new(2);
        for at in [100, 1_100, 2_100, 3_100] {
            timeline.took(1, ms(at));
        }
        for at in [900, 3_999, 4_000] {
            timeline.took(2, ms(at));
        }
        assert_eq!(timeline.availability(ms(0), ms(4_000)), (0.5, 4));
        assert_eq!(timeline.availability(ms(1_000), ms(3_000)), (0.0, 2));
    }
}
