//! What nodes say to one another, and over which of their connections.

/// Which of the three connections to a peer. Each is opened by the node that asks; a pair of nodes
/// has six.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Lane {
    /// The pipelined stream: log entries of all groups, forwarded proposals and reads.
    Data = 0,
    /// What must never queue behind data: heartbeats, votes, transfers, liveness, clocks.
    Control = 1,
    /// Snapshots, which are large.
    Snapshot = 2,
}

impl Lane {
    /// All lanes.
    pub const ALL: [Self; 3] = [Self::Data, Self::Control, Self::Snapshot];

    /// The lane of a number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| *lane as u8 == number)
    }
}

/// The kinds of message. Append only: a number, once shipped, keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Log entries, or a heartbeat.
    Append = 1,
    /// A request for a vote.
    Vote = 2,
    /// Would you vote for me?
    PreVote = 3,
    /// Take over this group, or let another take it over.
    Transfer = 4,
    /// A part of a snapshot.
    Snapshot = 5,
    /// A command, forwarded to the leader.
    Propose = 6,
    /// Which index must a linearizable read wait for?
    ReadIndex = 7,
    /// Is this leader gone for you too?
    Gone = 8,
    /// Up to which index a replica is how fresh.
    AsOf = 9,
    /// What time is it?
    Clock = 10,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Append,
        Self::Vote,
        Self::PreVote,
        Self::Transfer,
        Self::Snapshot,
        Self::Propose,
        Self::ReadIndex,
        Self::Gone,
        Self::AsOf,
        Self::Clock,
    ];

    /// The kind of a number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}
