//! Receives snapshots: at most one of each shard on a connection, into a file, then installed.

use std::collections::BTreeMap;

use engine_core::ShardId;
use openraft::Snapshot;
use parking_lot::Mutex;

use crate::group::Group;
use crate::records::SnapshotMetaRecord;
use crate::state_machine::SnapshotSink;
use crate::transport::wire::{SnapshotAnswer, SnapshotPart};
use crate::types::Vote;

/// What one connection is receiving. Dropped with it, and so is what was not finished.
#[derive(Default)]
pub(crate) struct Receiver(Mutex<BTreeMap<ShardId, Incoming>>);

struct Incoming {
    vote: Vote,
    meta: SnapshotMetaRecord,
    sink: SnapshotSink,
}

impl Receiver {
    /// Takes in the next part.
    pub async fn take(&self, group: &Group, part: SnapshotPart) -> SnapshotAnswer {
        match self.try_take(group, part).await {
            Ok(answer) => answer,
            Err(why) => {
                self.0.lock().remove(&group.id);
                tracing::warn!(shard = %group.id, why, "a snapshot was not received");
                SnapshotAnswer::Failed(why)
            }
        }
    }

    async fn try_take(&self, group: &Group, part: SnapshotPart) -> Result<SnapshotAnswer, String> {
        match part {
            SnapshotPart::Begin { vote, meta } => {
                let sink = group.folder.receive(group.id).map_err(|error| error.to_string())?;
                self.0.lock().insert(group.id, Incoming { vote: vote.into(), meta, sink });
                Ok(SnapshotAnswer::More)
            }
            SnapshotPart::Chunk(chunk) => {
                let mut incoming = self.0.lock();
                let incoming = incoming.get_mut(&group.id).ok_or("a part without a beginning")?;
                incoming.sink.write(&chunk).map_err(|error| error.to_string())?;
                Ok(SnapshotAnswer::More)
            }
            SnapshotPart::End => {
                let incoming = self.0.lock().remove(&group.id);
                install(group, incoming.ok_or("an end without a beginning")?).await
            }
        }
    }
}

async fn install(group: &Group, incoming: Incoming) -> Result<SnapshotAnswer, String> {
    let Incoming { vote, meta, sink } = incoming;
    let finished = tokio::task::spawn_blocking(move || sink.finish()).await;
    let snapshot = finished.map_err(|error| error.to_string())?;
    let snapshot = snapshot.map_err(|error| error.to_string())?;
    let meta = meta.try_into().map_err(|fault: engine_core::Fault| fault.to_string())?;
    tracing::info!(shard = %group.id, "a snapshot was received and is installed now");
    let installed = group.raft.install_full_snapshot(vote, Snapshot { meta, snapshot }).await;
    let answer = installed.map_err(|error| error.to_string())?;
    Ok(SnapshotAnswer::Installed { vote: answer.vote.into() })
}
