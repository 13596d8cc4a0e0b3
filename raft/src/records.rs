//! What this crate stores and sends of openraft's types, in our own words and the core's codec.
//!
//! Record numbers of this crate start at 1000; like the core's they are append-only, and each has
//! golden bytes in `tests/it/records.rs`. An upgrade of openraft thus never changes a byte on disk.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use engine_core::codec::Record;
use engine_core::{Digest, Fault};
use serde::{Deserialize, Serialize};

use crate::types::{
    Entry, LeaderId, LogId, Membership, NodeId, Payload, SharedBatch, SnapshotMeta,
    StoredMembership, Vote,
};

/// A [`LogId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIdRecord {
    /// The term of the leader that wrote the entry.
    pub term: u64,
    /// That leader.
    pub node: NodeId,
    /// Where in the log.
    pub index: u64,
}

impl From<LogId> for LogIdRecord {
    fn from(id: LogId) -> Self {
        Self { term: id.leader_id.term, node: id.leader_id.node_id, index: id.index }
    }
}

impl From<LogIdRecord> for LogId {
    fn from(record: LogIdRecord) -> Self {
        let leader_id = LeaderId { term: record.term, node_id: record.node };
        Self { leader_id, index: record.index }
    }
}

/// A [`Vote`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteRecord {
    /// Its term.
    pub term: u64,
    /// For whom.
    pub node: NodeId,
    /// A quorum granted it.
    pub committed: bool,
}

impl From<Vote> for VoteRecord {
    fn from(vote: Vote) -> Self {
        let LeaderId { term, node_id } = vote.leader_id;
        Self { term, node: node_id, committed: vote.committed }
    }
}

impl From<VoteRecord> for Vote {
    fn from(record: VoteRecord) -> Self {
        let leader_id = LeaderId { term: record.term, node_id: record.node };
        Self { leader_id, committed: record.committed }
    }
}

/// A [`Membership`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipRecord {
    /// The voters; more than one set while they change.
    pub configs: Vec<BTreeSet<NodeId>>,
    /// The peer address of every voter and learner.
    pub nodes: BTreeMap<NodeId, String>,
}

impl From<&Membership> for MembershipRecord {
    fn from(membership: &Membership) -> Self {
        let nodes = membership.nodes().map(|(id, node)| (*id, node.addr.clone()));
        Self { configs: membership.get_joint_config().clone(), nodes: nodes.collect() }
    }
}

impl TryFrom<MembershipRecord> for Membership {
    type Error = Fault;

    fn try_from(record: MembershipRecord) -> Result<Self, Fault> {
        let nodes = record.nodes.into_iter().map(|(id, addr)| (id, openraft::BasicNode { addr }));
        let nodes: BTreeMap<_, _> = nodes.collect();
        if record.configs.is_empty() && nodes.is_empty() {
            return Ok(Self::default());
        }
        Self::new(record.configs, nodes)
            .map_err(|error| Fault(format!("a membership that cannot be: {error}")))
    }
}

/// A [`StoredMembership`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMembershipRecord {
    /// Where in the log it stands.
    pub at: Option<LogIdRecord>,
    /// The membership.
    pub membership: MembershipRecord,
}

impl From<&StoredMembership> for StoredMembershipRecord {
    fn from(stored: &StoredMembership) -> Self {
        let at = stored.log_id().map(LogIdRecord::from);
        Self { at, membership: stored.membership().into() }
    }
}

impl TryFrom<StoredMembershipRecord> for StoredMembership {
    type Error = Fault;

    fn try_from(record: StoredMembershipRecord) -> Result<Self, Fault> {
        Ok(Self::new(record.at.map(LogId::from), record.membership.try_into()?))
    }
}

/// A [`SnapshotMeta`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotMetaRecord {
    /// The last entry it covers.
    pub last: Option<LogIdRecord>,
    /// The membership there.
    pub membership: StoredMembershipRecord,
}

impl From<&SnapshotMeta> for SnapshotMetaRecord {
    fn from(meta: &SnapshotMeta) -> Self {
        let last = meta.last_log_id.map(LogIdRecord::from);
        Self { last, membership: (&meta.last_membership).into() }
    }
}

impl TryFrom<SnapshotMetaRecord> for SnapshotMeta {
    type Error = Fault;

    fn try_from(record: SnapshotMetaRecord) -> Result<Self, Fault> {
        let last_membership = record.membership.try_into()?;
        Ok(Self { last_log_id: record.last.map(LogId::from), last_membership })
    }
}

/// An [`Entry`]. A batch inside stays in its own envelope and is not encoded again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRecord {
    /// Its position.
    pub id: LogIdRecord,
    /// What it holds.
    pub payload: PayloadRecord,
}

/// A [`Payload`]. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayloadRecord {
    /// Nothing: a new leader's first entry.
    Blank,
    /// A batch, in the codec's envelope.
    Batch(Bytes),
    /// A membership.
    Membership(MembershipRecord),
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        let payload = match &entry.payload {
            Payload::Blank => PayloadRecord::Blank,
            Payload::Normal(batch) => PayloadRecord::Batch(batch.bytes().clone()),
            Payload::Membership(membership) => PayloadRecord::Membership(membership.into()),
        };
        Self { id: entry.log_id.into(), payload }
    }
}

impl TryFrom<EntryRecord> for Entry {
    type Error = Fault;

    fn try_from(record: EntryRecord) -> Result<Self, Fault> {
        let payload = match record.payload {
            PayloadRecord::Blank => Payload::Blank,
            PayloadRecord::Batch(bytes) => Payload::Normal(SharedBatch::from_bytes(bytes)?),
            PayloadRecord::Membership(membership) => Payload::Membership(membership.try_into()?),
        };
        Ok(Self { log_id: record.id.into(), payload })
    }
}

/// How far a shard's rows have come: written in the same batch as the rows of the entry it names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedRecord {
    /// The last entry applied.
    pub last: Option<LogIdRecord>,
    /// The rolling digest of every write up to it.
    pub digest: Digest,
}

impl Record for EntryRecord {
    const TYPE: u16 = 1000;
}

impl Record for VoteRecord {
    const TYPE: u16 = 1001;
}

impl Record for LogIdRecord {
    const TYPE: u16 = 1002;
}

impl Record for StoredMembershipRecord {
    const TYPE: u16 = 1003;
}

impl Record for AppliedRecord {
    const TYPE: u16 = 1004;
}

impl Record for SnapshotMetaRecord {
    const TYPE: u16 = 1005;
}
