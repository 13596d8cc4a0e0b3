//! `faults`: breaks nodes under a load of orders.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::args::FaultArgs;
use crate::catalog::Kind;
use crate::error::Failure;
use crate::faults::{self, Breaker};
use crate::ledger::{Ledger, Levels};
use crate::load::{self, Clock as _, Load, Recorder, WallClock};
use crate::report::{FaultReport, emit};
use crate::stage::Stage;
use crate::stoa::StoaSession;
use crate::workload::Crowd;

/// The longest a whole run may take.
const RUN_WITHIN: Duration = Duration::from_secs(3_600);
/// How long a client stays with one key.
const PERSIST: Duration = Duration::from_secs(60);
/// Before this nothing counts for availability.
const WARM_UP: Duration = Duration::from_secs(1);

/// Breaks nodes; says whether everything held.
pub(super) async fn run(args: &FaultArgs) -> Result<bool, Failure> {
    let mut stage = Stage::set(&args.target, Kind::Uniform(args.products)).await?;
    let before = Levels::of(&stage.target.addrs, &stage.catalog).await?;
    let nodes = stage.nodes(args.timeout_ms)?;
    let (clock, shards) = (WallClock::start(), stage.target.shards);
    let rate = args.rate.filter(|rate| *rate > 0.0);
    let load = Load { warmup: WARM_UP, measured: RUN_WITHIN, rate, persist: Some(PERSIST) };
    let crowd = Crowd { clients: args.clients, run: Arc::clone(&stage.run), seed: args.seed };
    let products = u32::try_from(stage.catalog.ids.len()).unwrap_or(u32::MAX);
    let scripts = faults::scripts(&crowd, products, shards).into_iter().enumerate();
    let clients = scripts
        .map(|(number, script)| (StoaSession::new(&nodes, &stage.catalog, number), script))
        .collect();
    let recorder = Recorder::new(load.warmup, load.whole()).with_timeline(shards);
    let recorder = Arc::new(Mutex::new(recorder));
    let Some(local) = &mut stage.target.local else {
        return Err(Failure::Usage("faults breaks nodes: it needs its own cluster".to_owned()));
    };
    let breaker = Breaker { kind: args.kind, local, nodes: &nodes, clock, recorder: &recorder };
    let (rounds, outcome) = tokio::join!(
        faults::break_all(breaker, args.rounds),
        load::run(load, clock, Arc::clone(&recorder), clients),
    );
    let (rounds, outcome, until) = (rounds?, outcome?, clock.now());
    let (availability, seconds) = outcome.counted(|recorder| {
        recorder.timeline().map_or((0.0, 0), |timeline| timeline.availability(WARM_UP, until))
    });
    let errors = outcome.counted(|recorder| recorder.errors().clone());
    let verdict = Ledger::of(&stage, &before, outcome.gathered).check().await?;
    let report = FaultReport {
        kind: args.kind,
        clients: args.clients,
        rate,
        shards,
        rounds,
        availability,
        seconds,
        errors,
        verdict,
        machine: stage.machine.clone(),
    };
    emit(&report, args.report.json.as_deref())?;
    Ok(report.verdict.holds())
}
