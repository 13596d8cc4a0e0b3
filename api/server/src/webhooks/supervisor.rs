//! Runs a sender for each endpoint in each shard that this node leads, and closes endpoints in
//! shards that have nothing to tell them any more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine_core::webhook::CloseDeliveries;
use engine_core::{Command, EndpointId, Fault, Reply, ShardId, read};
use raft::Proposal;
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::sender::Sender;
use crate::state::{App, AppState};

/// How often it is looked who leads, and which endpoints there are.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often it is looked what is to be closed.
const CLOSE_EVERY: Duration = Duration::from_secs(2);
/// How long a sender that has ended by itself rests before the next one begins.
const REST: Duration = Duration::from_millis(500);
/// How long a command, or the read before it, may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// What one sender is for.
type Line = (ShardId, EndpointId);

/// Ends when it is dropped.
struct Running {
    stop: CancellationToken,
    done: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Keeps the senders that there are to be, until it is canceled.
pub async fn run(app: App, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    let mut running: BTreeMap<Line, Running> = BTreeMap::new();
    let mut told = BTreeSet::new();
    let mut close_at = Instant::now() + CLOSE_EVERY;
    let mut ticks = interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let wanted = app.lines(&mut told).unwrap_or_else(|fault| {
            tracing::error!(%fault, "cannot read webhook endpoints");
            BTreeSet::new()
        });
        running.retain(|line, sender| wanted.contains(line) && !sender.done.is_cancelled());
        for line in wanted {
            running.entry(line).or_insert_with(|| begin(&app, &tasks, &stop, line));
        }
        if close_at <= Instant::now() {
            close_at = Instant::now() + CLOSE_EVERY;
            tokio::select! {
                () = stop.cancelled() => break,
                () = app.close_deliveries() => {}
            }
        }
    }
    drop(running);
    tasks.close();
    tasks.wait().await;
}

fn begin(app: &App, tasks: &TaskTracker, stop: &CancellationToken, line: Line) -> Running {
    let (app, (shard, id)) = (app.clone(), line);
    let running = Running { stop: stop.child_token(), done: CancellationToken::new() };
    let done = running.done.clone();
    let task = async move {
        let sent = async {
            let sender = Sender::open(app, shard, id).await?;
            sender.send().await
        };
        if let Err(why) = sent.await {
            tracing::debug!(%shard, endpoint = %id, %why, "a sender of webhooks has ended");
        }
        sleep(REST).await;
        done.cancel();
    };
    tasks.spawn(running.stop.clone().run_until_cancelled_owned(task));
    running
}

impl AppState {
    /// Which endpoint this node is to tell of which shard's events.
    fn lines(&self, told: &mut BTreeSet<EndpointId>) -> Result<BTreeSet<Line>, Fault> {
        let Ok(master) = self.webhooks.master() else { return Ok(BTreeSet::new()) };
        let led: Vec<_> = self.topology.groups().filter(|shard| self.node.leads(*shard)).collect();
        let mut lines = BTreeSet::new();
        for endpoint in read::webhooks(&self.view(ShardId::META))? {
            if endpoint.secret.check != master.check() {
                if told.insert(endpoint.id) {
                    let id = endpoint.id;
                    tracing::error!(endpoint = %id, "its secret is of another --webhook-master");
                }
                continue;
            }
            told.remove(&endpoint.id);
            let of = led.iter().filter(|shard| endpoint.listens_to(**shard));
            lines.extend(of.map(|shard| (*shard, endpoint.id)));
        }
        Ok(lines)
    }

    /// Closes what is open in shards that this node leads, and is not to be.
    async fn close_deliveries(&self) {
        let mut surplus = self.surplus().unwrap_or_default();
        if surplus.is_empty() {
            return;
        }
        // This replica may lag, and not know an endpoint yet that is there.
        if self.node.read_index(ShardId::META, DEADLINE).await.is_ok() {
            surplus = self.surplus().unwrap_or_default();
            for ((shard, endpoint), version) in surplus {
                let close = || Command::CloseDeliveries(CloseDeliveries { endpoint, version });
                let mut more = true;
                while more {
                    let proposal = Proposal::from(close());
                    let proposed = self.node.propose(shard, proposal, DEADLINE).await;
                    more = proposed.is_ok_and(|proposed| {
                        matches!(proposed.applied.outcome, Ok(Reply::Moved { more: true, .. }))
                    });
                }
            }
        }
    }

    /// What is to be closed, and as of which version; of none if it was deleted.
    fn surplus(&self) -> Result<Vec<(Line, Option<u64>)>, Fault> {
        let endpoints = read::webhooks(&self.view(ShardId::META))?;
        let mut surplus = Vec::new();
        for shard in self.topology.groups().filter(|shard| self.node.leads(*shard)) {
            for (id, row) in read::all_deliveries(&self.view(shard))? {
                let known = endpoints.iter().find(|endpoint| endpoint.id == id);
                let wanted = known.is_some_and(|endpoint| endpoint.listens_to(shard));
                let has_something = row.through.is_some() || row.parked > 0;
                if known.is_none() || !wanted && has_something {
                    surplus.push(((shard, id), known.map(|endpoint| endpoint.version)));
                }
            }
        }
        Ok(surplus)
    }
}
