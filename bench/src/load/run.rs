//! Starts the clients together and gathers what they were told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::client::{self, Manner};
use super::clock::WallClock;
use super::recorder::Recorder;
use super::schedule::Schedule;
use super::{Acknowledged, Session};
use crate::error::Failure;
use crate::workload::{OrderAsk, Script};

/// How much load, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Before anything counts.
    pub(crate) warmup: Duration,
    /// The measured time after that.
    pub(crate) measured: Duration,
    /// Open loop: asks per second, all clients together. Closed loop without.
    pub(crate) rate: Option<f64>,
    /// Ask again under the same key until it is clear what happened, for at most so long.
    pub(crate) persist: Option<Duration>,
}

impl Load {
    /// From the begin to the end of the run.
    pub(crate) fn whole(&self) -> Duration {
        self.warmup + self.measured
    }
}

/// What clients were told about orders.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Orders that exist, as they were told.
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Orders of which they do not know.
    pub(crate) unclear: Vec<OrderAsk>,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What was counted.
    pub(crate) recorder: Arc<Mutex<Recorder>>,
    /// What clients were told about orders.
    pub(crate) gathered: Gathered,
}

impl Outcome {
    /// Reads what was counted.
    pub(crate) fn counted<T>(&self, read: impl FnOnce(&Recorder) -> T) -> T {
        read(&self.recorder.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs one client for each session, until the time is over or the recorder is stopped.
pub(crate) async fn run<S: Session + 'static>(
    load: Load,
    clock: WallClock,
    recorder: Arc<Mutex<Recorder>>,
    clients: Vec<(S, Box<dyn Script>)>,
) -> Result<Outcome, Failure> {
    let count = clients.len();
    let mut running = Vec::with_capacity(count);
    for (number, (session, script)) in clients.into_iter().enumerate() {
        let manner = Manner {
            number,
            schedule: load.rate.map(|rate| Schedule::new(rate, number, count)),
            until: load.whole(),
            persist: load.persist,
            recorder: Arc::clone(&recorder),
        };
        running.push(tokio::spawn(client::run(manner, clock, session, script)));
    }
    let mut gathered = Gathered::default();
    for client in running {
        let mut one = client.await?;
        gathered.acknowledged.append(&mut one.acknowledged);
        gathered.unclear.append(&mut one.unclear);
    }
    Ok(Outcome { recorder, gathered })
}
