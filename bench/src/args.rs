//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::catalog::STOCK;
use crate::cluster::Shape;
use crate::error::Failure;
use crate::load::Load;
use crate::workload::Scenario;

/// Loads a Stoa cluster, reports what it did, and fails when it did not do it right.
///
/// Exit code 0: measured, and everything held. 1: could not measure. 2: something did not hold.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measures one scenario.
    Run(RunArgs),
    /// Measures every scenario, one after the other, each on a fresh cluster.
    Suite(SuiteArgs),
    /// Asks a scenario of PostgreSQL alone.
    Peer(RunArgs),
    /// Breaks node after node under a load of orders, and measures the gaps.
    Faults(FaultArgs),
    /// Asks orders of as many clients as suit the cluster, then of ten times as many, and compares.
    Overload(OverloadArgs),
    /// Fills a cluster, and measures memory and restarts.
    Footprint(FootprintArgs),
}

/// Which cluster.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct TargetArgs {
    /// A node of a running cluster, as http://host:port or https://host:port; repeat it for each.
    /// Without: a cluster of its own is started, and ended afterwards.
    #[arg(long)]
    pub(crate) url: Vec<String>,
    /// The API key to show to a running cluster: one that may do everything.
    #[arg(long, env = "STOA_API_KEY", hide_env_values = true)]
    pub(crate) api_key: Option<String>,
    /// The CA of a running cluster that speaks https, PEM. Its nodes' certificates must have the
    /// addresses that their URLs lead to.
    #[arg(long, env = "STOA_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Nodes of its own cluster.
    #[arg(long, default_value_t = 3)]
    pub(crate) nodes: u64,
    /// Shards of its own cluster.
    #[arg(long, default_value_t = 4)]
    pub(crate) shards: u16,
    /// Where its own cluster keeps its data; must not hold a cluster yet. Without: a temporary
    /// folder.
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// The node's program. Without: `stoad` beside this program.
    #[arg(long)]
    pub(crate) stoad: Option<PathBuf>,
    /// Ask only this node, by its place among the nodes, from 1.
    #[arg(long)]
    pub(crate) only_node: Option<usize>,
    /// Units on hand of each product. Fewer than are asked for: refusals are then part of the run.
    #[arg(long, default_value_t = STOCK)]
    pub(crate) stock: u32,
}

/// How much load.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct LoadArgs {
    /// Clients, each with one connection and one ask at a time.
    #[arg(long, default_value_t = 64)]
    pub(crate) clients: usize,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 20.0)]
    pub(crate) seconds: f64,
    /// Seconds before that.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) warmup: f64,
    /// Open loop: asks per second, all clients together. Without: closed loop.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// How long a client waits for an answer, in milliseconds.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) timeout_ms: u64,
    /// Draws what is asked.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Where the report goes, beside the table on stdout.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ReportArgs {
    /// Writes the report as JSON to this file.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// Whom to compare with.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct PeerArgs {
    /// A PostgreSQL 15 to ask the same, as postgres://user@host:port/database. Its tables named
    /// products, stock, orders, order_lines, idempotency_keys and outbox are dropped.
    #[arg(long)]
    pub(crate) peer: Option<String>,
    /// How PostgreSQL places an order; without, both ways are measured.
    #[arg(long)]
    pub(crate) peer_way: Option<PeerWay>,
}

/// How PostgreSQL places an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PeerWay {
    /// Prepared statements, pipelined: two round trips.
    Statements,
    /// A stored function: one round trip.
    Function,
}

/// Measures one scenario.
#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// Which.
    pub(crate) scenario: Scenario,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    #[command(flatten)]
    pub(crate) peer: PeerArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Measures every scenario.
#[derive(Debug, ClapArgs)]
pub(crate) struct SuiteArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    #[command(flatten)]
    pub(crate) peer: PeerArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Breaks nodes.
#[derive(Debug, ClapArgs)]
pub(crate) struct FaultArgs {
    /// How.
    #[arg(long)]
    pub(crate) kind: FaultKind,
    /// How often each node is broken.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: u32,
    /// How many products are on sale.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) products: usize,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Clients; a quarter of them for each of four shards.
    #[arg(long, default_value_t = 32)]
    pub(crate) clients: usize,
    /// Open loop: asks per second, all clients together. Without: closed loop.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// How long a client waits for an answer before it asks the next node, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) timeout_ms: u64,
    /// Draws what is asked.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// How a node is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FaultKind {
    /// SIGKILL; started again afterwards.
    Kill9,
    /// SIGTERM; started again afterwards.
    Term,
    /// SIGSTOP, then SIGCONT.
    Stop,
}

/// Asks too much.
#[derive(Debug, ClapArgs)]
pub(crate) struct OverloadArgs {
    /// How many times as many clients.
    #[arg(long, default_value_t = 10)]
    pub(crate) times: usize,
    /// How many products are on sale.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) products: usize,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Measures memory and restarts.
#[derive(Debug, ClapArgs)]
pub(crate) struct FootprintArgs {
    /// How many products.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) products: usize,
    /// How many orders.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) orders: u64,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Clients that place the orders.
    #[arg(long, default_value_t = 64)]
    pub(crate) clients: usize,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

impl TargetArgs {
    /// The cluster of its own that is started without URLs.
    pub(crate) fn shape(&self) -> Result<Shape, Failure> {
        let program = match &self.stoad {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("stoad"),
        };
        let dir = self.dir.clone();
        Ok(Shape { nodes: self.nodes, shards: self.shards, program, dir })
    }
}

impl LoadArgs {
    /// The load of a measured run: clients do not ask again by themselves.
    pub(crate) fn load(&self) -> Load {
        Load {
            warmup: Duration::from_secs_f64(self.warmup.max(0.0)),
            measured: Duration::from_secs_f64(self.seconds.max(1.0)),
            rate: self.rate.filter(|rate| *rate > 0.0),
            persist: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Args, Command};

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        let line = "stoa-bench run order_3lines --clients 8 --rate 500 --peer postgres://x";
        let Command::Run(run) = Args::parse_from(line.split(' ')).command else { panic!("run") };
        assert_eq!((run.scenario.name(), run.load.load().rate), ("order_3lines", Some(500.0)));
    }
}
