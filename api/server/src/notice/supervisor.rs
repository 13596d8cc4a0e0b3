//! Runs a sender for each shard that this node leads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine_core::ShardId;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::sender::Sender;
use crate::state::App;

/// How often it is looked who leads.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a sender that has ended by itself rests before the next one begins.
const REST: Duration = Duration::from_millis(500);

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

/// Keeps the senders that there are to be, until it is canceled. What they were sending then, the
/// next leaders send again.
pub async fn run(app: App, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    let mut running: BTreeMap<ShardId, Running> = BTreeMap::new();
    let mut ticks = interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => {}
        }
        // Orders are in all groups but the meta group.
        let groups = app.topology.groups().filter(|shard| *shard != ShardId::META);
        let led: BTreeSet<_> = groups.filter(|shard| app.node.leads(*shard)).collect();
        running.retain(|shard, sender| led.contains(shard) && !sender.done.is_cancelled());
        for shard in led {
            running.entry(shard).or_insert_with(|| begin(&app, &tasks, &stop, shard));
        }
    }
    drop(running);
    tasks.close();
    tasks.wait().await;
}

fn begin(app: &App, tasks: &TaskTracker, stop: &CancellationToken, shard: ShardId) -> Running {
    let running = Running { stop: stop.child_token(), done: CancellationToken::new() };
    let (app, done) = (app.clone(), running.done.clone());
    let task = async move {
        if let Err(why) = Sender::new(app, shard).send().await {
            tracing::debug!(%shard, %why, "a sender of notices has ended");
        }
        sleep(REST).await;
        done.cancel();
    };
    tasks.spawn(running.stop.clone().run_until_cancelled_owned(task));
    running
}
