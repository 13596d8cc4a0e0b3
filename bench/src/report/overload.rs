//! The report of too many clients.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Readable, table};
use crate::cluster::{Machine, Usage};
use crate::ledger::Verdict;
use crate::load::OpReport;

/// How much of the normal throughput must be left.
const GOODPUT_MIN: f64 = 0.8;
/// By how much the 99th percentile of what was let in may grow.
const P99_GROWTH_MAX: f64 = 3.0;

/// As many clients as suit the cluster, and many times as many.
#[derive(Debug, Serialize)]
pub(crate) struct OverloadReport {
    /// Shards.
    pub(crate) shards: u16,
    /// Measured seconds, of each.
    pub(crate) seconds: f64,
    /// As many as suit it.
    pub(crate) normal: Crowded,
    /// Too many.
    pub(crate) crowded: Crowded,
    /// Elections between the begin and the end.
    pub(crate) elections: u64,
    /// What was checked.
    pub(crate) verdict: Verdict,
    /// The machine.
    pub(crate) machine: Machine,
}

/// A number of clients, and what came of them.
#[derive(Debug, Serialize)]
pub(crate) struct Crowded {
    /// How many.
    pub(crate) clients: usize,
    /// What was answered.
    pub(crate) ops: Vec<OpReport>,
    /// What was refused, by code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// What processes spent.
    pub(crate) usage: Vec<Usage>,
}

impl Crowded {
    fn per_second(&self) -> f64 {
        self.ops.iter().map(|op| op.per_second).sum()
    }

    fn p99_us(&self) -> f64 {
        self.ops.iter().map(|op| op.p99_us as f64).fold(0.0, f64::max)
    }
}

impl OverloadReport {
    /// How much of the normal throughput is left.
    fn goodput(&self) -> f64 {
        self.crowded.per_second() / self.normal.per_second()
    }

    /// By how much the 99th percentile of what was let in has grown.
    fn growth(&self) -> f64 {
        self.crowded.p99_us() / self.normal.p99_us()
    }

    /// Nothing was lost, and the crowd was kept out.
    pub(crate) fn holds(&self) -> bool {
        self.verdict.holds()
            && self.goodput() >= GOODPUT_MIN
            && self.growth() <= P99_GROWTH_MAX
            && self.elections == 0
    }
}

impl Readable for OverloadReport {
    fn text(&self) -> String {
        let mut text = format!("overload: {} shards, {} s each\n", self.shards, self.seconds);
        text += &table::machine(&self.machine);
        for crowded in [&self.normal, &self.crowded] {
            let _ = writeln!(text, "\n{} clients", crowded.clients);
            text += &table::ops(&crowded.ops);
            text += &table::errors(&crowded.errors);
            text += &table::usage(&crowded.usage, self.seconds);
        }
        let (goodput, growth, elections) = (self.goodput(), self.growth(), self.elections);
        let _ = writeln!(
            text,
            "\ngoodput {goodput:.2} of the normal (at least {GOODPUT_MIN}), p99 {growth:.2} times \
             (at most {P99_GROWTH_MAX}), {elections} elections (none)"
        );
        text += &table::verdict(&self.verdict);
        text
    }
}
