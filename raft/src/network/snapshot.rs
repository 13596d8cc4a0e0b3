//! Sends a snapshot: part after part, each answered, on the connection for snapshots.

use std::time::Duration;

use engine_core::ShardId;
use engine_core::codec;
use openraft::errors::{NetworkError, StreamingError};
use openraft::raft::SnapshotResponse;
use openraft::type_config::alias::SnapshotOf;

use super::{rpc_error, unreadable};
use crate::state_machine::SnapshotData;
use crate::transport::kind::{Kind, Lane};
use crate::transport::peers::Peer;
use crate::transport::wire::{self, SnapshotAnswer, SnapshotPart};
use crate::types::{TypeConfig, Vote};

/// How long a follower may take for one part.
const PART_DEADLINE: Duration = Duration::from_secs(10);
/// How long a follower may take to install the whole.
const INSTALL_DEADLINE: Duration = Duration::from_secs(50);

type Sent<T> = Result<T, StreamingError<TypeConfig>>;

/// Sends a snapshot, and returns when the follower has installed it.
pub(super) async fn send(
    peer: &Peer,
    group: ShardId,
    vote: Vote,
    snapshot: SnapshotOf<TypeConfig, SnapshotData>,
) -> Sent<SnapshotResponse<TypeConfig>> {
    let begin = SnapshotPart::Begin { vote: vote.into(), meta: (&snapshot.meta).into() };
    part(peer, group, begin, PART_DEADLINE).await?;
    let mut data = snapshot.snapshot;
    let broken = |error: std::io::Error| NetworkError::<TypeConfig>::new(&error);
    while let Some(chunk) = data.next_chunk().await.map_err(broken)? {
        part(peer, group, SnapshotPart::Chunk(chunk), PART_DEADLINE).await?;
    }
    match part(peer, group, SnapshotPart::End, INSTALL_DEADLINE).await? {
        SnapshotAnswer::Installed { vote } => Ok(SnapshotResponse::new(vote.into())),
        SnapshotAnswer::More | SnapshotAnswer::Failed(_) => Err(failed("an end without an end")),
    }
}

async fn part(
    peer: &Peer,
    group: ShardId,
    part: SnapshotPart,
    deadline: Duration,
) -> Sent<SnapshotAnswer> {
    let link = peer.link(Lane::Snapshot);
    let answer = link.call(group, Kind::Snapshot, &codec::encode(&part), deadline).await;
    match wire::read(&answer.map_err(rpc_error)?).map_err(unreadable)? {
        SnapshotAnswer::Failed(why) => Err(failed(&why)),
        answer => Ok(answer),
    }
}

fn failed(why: &str) -> StreamingError<TypeConfig> {
    NetworkError::from_string(why).into()
}
