//! `--epoch`: after a restore from an old backup, calls to the provider have numbers, hence
//! idempotency keys, that the lost time has not used.

use std::time::Duration;

use engine_core::payment::{BeginEpoch, epoch};
use engine_core::{Command, ShardId};
use tokio::time::{MissedTickBehavior, interval};

use crate::access::By;
use crate::state::App;

/// How often it is looked whether a shard that this node leads is in an earlier epoch.
const EVERY: Duration = Duration::from_millis(500);

/// Begins the epoch in every shard that this node leads or comes to lead. Never ends.
pub async fn keep_epoch(app: &App, wanted: u8) {
    if wanted == 0 {
        return;
    }
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for shard in app.topology.groups() {
            if shard != ShardId::META && app.node.leads(shard) {
                begin(app, shard, wanted).await;
            }
        }
    }
}

async fn begin(app: &App, shard: ShardId, wanted: u8) {
    if epoch(&app.view(shard)).is_ok_and(|now| now >= wanted) {
        return;
    }
    let command = Command::BeginEpoch(BeginEpoch { epoch: wanted });
    match app.write(By::THE_NODE, shard, command).await {
        Ok(_) => tracing::info!(%shard, epoch = wanted, "a new epoch"),
        Err(error) => tracing::warn!(%shard, detail = error.detail, "no new epoch yet"),
    }
}
