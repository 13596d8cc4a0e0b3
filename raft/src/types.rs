//! openraft's open places, filled in: what an entry carries, what a write returns, who a node is.
//!
//! Only this crate names openraft, and in it these aliases are the words to use. What is stored
//! or sent never goes through openraft's own serde: see `records`.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use engine_core::{Applied, Batch, Fault, codec, v1};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names a node. Never reused: a wiped disk joins under a new one.
pub type NodeId = u64;

openraft::declare_raft_types!(
    /// What every replica of every shard is made of.
    pub TypeConfig:
        D = SharedBatch,
        R = Vec<Applied>,
        NodeId = NodeId,
        Node = openraft::BasicNode,
);

/// Who leads, and since which term.
pub type LeaderId = openraft::impls::leader_id_adv::LeaderId<u64, NodeId>;
/// A position in a shard's log, with the leader that wrote it.
pub type LogId = openraft::LogId<LeaderId>;
/// A granted or requested leadership.
pub type Vote = openraft::Vote<LeaderId>;
/// What an entry holds: nothing, a batch, or a membership.
pub type Payload = openraft::EntryPayload<SharedBatch, NodeId, openraft::BasicNode>;
/// One entry of a shard's log. Cloning it copies no batch.
pub type Entry = openraft::Entry<LeaderId, Payload>;
/// The voters and learners of a shard.
pub type Membership = openraft::Membership<NodeId, openraft::BasicNode>;
/// A membership and where in the log it stands.
pub type StoredMembership = openraft::StoredMembership<LeaderId, NodeId, openraft::BasicNode>;
/// What a snapshot covers.
pub type SnapshotMeta = openraft::SnapshotMeta<LeaderId, NodeId, openraft::BasicNode>;

/// A batch that is encoded once and decoded once on each node, however many tasks pass it on.
///
/// The leader encodes it when it proposes; its log, its followers' connections and their logs take
/// the same bytes. Dereferences to the [`Batch`].
#[derive(Clone)]
pub struct SharedBatch(Arc<Shared>);

struct Shared {
    batch: Batch,
    bytes: Bytes,
}

impl SharedBatch {
    /// Encodes a batch that is about to be proposed.
    pub fn new(batch: Batch) -> Self {
        let bytes = Bytes::from(codec::encode(&batch));
        Self(Arc::new(Shared { batch, bytes }))
    }

    /// Checks and decodes a batch that was stored or received, by this or an older `stoad`.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, Fault> {
        let batch = codec::decode_since::<v1::Batch, Batch>(&bytes)?;
        Ok(Self(Arc::new(Shared { batch, bytes })))
    }

    /// The batch as the codec's envelope, with its checksum.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }
}

impl Deref for SharedBatch {
    type Target = Batch;

    fn deref(&self) -> &Batch {
        &self.0.batch
    }
}

impl PartialEq for SharedBatch {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes == other.0.bytes
    }
}

impl fmt::Debug for SharedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SharedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} commands in {} bytes", self.commands.len(), self.bytes().len())
    }
}

impl Serialize for SharedBatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.bytes().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedBatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_bytes(Bytes::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
