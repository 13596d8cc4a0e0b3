//! `footprint`: what a node with many products and orders holds in memory, and how soon after a
//! restart it is ready.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::args::FootprintArgs;
use crate::catalog::Kind;
use crate::cluster::{LocalCluster, rss_bytes, wait_ready};
use crate::error::Failure;
use crate::ledger::{Ledger, Levels};
use crate::load::{self, Load, Outcome, Recorder, WallClock};
use crate::report::{FootprintReport, NodeFootprint, emit};
use crate::stage::Stage;
use crate::stoa::StoaSession;
use crate::workload::{Crowd, Customers, Pay, Script, UniformOrders};

/// How long the orders may take.
const ORDERS_WITHIN: Duration = Duration::from_secs(600);
/// How long an orderly end may take.
const ENDED_WITHIN: Duration = Duration::from_secs(30);
/// How long a client waits for an answer, in milliseconds.
const TIMEOUT_MS: u64 = 10_000;

/// Fills a cluster and restarts its nodes; says whether everything held.
pub(super) async fn run(args: &FootprintArgs) -> Result<bool, Failure> {
    let mut stage = Stage::set(&args.target, Kind::Uniform(args.products)).await?;
    let before = Levels::of(&stage.target.addrs, &stage.catalog).await?;
    let outcome = place(args, &stage).await?;
    let Some(local) = &mut stage.target.local else {
        return Err(Failure::Usage(
            "footprint restarts nodes: it needs its own cluster".to_owned(),
        ));
    };
    let mut nodes = Vec::new();
    for index in 0..local.nodes.len() {
        nodes.push(restart(local, index).await?);
    }
    let verdict = Ledger::of(&stage, &before, outcome.gathered).check().await?;
    let (products, machine) = (stage.catalog.ids.len(), stage.machine.clone());
    let report = FootprintReport { products, nodes, verdict, machine };
    emit(&report, args.report.json.as_deref())?;
    Ok(report.verdict.holds())
}

async fn place(args: &FootprintArgs, stage: &Stage) -> Result<Outcome, Failure> {
    let load = Load {
        warmup: Duration::ZERO,
        measured: ORDERS_WITHIN,
        rate: None,
        persist: Some(ORDERS_WITHIN),
    };
    let nodes = stage.nodes(TIMEOUT_MS)?;
    let crowd = Crowd { clients: args.clients, run: Arc::clone(&stage.run), seed: 1 };
    let products = u32::try_from(stage.catalog.ids.len()).unwrap_or(u32::MAX);
    let clients = (0..crowd.clients).map(|number| {
        let (rng, customers) = (crowd.rng(number), Customers::anywhere(&crowd.run, number));
        let script: Box<dyn Script> =
            Box::new(UniformOrders { rng, customers, products, lines: 1, pay: Pay::OnAccount });
        (StoaSession::new(&nodes, &stage.catalog, number), script)
    });
    let recorder = Recorder::new(load.warmup, load.whole()).stopping_after(args.orders);
    let begun = Instant::now();
    let recorder = Arc::new(Mutex::new(recorder));
    let outcome = load::run(load, WallClock::start(), recorder, clients.collect()).await?;
    let (orders, took) = (outcome.gathered.acknowledged.len(), begun.elapsed().as_secs_f64());
    eprintln!("{orders} orders placed in {took:.1} s");
    Ok(outcome)
}

async fn restart(local: &mut LocalCluster, index: usize) -> Result<NodeFootprint, Failure> {
    let node = &mut local.nodes[index];
    let rss_before = node.pid().and_then(rss_bytes).unwrap_or_default();
    let begun = Instant::now();
    node.signal(Signal::TERM)?;
    node.ended(ENDED_WITHIN).await?;
    let ended = begun.elapsed();
    node.start()?;
    let ready = wait_ready(node).await?;
    let rss_after = node.pid().and_then(rss_bytes).unwrap_or_default();
    Ok(NodeFootprint {
        node: node.id,
        rss_before_bytes: rss_before,
        ended_ms: ended.as_secs_f64() * 1e3,
        ready_ms: ready.as_secs_f64() * 1e3,
        rss_after_bytes: rss_after,
    })
}
