//! The report of memory and restarts.

use serde::Serialize;

use super::{Readable, table};
use crate::cluster::Machine;
use crate::ledger::Verdict;

/// Bytes of a megabyte.
const MB: f64 = 1e6;

/// What nodes hold in memory, and how soon they are back.
#[derive(Debug, Serialize)]
pub(crate) struct FootprintReport {
    /// Products on sale.
    pub(crate) products: usize,
    /// Each node.
    pub(crate) nodes: Vec<NodeFootprint>,
    /// What was checked, afterwards.
    pub(crate) verdict: Verdict,
    /// The machine.
    pub(crate) machine: Machine,
}

/// A node.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NodeFootprint {
    /// Which.
    pub(crate) node: u64,
    /// Resident memory after the load, in bytes.
    pub(crate) rss_before_bytes: u64,
    /// How long its orderly end took, in milliseconds.
    pub(crate) ended_ms: f64,
    /// From its start until it was ready, in milliseconds.
    pub(crate) ready_ms: f64,
    /// Resident memory then, in bytes.
    pub(crate) rss_after_bytes: u64,
}

impl Readable for FootprintReport {
    fn text(&self) -> String {
        let (products, orders) = (self.products, self.verdict.orders);
        let head = ["node", "RSS MB", "ended ms", "ready ms", "RSS MB then"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(self.nodes.iter().map(|node| {
            let mb = |bytes: u64| format!("{:.0}", bytes as f64 / MB);
            vec![
                node.node.to_string(),
                mb(node.rss_before_bytes),
                format!("{:.0}", node.ended_ms),
                format!("{:.0}", node.ready_ms),
                mb(node.rss_after_bytes),
            ]
        }));
        let machine = table::machine(&self.machine);
        let (table, verdict) = (table::table(&rows), table::verdict(&self.verdict));
        format!("footprint: {products} products, {orders} orders\n{machine}{table}{verdict}")
    }
}
