//! `stoa demo`: a cluster of `stoad` processes on this machine, with a real catalog in it, and
//! beside it a stand-in for Stripe.
//!
//! Everything lies in one folder: `cluster.json`, `keys.json`, `webhook-master`, `stripe-key`,
//! `stripe-webhook-secrets`, customers' mail in `mail`, and per process its data, its log, its
//! `pid`, and `start`, the command that starts it. Invariant: a process is recognized by its `pid`
//! file and the folder on its command line, whoever started it; so a node started by hand is one of
//! ours, and the nodes of a demo that was killed are taken over by the next one. The demo never
//! restarts a node by itself.
//!
//! `folder` what lies where · `start` the scripts · `process` one process · `cluster` all of them ·
//! `certs` and `keys` ready-made certificates and API keys · `secrets` what else is secret ·
//! `stock_up` the catalog · `guide` what is printed · `live` the view afterwards.

mod certs;
mod cluster;
mod folder;
mod guide;
mod keys;
mod live;
mod process;
mod secrets;
mod start;
mod stock_up;

use std::path::PathBuf;

use tokio::signal::unix::{Signal, SignalKind, signal};

use self::{cluster::Cluster, folder::Wish};
use crate::{
    failure::{Exit, Failure},
    output::Output,
};

/// Flags of `stoa demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The data stays: the same command resumes it, and `--dir` names another place for it. Ctrl-C stops
every node. Without a terminal the last line printed is `ready`, and SIGTERM ends it.")]
pub struct Args {
    /// How many nodes [default: 3]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=7))]
    nodes: Option<u16>,
    /// How many shards the data is split into [default: 4]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    shards: Option<u16>,
    /// Where the data lies [default: stoa/demo in $XDG_DATA_HOME or ~/.local/share]
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
    /// Node i takes HTTP on port P+i, and its peers on port P+100+i; the stand-in for Stripe is on
    /// port P+100 [default: 7100]
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u16).range(1..=65_000))]
    http_port: Option<u16>,
    /// Start without products
    #[arg(long)]
    no_catalog: bool,
    /// Ask everybody for credentials; without it, whoever is on this machine may do everything.
    /// Ready-made keys lie in keys.json either way
    #[arg(long)]
    require_auth: bool,
    /// Speak TLS on every port, with certificates of a CA of the demo's own. A demo that once did
    /// goes on to
    #[arg(long)]
    tls: bool,
}

/// Runs the demo until it is told to stop.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let mut stops = Stops::listen()?;
    let (nodes, shards) = (args.nodes, args.shards);
    let wish = Wish { nodes, shards, http_port: args.http_port, tls: args.tls };
    let folder = folder::open(args.dir.clone(), &wish)?;
    let mut cluster = Cluster::new(folder, args.require_auth)?;
    let served = tokio::select! {
        served = serve(&mut cluster, args, output) => served,
        () = stops.next() => Ok(()),
    };
    output.note("stopping every node, and the stand-in for Stripe");
    let stopped = tokio::select! {
        stopped = cluster.stop() => stopped,
        () = stops.next() => cluster.kill(),
    };
    served?;
    if stopped {
        return Ok(Exit::Ok);
    }
    output.note("a node did not stop in time and was killed; its log says what it was doing");
    Ok(Exit::Degraded)
}

/// Starts everything, says so, and watches. Returns only with a failure.
async fn serve(cluster: &mut Cluster, args: &Args, output: &Output) -> Result<(), Failure> {
    cluster.start(output)?;
    cluster.ready().await?;
    keys::ensure(cluster).await?;
    let products = match args.no_catalog {
        true => None,
        false => Some(stock_up::run(cluster, output).await?),
    };
    guide::print(cluster, products, output).await?;
    live::watch(cluster, output).await;
    Ok(())
}

/// The signals which end the demo: Ctrl-C, SIGTERM, and the terminal's end.
struct Stops {
    signals: [Signal; 3],
}

impl Stops {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure { what: format!("signals: {error}"), next: None })
        };
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(listen);
        Ok(Self { signals: [interrupt?, terminate?, hangup?] })
    }

    /// The next of them.
    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
