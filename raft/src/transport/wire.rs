//! What requests and answers look like as bytes: records in the core's codec.
//!
//! Record numbers from 1100 on are the transport's; append only (1107 was a proposal that named
//! nobody, up to protocol version 1). The protocol version of the
//! handshake guards them: nodes of different versions do not talk, so a record may be retired with
//! a version, and never change under one.

use bytes::Bytes;
use engine_core::audit::Actor;
use engine_core::codec::{self, Record};
use engine_core::dedup::Idempotency;
use engine_core::{Applied, Command, ShardId};
use serde::{Deserialize, Serialize};

use crate::records::{EntryRecord, LogIdRecord, SnapshotMetaRecord, VoteRecord};
use crate::trace::Trace;
use crate::types::NodeId;

/// Gives each record its number.
macro_rules! numbered {
    ($($number:literal $type:ty,)*) => { $(impl Record for $type { const TYPE: u16 = $number; })* };
}

numbered! {
    1101 AppendRequest,
    1102 AppendAnswer,
    1103 VoteRequest,
    1104 VoteAnswer,
    1105 TransferRequest,
    1106 TransferAnswer,
    1108 ProposeAnswer,
    1109 ReadIndexAnswer,
    1110 GoneRequest,
    1111 GoneAnswer,
    1112 AsOf,
    1113 ClockAnswer,
    1114 SnapshotPart,
    1115 SnapshotAnswer,
    1116 ProposeRequest,
}

/// Log entries for a follower; without entries, a heartbeat or news of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AppendRequest {
    pub vote: VoteRecord,
    pub previous: Option<LogIdRecord>,
    pub entries: Vec<EntryRecord>,
    pub committed: Option<LogIdRecord>,
}

/// What became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AppendAnswer {
    /// They are in the follower's log, durably.
    Appended,
    /// Its log differs at `previous`.
    Conflict,
    /// It follows a higher vote.
    HigherVote(VoteRecord),
    /// The replica has stopped.
    Stopped(String),
}

/// A request for a vote, or for a pre-vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VoteRequest {
    pub vote: VoteRecord,
    pub last: Option<LogIdRecord>,
    /// The leader itself (or its death) authorizes this election: the lease does not stand in its
    /// way.
    pub transfer: bool,
}

/// What a voter says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum VoteAnswer {
    /// Its vote now, whether it was granted, and its last entry.
    Vote { vote: VoteRecord, granted: bool, last: Option<LogIdRecord> },
    /// The replica has stopped.
    Stopped(String),
}

/// A leader hands its group over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransferRequest {
    pub from: VoteRecord,
    pub to: NodeId,
    pub last: Option<LogIdRecord>,
}

/// Whether the other node agrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TransferAnswer {
    Accepted,
    VoteChanged { expected: VoteRecord, actual: VoteRecord },
    LogNotFlushed { expected: Option<LogIdRecord>, actual: Option<LogIdRecord> },
    Stopped(String),
}

/// A command for the leader of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProposeRequest {
    pub request: u128,
    pub idempotency: Option<Idempotency>,
    pub actor: Option<Actor>,
    pub trace: Option<Trace>,
    pub command: Command,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ProposeAnswer {
    /// It was applied, at a log index.
    Applied { applied: Box<Applied>, index: u64 },
    /// It was not proposed: another leads, perhaps this one.
    NotLeader(Option<NodeId>),
    /// It was not proposed: too many wait.
    Overloaded,
    /// It may have been proposed, and may yet be applied.
    Unknown,
    /// It was not proposed: the replica has stopped.
    Stopped(String),
}

/// Which index a linearizable read must wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ReadIndexAnswer {
    Index(u64),
    NotLeader(Option<NodeId>),
    NoQuorum,
    Stopped(String),
}

/// Is this leader gone for you too, and may I follow it?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GoneRequest {
    pub leader: VoteRecord,
    pub candidate: NodeId,
    pub last: Option<LogIdRecord>,
}

/// Yes: the leader is gone, under the same vote, and the candidate's log is not behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GoneAnswer(pub bool);

/// A quorum has confirmed: whoever has applied these indexes is as fresh as the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AsOf(pub Vec<(ShardId, u64, u64)>);

/// What time it is, in Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClockAnswer(pub u64);

/// A part of a snapshot; the last is answered when the whole is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SnapshotPart {
    Begin { vote: VoteRecord, meta: SnapshotMetaRecord },
    Chunk(Bytes),
    End,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SnapshotAnswer {
    More,
    Installed { vote: VoteRecord },
    Failed(String),
}

/// Reads a record, or says in words why not.
pub(crate) fn read<R: Record>(bytes: &[u8]) -> Result<R, String> {
    codec::decode(bytes).map_err(|fault| fault.to_string())
}
