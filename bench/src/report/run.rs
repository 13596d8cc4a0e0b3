//! The report of one scenario.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Readable, table};
use crate::cluster::{Machine, Usage};
use crate::ledger::Verdict;
use crate::load::OpReport;
use crate::peer::PeerReport;

/// One scenario, measured and checked.
#[derive(Debug, Serialize)]
pub(crate) struct RunReport {
    /// Its name.
    pub(crate) scenario: &'static str,
    /// On what.
    pub(crate) setup: Setup,
    /// What was measured.
    pub(crate) loaded: Loaded,
    /// What was checked.
    pub(crate) verdict: Verdict,
    /// The same, asked of PostgreSQL.
    pub(crate) peers: Vec<PeerReport>,
}

/// What was measured, and on what.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Setup {
    /// Nodes of the cluster.
    pub(crate) nodes: usize,
    /// Its shards.
    pub(crate) shards: u16,
    /// Products on sale.
    pub(crate) products: usize,
    /// Clients.
    pub(crate) clients: usize,
    /// Asks per second of an open loop.
    pub(crate) rate: Option<f64>,
    /// Measured seconds.
    pub(crate) seconds: f64,
    /// The machine.
    pub(crate) machine: Machine,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Loaded {
    /// By kind of ask.
    pub(crate) ops: Vec<OpReport>,
    /// Errors by code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// What processes spent.
    pub(crate) usage: Vec<Usage>,
}

impl Loaded {
    /// All answers per second.
    pub(crate) fn per_second(&self) -> f64 {
        self.ops.iter().map(|op| op.per_second).sum()
    }
}

impl RunReport {
    /// Everything held, here and at the peer.
    pub(crate) fn holds(&self) -> bool {
        self.verdict.holds() && self.peers.iter().all(|peer| peer.holds)
    }
}

impl Readable for RunReport {
    fn text(&self) -> String {
        let Setup { nodes, shards, products, clients, seconds, .. } = &self.setup;
        let pace = match self.setup.rate {
            Some(rate) => format!("open loop at {rate}/s"),
            None => "closed loop".to_owned(),
        };
        let mut text = format!(
            "{}: {nodes} nodes, {shards} shards, {products} products, {clients} clients, {pace}, \
             {seconds} s\n",
            self.scenario
        );
        text += &table::machine(&self.setup.machine);
        text += &loaded(&self.loaded, *seconds);
        text += &table::verdict(&self.verdict);
        for peer in &self.peers {
            text += &of_peer(peer);
            let _ = writeln!(text, "Stoa / PostgreSQL ({}): {:.2}", peer.way, peer.ratio);
        }
        text
    }
}

impl Readable for Vec<PeerReport> {
    fn text(&self) -> String {
        self.iter().map(of_peer).collect()
    }
}

fn of_peer(peer: &PeerReport) -> String {
    let (version, way) = (&peer.version, peer.way);
    let mut text = format!("\nPostgreSQL {version}, {way}; {}\n", peer.settings());
    text += &loaded(&peer.loaded, peer.seconds);
    if !peer.holds {
        text += "its tables DO NOT HOLD what its clients were told\n";
    }
    text
}

fn loaded(loaded: &Loaded, seconds: f64) -> String {
    let (ops, errors) = (table::ops(&loaded.ops), table::errors(&loaded.errors));
    [ops, errors, table::usage(&loaded.usage, seconds)].concat()
}
