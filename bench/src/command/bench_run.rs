//! `run`: one scenario against the cluster, then checks, then the same against the peer.

use std::sync::{Arc, Mutex};

use crate::args::RunArgs;
use crate::cluster::{Meter, Usage};
use crate::error::Failure;
use crate::ledger::{Ledger, Levels};
use crate::load::{self, Load, Outcome, Recorder, WallClock};
use crate::peer::{self, PeerReport};
use crate::report::{Loaded, RunReport, Setup, emit};
use crate::stage::Stage;
use crate::stoa::StoaSession;
use crate::workload::Crowd;

/// Measures a scenario; says whether everything held.
pub(super) async fn run(args: &RunArgs) -> Result<bool, Failure> {
    let report = measure(args).await?;
    emit(&report, args.report.json.as_deref())?;
    Ok(report.holds())
}

/// Measures a scenario.
pub(super) async fn measure(args: &RunArgs) -> Result<RunReport, Failure> {
    let stage = Stage::set(&args.target, args.scenario.kind()).await?;
    let before = Levels::of(&stage.target.addrs, &stage.catalog).await?;
    let load = args.load.load();
    let crowd =
        Crowd { clients: args.load.clients, run: Arc::clone(&stage.run), seed: args.load.seed };
    let (outcome, usage) = loaded(args, &stage, &crowd, load).await?;
    let loaded = Loaded {
        ops: outcome.counted(Recorder::ops),
        errors: outcome.counted(|recorder| recorder.errors().clone()),
        usage,
    };
    let verdict = Ledger::of(&stage, &before, outcome.gathered).check().await?;
    let setup = Setup {
        nodes: stage.target.addrs.len(),
        shards: stage.target.shards,
        products: stage.catalog.ids.len(),
        clients: crowd.clients,
        rate: load.rate,
        seconds: load.measured.as_secs_f64(),
        machine: stage.machine.clone(),
    };
    // The cluster ends before the peer begins: they get the same machine, one after the other.
    drop(stage);
    let peers = match &args.peer.peer {
        Some(url) if args.scenario.has_peer() => {
            let measured = PeerReport::measure(url, args, &crowd).await?;
            peer::with_ratios(measured, &loaded)
        }
        _ => Vec::new(),
    };
    let scenario = args.scenario.name();
    Ok(RunReport { scenario, setup, loaded, verdict, peers })
}

async fn loaded(
    args: &RunArgs,
    stage: &Stage,
    crowd: &Crowd,
    load: Load,
) -> Result<(Outcome, Vec<Usage>), Failure> {
    let nodes = stage.nodes(args.load.timeout_ms)?;
    let scripts = args.scenario.scripts(&stage.catalog.goods, crowd)?;
    let clients = scripts.into_iter().enumerate();
    let clients = clients
        .map(|(number, script)| (StoaSession::new(&nodes, &stage.catalog, number), script))
        .collect();
    let recorder = Arc::new(Mutex::new(Recorder::new(load.warmup, load.whole())));
    let running = load::run(load, WallClock::start(), recorder, clients);
    let metering = Meter::between(load.warmup, load.measured, stage.target.processes.clone());
    let (outcome, usage) = tokio::join!(running, metering);
    Ok((outcome?, usage))
}
