//! `overload`: orders of as many clients as suit the cluster, then of many times as many on the
//! same one. What is beyond its powers it must refuse at once, and go on with the rest as before.

use std::sync::{Arc, Mutex};

use crate::args::OverloadArgs;
use crate::catalog::Kind;
use crate::cluster::{Meter, cluster_status, wait_caught_up};
use crate::error::Failure;
use crate::ledger::{Ledger, Levels};
use crate::load::{self, Gathered, Recorder, WallClock};
use crate::report::{Crowded, OverloadReport, emit};
use crate::stage::Stage;
use crate::stoa::StoaSession;
use crate::workload::{Crowd, Customers, Pay, Script, UniformOrders};

/// Measures both; says whether everything held.
pub(super) async fn run(args: &OverloadArgs) -> Result<bool, Failure> {
    let stage = Stage::set(&args.target, Kind::Uniform(args.products)).await?;
    let before = Levels::of(&stage.target.addrs, &stage.catalog).await?;
    let terms = terms(&stage).await?;
    let mut gathered = Gathered::default();
    let normal = phase(args, &stage, args.load.clients, &mut gathered).await?;
    wait_caught_up(&stage.target.addrs).await?;
    let crowd = args.load.clients.saturating_mul(args.times);
    let crowded = phase(args, &stage, crowd, &mut gathered).await?;
    let elections = self::terms(&stage).await?.saturating_sub(terms);
    let verdict = Ledger::of(&stage, &before, gathered).check().await?;
    let (shards, machine) = (stage.target.shards, stage.machine.clone());
    let seconds = args.load.seconds;
    let report = OverloadReport { shards, seconds, normal, crowded, elections, verdict, machine };
    emit(&report, args.report.json.as_deref())?;
    Ok(report.holds())
}

async fn phase(
    args: &OverloadArgs,
    stage: &Stage,
    clients: usize,
    into: &mut Gathered,
) -> Result<Crowded, Failure> {
    let load = args.load.load();
    let run = format!("{}x{clients}", stage.run).into();
    let crowd = Crowd { clients, run, seed: args.load.seed };
    let nodes = stage.nodes(args.load.timeout_ms)?;
    let products = u32::try_from(stage.catalog.ids.len()).unwrap_or(u32::MAX);
    let scripts = (0..clients).map(|number| {
        let (rng, customers) = (crowd.rng(number), Customers::anywhere(&crowd.run, number));
        let script: Box<dyn Script> =
            Box::new(UniformOrders { rng, customers, products, lines: 1, pay: Pay::OnAccount });
        (StoaSession::new(&nodes, &stage.catalog, number), script)
    });
    let recorder = Arc::new(Mutex::new(Recorder::new(load.warmup, load.whole())));
    let running = load::run(load, WallClock::start(), recorder, scripts.collect());
    let metering = Meter::between(load.warmup, load.measured, stage.target.processes.clone());
    let (outcome, usage) = tokio::join!(running, metering);
    let outcome = outcome?;
    let crowded = Crowded {
        clients,
        ops: outcome.counted(Recorder::ops),
        errors: outcome.counted(|recorder| recorder.errors().clone()),
        usage,
    };
    let mut gathered = outcome.gathered;
    into.acknowledged.append(&mut gathered.acknowledged);
    into.unclear.append(&mut gathered.unclear);
    Ok(crowded)
}

/// The sum of all shards' terms: each election raises it.
async fn terms(stage: &Stage) -> Result<u64, Failure> {
    let Some(addr) = stage.target.addrs.first() else { return Ok(0) };
    let status = cluster_status(*addr).await?;
    Ok(status.shards.iter().map(|shard| shard.term).sum())
}
