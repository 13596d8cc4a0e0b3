//! What PostgreSQL did.

use serde::Serialize;

use super::schema::Settings;
use crate::args::PeerWay;
use crate::cluster::Usage;
use crate::report::Loaded;

/// What the server's processes are called together.
pub(super) const SERVER: &str = "postgres";

/// A scenario, asked of PostgreSQL.
#[derive(Debug, Serialize)]
pub(crate) struct PeerReport {
    /// Its version.
    pub(crate) version: String,
    /// How it places orders.
    pub(crate) way: &'static str,
    /// Settings that matter.
    pub(super) settings: Settings,
    /// What was measured.
    pub(crate) loaded: Loaded,
    /// Measured seconds.
    pub(crate) seconds: f64,
    /// Its tables hold what its clients were told.
    pub(crate) holds: bool,
    /// Stoa's answers per second over its own, in the same run.
    pub(crate) ratio: f64,
}

impl PeerReport {
    pub(super) fn new(way: PeerWay, settings: Settings, loaded: Loaded, seconds: f64) -> Self {
        let version = settings.iter().find(|(name, _)| name == "server_version");
        let version = version.map_or_else(String::new, |(_, version)| version.clone());
        let way = match way {
            PeerWay::Statements => "statements",
            PeerWay::Function => "function",
        };
        Self { version, way, settings, loaded, seconds, holds: false, ratio: f64::NAN }
    }

    /// The settings in one line.
    pub(crate) fn settings(&self) -> String {
        let others = self.settings.iter().filter(|(name, _)| name != "server_version");
        others.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    }
}

/// Puts Stoa's throughput beside that of its peer.
pub(crate) fn with_ratios(peers: Vec<PeerReport>, stoa: &Loaded) -> Vec<PeerReport> {
    let ratio = |peer: PeerReport| {
        let ratio = stoa.per_second() / peer.loaded.per_second();
        PeerReport { ratio, ..peer }
    };
    peers.into_iter().map(ratio).collect()
}

/// One line for all of the server's processes, which share their memory.
pub(super) fn together(usage: Vec<Usage>) -> Vec<Usage> {
    let (server, mut others): (Vec<_>, Vec<_>) =
        usage.into_iter().partition(|usage| usage.process == SERVER);
    if !server.is_empty() {
        let cpu_seconds = server.iter().map(|usage| usage.cpu_seconds).sum();
        others.insert(0, Usage { process: SERVER.to_owned(), cpu_seconds, rss_bytes: None });
    }
    others
}
