//! The same asks, put to PostgreSQL: what one node of a good database does on this machine.
//!
//! It gets its best case: prepared statements, pipelined into two round trips (or one stored
//! function, one round trip), narrow keys, the contended row touched last, and the whole machine to
//! itself. It keeps its promise: one transaction per order with lines, stock, idempotency key and
//! outbox row, `fsync` and `synchronous_commit` on; without them nothing is measured.

mod check;
mod place;
mod report;
mod schema;
mod session;

use std::sync::{Arc, Mutex};

use tokio_postgres::{Client, NoTls};

pub(crate) use report::{PeerReport, with_ratios};

use crate::args::{PeerWay, RunArgs};
use crate::catalog::Goods;
use crate::cluster::{Meter, Process, children_of, parent_of};
use crate::error::Failure;
use crate::load::{self, Recorder, WallClock};
use crate::report::Loaded;
use crate::workload::{Crowd, Scenario};
use session::PeerSession;

/// Threads of the generator: it asks several statements per order, more than one core can write.
const THREADS: usize = 2;

impl PeerReport {
    /// Measures a scenario in each way that is wanted, on threads of its own.
    pub(crate) async fn measure(
        url: &str,
        args: &RunArgs,
        crowd: &Crowd,
    ) -> Result<Vec<Self>, Failure> {
        let ways: &[PeerWay] = match (args.scenario, args.peer.peer_way) {
            (Scenario::Search, _) => &[PeerWay::Statements],
            (_, Some(PeerWay::Statements)) => &[PeerWay::Statements],
            (_, Some(PeerWay::Function)) => &[PeerWay::Function],
            (_, None) => &[PeerWay::Statements, PeerWay::Function],
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        let mut reports = Vec::new();
        for way in ways {
            let (url, crowd, way) = (url.to_owned(), crowd.clone(), *way);
            let (scenario, load, stock) = (args.scenario, args.load.load(), args.target.stock);
            let run = PeerRun { url, scenario, crowd, load, stock, way };
            reports.push(runtime.spawn(run.measure()).await??);
        }
        runtime.shutdown_background();
        Ok(reports)
    }
}

/// One run against PostgreSQL.
#[derive(Debug)]
struct PeerRun {
    url: String,
    scenario: Scenario,
    crowd: Crowd,
    load: load::Load,
    stock: u32,
    way: PeerWay,
}

impl PeerRun {
    async fn measure(self) -> Result<PeerReport, Failure> {
        let admin = connect(&self.url).await?;
        let settings = schema::settings(&admin).await?;
        let goods = Goods::of(self.scenario.kind())?;
        schema::create(&admin, &goods, self.stock).await?;
        let mut clients = Vec::new();
        for script in self.scenario.scripts(&goods, &self.crowd)? {
            clients.push((PeerSession::open(&self.url, self.way).await?, script));
        }
        let processes = processes(&admin).await?;
        let recorder = Recorder::new(self.load.warmup, self.load.whole());
        let recorder = Arc::new(Mutex::new(recorder));
        let running = load::run(self.load, WallClock::start(), recorder, clients);
        let metering = Meter::between(self.load.warmup, self.load.measured, processes);
        let (outcome, usage) = tokio::join!(running, metering);
        let outcome = outcome?;
        let loaded = Loaded {
            ops: outcome.counted(Recorder::ops),
            errors: outcome.counted(|recorder| recorder.errors().clone()),
            usage: report::together(usage),
        };
        let seconds = self.load.measured.as_secs_f64();
        let holds = check::holds(&admin, &outcome.gathered).await?;
        Ok(PeerReport { holds, ..PeerReport::new(self.way, settings, loaded, seconds) })
    }
}

/// Opens a connection; its traffic is carried by a task of its own.
async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("postgres connection: {error}");
        }
    });
    Ok(client)
}

/// The server's processes, when it runs on this machine.
async fn processes(admin: &Client) -> Result<Vec<Process>, Failure> {
    let row = admin
        .query_one(
            "SELECT pg_backend_pid(), coalesce(host(inet_server_addr()) = '127.0.0.1', true)",
            &[],
        )
        .await?;
    let (backend, here): (i32, bool) = (row.get(0), row.get(1));
    let server = u32::try_from(backend).ok().filter(|_| here).and_then(parent_of);
    let pids = server.into_iter().flat_map(|server| {
        let mut pids = children_of(server);
        pids.push(server);
        pids
    });
    Ok(pids.map(|pid| Process { name: report::SERVER.to_owned(), pid }).collect())
}
