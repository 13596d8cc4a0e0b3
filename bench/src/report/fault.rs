//! The report of faults.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use super::{Readable, table};
use crate::args::FaultKind;
use crate::cluster::Machine;
use crate::faults::Round;
use crate::ledger::Verdict;

/// Nodes broken under load.
#[derive(Debug, Serialize)]
pub(crate) struct FaultReport {
    /// How.
    #[serde(serialize_with = "kind")]
    pub(crate) kind: FaultKind,
    /// Clients.
    pub(crate) clients: usize,
    /// Asks per second of an open loop.
    pub(crate) rate: Option<f64>,
    /// Shards.
    pub(crate) shards: u16,
    /// Each fault.
    pub(crate) rounds: Vec<Round>,
    /// The share of seconds in which every shard took an order.
    pub(crate) availability: f64,
    /// Of how many.
    pub(crate) seconds: u64,
    /// What clients met before they knew, by code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// What was checked.
    pub(crate) verdict: Verdict,
    /// The machine.
    pub(crate) machine: Machine,
}

fn kind<S: Serializer>(kind: &FaultKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*kind))
}

fn name(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Kill9 => "kill -9",
        FaultKind::Term => "SIGTERM",
        FaultKind::Stop => "SIGSTOP",
    }
}

/// The value that `share` of the sorted values do not exceed.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}

impl FaultReport {
    fn gaps(&self) -> String {
        let mut rows = vec![["round", "node", "shard", "gap ms"].map(str::to_owned).to_vec()];
        for round in &self.rounds {
            rows.extend(round.gaps.iter().map(|gap| {
                let (number, node, shard) = (round.round, round.node, gap.shard);
                let cells = [number.to_string(), node.to_string(), shard.to_string()];
                cells.into_iter().chain([format!("{:.0}", gap.ms)]).collect()
            }));
        }
        let mut gaps: Vec<f64> =
            self.rounds.iter().flat_map(|round| &round.gaps).map(|gap| gap.ms).collect();
        gaps.sort_by(f64::total_cmp);
        let [p50, p90, max] = [0.5, 0.9, 1.0].map(|share| quantile(&gaps, share));
        let (table, count) = (table::table(&rows), gaps.len());
        format!("{table}{count} gaps: p50 {p50:.0} ms, p90 {p90:.0} ms, max {max:.0} ms\n")
    }
}

impl Readable for FaultReport {
    fn text(&self) -> String {
        let pace = match self.rate {
            Some(rate) => format!("open loop at {rate}/s"),
            None => "closed loop".to_owned(),
        };
        let (name, clients, shards) = (name(self.kind), self.clients, self.shards);
        let mut text = format!("{name}: {shards} shards, {clients} clients, {pace}\n");
        text += &table::machine(&self.machine);
        text += &self.gaps();
        let longest = |read: fn(&Round) -> f64| self.rounds.iter().map(read).fold(0.0, f64::max);
        let (ready, whole) = (longest(|round| round.ready_ms), longest(|round| round.whole_ms));
        let _ = writeln!(text, "mended: ready within {ready:.0} ms, whole {whole:.0} ms later");
        if let Some(ended) = self.rounds.iter().filter_map(|r| r.ended_ms).reduce(f64::max) {
            let _ = writeln!(text, "orderly ends: within {ended:.0} ms");
        }
        let (share, seconds) = (self.availability * 100.0, self.seconds);
        let _ = writeln!(
            text,
            "availability: every shard took an order in {share:.1} % of {seconds} seconds"
        );
        text += &table::errors(&self.errors);
        text += &table::verdict(&self.verdict);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn nine_of_ten_are_at_most_the_90th_percentile() {
        let gaps: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!([0.5, 0.9, 1.0].map(|share| quantile(&gaps, share)), [5.0, 9.0, 10.0]);
        assert_eq!(quantile(&[7.0], 0.9), 7.0);
        assert!(quantile(&[], 0.9).is_nan());
    }
}
