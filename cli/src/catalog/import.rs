//! Sends rows as requests: many at once, each retried under its own key, each refusal with its
//! line.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use api_client::{Client, Error, NewProduct};
use serde::Serialize;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
};

use super::{
    collections::Collections,
    progress::Progress,
    row::Row,
    source::{Line, Source},
};
use crate::{failure::Failure, output::Output};

/// How many lines are read ahead.
const LINES_AHEAD: usize = 256;
/// The first wait before a retry, in milliseconds; each further one is twice as long.
const RETRY_MS: u64 = 50;
/// The longest wait before a retry, in milliseconds.
const RETRY_MS_MAX: u64 = 2_000;
/// For how long one row is retried, in milliseconds, before the import gives up.
const PATIENCE_MS: u64 = 60_000;
/// How many failed rows are told one by one; the rest are counted.
const ERRORS_TOLD_MAX: usize = 1_000;

/// How to import.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The nodes to send to, in turn.
    pub clients: Vec<Client>,
    /// The currency of rows which name none.
    pub currency: String,
    /// The stock of rows which name none.
    pub stock: Option<u32>,
    /// How many requests are in flight at once.
    pub concurrency: usize,
}

/// What became of the rows.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Products that this import created.
    pub created: u64,
    /// Rows whose product was there already.
    pub already: u64,
    /// Rows that were refused.
    pub failed: u64,
    /// Which, and why.
    pub errors: Vec<RowError>,
}

/// A row that was refused.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// Its line, from 1.
    pub line: u64,
    /// Why.
    pub error: String,
}

enum Outcome {
    Created,
    Already,
}

/// Why a row ended without a product.
enum Trouble {
    /// The row is at fault: the others go on.
    Row(String),
    /// The cluster is: nothing more is sent.
    Cluster(Error),
}

/// Imports every row. Fails when the file cannot be read or the cluster takes nothing.
pub async fn import(source: Source, plan: Plan, output: Output) -> Result<Report, Failure> {
    let unreadable = |error: std::io::Error| Failure {
        what: format!("cannot read the catalog: {error}"),
        next: Some("stoa import products FILE (NDJSON, plain or gzipped)".into()),
    };
    let counted = source.clone();
    let total = blocking(move || counted.count()).await?.map_err(unreadable)?;
    let first = plan.clients.first().ok_or(Failure { what: "no node given".into(), next: None })?;
    let collections = Collections::load(first).await?;
    let progress = Progress::new(total, output);
    let (lines, receiver) = mpsc::channel(LINES_AHEAD);
    let reader = tokio::task::spawn_blocking(move || read(&source, &lines));
    let shared = Arc::new(Shared {
        lines: Mutex::new(Numbering { lines: receiver, seen: BTreeMap::new() }),
        plan,
        collections,
        progress,
        report: std::sync::Mutex::default(),
    });
    let mut workers = JoinSet::new();
    for at in 0..shared.plan.concurrency.max(1) {
        workers.spawn(work(shared.clone(), at));
    }
    let mut failure = None;
    while let Some(ended) = workers.join_next().await {
        if let Err(error) =
            ended.map_err(|error| Failure { what: error.to_string(), next: None })?
        {
            failure.get_or_insert(error);
            workers.abort_all();
            break;
        }
    }
    drop(workers);
    shared.progress.end();
    shared.lines.lock().await.lines.close();
    if let Some(error) = failure {
        let next = "type the same again: what is there already is not created twice";
        return Err(Failure::new(format!("the import stopped: {error}"), next));
    }
    blocking_result(reader.await)?.map_err(unreadable)?;
    let mut report = std::mem::take(&mut *lock(&shared.report));
    report.errors.sort_by_key(|error| error.line);
    Ok(report)
}

struct Shared {
    lines: Mutex<Numbering>,
    plan: Plan,
    collections: Collections,
    progress: Progress,
    report: std::sync::Mutex<Report>,
}

/// The lines to come, and how often each content was seen: a file may hold two equal rows.
struct Numbering {
    lines: mpsc::Receiver<Line>,
    seen: BTreeMap<u128, u32>,
}

async fn work(shared: Arc<Shared>, worker: usize) -> Result<(), Error> {
    loop {
        let (number, row) = {
            let mut numbering = shared.lines.lock().await;
            let Some((number, line)) = numbering.lines.recv().await else { return Ok(()) };
            let row = line.and_then(|line| Row::parse(&line, &shared.plan.currency)).map(|row| {
                let copy = numbering.seen.entry(row.fingerprint()).or_insert(0);
                *copy += 1;
                (row, *copy)
            });
            (number, row)
        };
        let outcome = match row {
            Ok((row, copy)) => create(&shared, worker, row, copy).await,
            Err(why) => Err(Trouble::Row(why)),
        };
        if let Err(Trouble::Cluster(error)) = outcome {
            return Err(error);
        }
        shared.record(number, outcome);
    }
}

impl Shared {
    fn record(&self, line: u64, outcome: Result<Outcome, Trouble>) {
        let mut report = lock(&self.report);
        match outcome {
            Ok(Outcome::Created) => report.created += 1,
            Ok(Outcome::Already) => report.already += 1,
            Err(Trouble::Cluster(_)) => {}
            Err(Trouble::Row(error)) => {
                report.failed += 1;
                if report.errors.len() < ERRORS_TOLD_MAX {
                    self.progress.note(&format!("line {line}: {error}"));
                    report.errors.push(RowError { line, error });
                }
            }
        }
        drop(report);
        self.progress.step();
    }
}

async fn create(shared: &Shared, worker: usize, row: Row, copy: u32) -> Result<Outcome, Trouble> {
    let clients = &shared.plan.clients;
    let node = |attempt: usize| &clients[(worker + attempt) % clients.len()];
    let key = format!("import-{:032x}-{copy}", row.fingerprint());
    let mut collection_ids = Vec::new();
    for name in &row.categories {
        let id = patiently(|attempt| shared.collections.id(name, node(attempt))).await?;
        collection_ids.push(id);
    }
    let product = NewProduct {
        name: row.name,
        description: row.description,
        brand: row.brand,
        sku: row.sku,
        price: row.price,
        currency: row.currency,
        collection_ids: Some(collection_ids),
        attributes: Some(row.attributes),
        stock: row.stock.or(shared.plan.stock),
        ..NewProduct::default()
    };
    match patiently(|attempt| node(attempt).create_product(Some(&key), &product)).await {
        Ok(answer) if answer.replayed => Ok(Outcome::Already),
        Ok(_) => Ok(Outcome::Created),
        Err(Trouble::Row(why)) if is_already_there(&why) => Ok(Outcome::Already),
        Err(trouble) => Err(trouble),
    }
}

/// The key names this row's content: a product under it, whatever its stock or age, is this one.
fn is_already_there(why: &str) -> bool {
    ["already_exists", "idempotency_mismatch"].iter().any(|code| why.starts_with(code))
}

/// Calls until there is an answer. The call is told how often it was made before, and must be one
/// that may be repeated.
async fn patiently<T, F>(mut call: impl FnMut(usize) -> F) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, Error>>,
{
    let started = Instant::now();
    let mut wait = Duration::from_millis(RETRY_MS);
    let mut attempt = 0;
    loop {
        let error = match call(attempt).await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        // Who may not do this may not do it for the next row either.
        let unwelcome = error.problem().is_some_and(|told| matches!(told.status, 401 | 403));
        if unwelcome {
            return Err(Trouble::Cluster(error));
        }
        if !error.is_retryable() {
            return Err(Trouble::Row(error.to_string()));
        }
        if started.elapsed() > Duration::from_millis(PATIENCE_MS) {
            return Err(Trouble::Cluster(error));
        }
        tokio::time::sleep(wait).await;
        attempt += 1;
        wait = (wait * 2).min(Duration::from_millis(RETRY_MS_MAX));
    }
}

/// Feeds the lines to the workers until they are told, or gone.
fn read(source: &Source, to: &mpsc::Sender<Line>) -> std::io::Result<()> {
    for line in source.lines()? {
        if to.blocking_send(line?).is_err() {
            break;
        }
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    blocking_result(tokio::task::spawn_blocking(work).await)
}

fn blocking_result<T>(joined: Result<T, tokio::task::JoinError>) -> Result<T, Failure> {
    joined.map_err(|error| Failure { what: error.to_string(), next: None })
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
