//! Counts answers: one histogram for each kind of ask, errors by code, orders by shard and time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{Answer, Timeline};
use crate::workload::Op;

/// The longest latency that is told apart, in microseconds: 60 s. Longer ones count as this.
const LATENCY_MAX_US: u64 = 60_000_000;
/// Significant decimal digits of a latency.
const DIGITS: u8 = 3;

/// What was answered during the measured time.
#[derive(Debug)]
pub(crate) struct Recorder {
    from: Duration,
    until: Duration,
    ops: BTreeMap<Op, Histogram<u64>>,
    errors: BTreeMap<String, u64>,
    timeline: Option<(Timeline, u16)>,
    stopped: bool,
    stop_after: u64,
    placed: u64,
}

/// One kind of ask in a report. Latencies are of answers; errors are counted beside them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OpReport {
    /// The kind.
    pub(crate) op: &'static str,
    /// How many were answered.
    pub(crate) count: u64,
    /// Answers per second.
    pub(crate) per_second: f64,
    /// Half of the answers took at most this long, in microseconds.
    pub(crate) p50_us: u64,
    /// 90 of 100.
    pub(crate) p90_us: u64,
    /// 99 of 100.
    pub(crate) p99_us: u64,
    /// 999 of 1000.
    pub(crate) p999_us: u64,
    /// All.
    pub(crate) max_us: u64,
}

impl Recorder {
    /// Counts what is answered between two times of the run.
    pub(crate) fn new(from: Duration, until: Duration) -> Self {
        let (ops, errors) = (BTreeMap::new(), BTreeMap::new());
        Self {
            from,
            until,
            ops,
            errors,
            timeline: None,
            stopped: false,
            stop_after: u64::MAX,
            placed: 0,
        }
    }

    /// Notes when shards 1 to `shards` took orders, during the whole run.
    pub(crate) fn with_timeline(mut self, shards: u16) -> Self {
        self.timeline = Some((Timeline::new(shards), shards));
        self
    }

    /// Ends the run when so many orders were placed.
    pub(crate) fn stopping_after(mut self, orders: u64) -> Self {
        self.stop_after = orders;
        self
    }

    /// An answer came at `now` to an ask that was meant for `intended`. `due` decides whether it
    /// belongs to the measured time: its end in a closed loop, its intended begin in an open one.
    pub(crate) fn answered(&mut self, op: Op, answer: &Answer, times: Times) {
        if let Answer::Placed(order) = answer {
            self.placed += 1;
            self.stopped |= self.placed >= self.stop_after;
            if let Some((timeline, shards)) = &mut self.timeline {
                timeline.took(order.shard(*shards), times.now);
            }
        }
        if times.due < self.from || times.due >= self.until {
            return;
        }
        match answer {
            Answer::Done | Answer::Placed(_) => {
                let latency = times.now.saturating_sub(times.intended).as_micros();
                let latency = u64::try_from(latency).unwrap_or(LATENCY_MAX_US);
                if let Some(histogram) = self.histogram(op) {
                    histogram.saturating_record(latency.clamp(1, LATENCY_MAX_US));
                }
            }
            Answer::Refused(code) | Answer::Unclear(code) => {
                *self.errors.entry(code.clone()).or_default() += 1;
            }
        }
    }

    /// Ends the run: no client asks again.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The run has been ended.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The kinds that were asked, in the order of [`Op::ALL`].
    pub(crate) fn ops(&self) -> Vec<OpReport> {
        let seconds = (self.until - self.from).as_secs_f64();
        let asked = Op::ALL.iter().filter_map(|op| Some((op, self.ops.get(op)?)));
        asked.map(|(op, histogram)| report(*op, histogram, seconds)).collect()
    }

    /// Errors by code.
    pub(crate) fn errors(&self) -> &BTreeMap<String, u64> {
        &self.errors
    }

    /// When shards took orders, if it was noted.
    pub(crate) fn timeline(&self) -> Option<&Timeline> {
        self.timeline.as_ref().map(|(timeline, _)| timeline)
    }

    fn histogram(&mut self, op: Op) -> Option<&mut Histogram<u64>> {
        match self.ops.entry(op) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(new) => {
                let bounds = Histogram::new_with_bounds(1, LATENCY_MAX_US, DIGITS);
                Some(new.insert(bounds.ok()?))
            }
        }
    }
}

/// The times of one ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// When it was meant to be asked.
    pub(crate) intended: Duration,
    /// When it was answered.
    pub(crate) now: Duration,
    /// What decides whether it is counted.
    pub(crate) due: Duration,
}

fn report(op: Op, histogram: &Histogram<u64>, seconds: f64) -> OpReport {
    OpReport {
        op: op.name(),
        count: histogram.len(),
        per_second: histogram.len() as f64 / seconds,
        p50_us: histogram.value_at_quantile(0.5),
        p90_us: histogram.value_at_quantile(0.9),
        p99_us: histogram.value_at_quantile(0.99),
        p999_us: histogram.value_at_quantile(0.999),
        max_us: histogram.max(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Recorder, Times};
    use crate::load::Answer;
    use crate::workload::Op;

    fn times(begun_ms: u64, now_ms: u64) -> Times {
        let (intended, now) = (Duration::from_millis(begun_ms), Duration::from_millis(now_ms));
        Times { intended, now, due: now }
    }

    #[test]
    fn warm_up_and_what_comes_after_the_end_do_not_count() {
        let mut recorder = Recorder::new(Duration::from_secs(1), Duration::from_secs(3));
        for now in [500, 1_000, 2_999, 3_000] {
            recorder.answered(Op::Search, &Answer::Done, times(now - 4, now));
        }
        let ops = recorder.ops();
        assert_eq!((ops.len(), ops[0].op, ops[0].count), (1, "search", 2));
        assert!((ops[0].per_second - 1.0).abs() < 1e-9);
        assert!((4_000..4_010).contains(&ops[0].p50_us));
    }

    #[test]
    fn errors_are_counted_by_code_and_are_no_latencies() {
        let mut recorder = Recorder::new(Duration::ZERO, Duration::from_secs(1));
        for code in ["overloaded", "overloaded", "timeout"] {
            recorder.answered(Op::Place, &Answer::Unclear(code.to_owned()), times(0, 5));
        }
        recorder.answered(Op::Place, &Answer::Refused("out_of_stock".to_owned()), times(0, 5));
        let errors: Vec<_> = recorder.errors().iter().map(|(c, n)| (c.as_str(), *n)).collect();
        assert_eq!(errors, [("out_of_stock", 1), ("overloaded", 2), ("timeout", 1)]);
        assert!(recorder.ops().is_empty());
    }
}
