//! What a node is told when it starts, and every limit of this crate with its name.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use engine_core::{Currency, ShardId, Topology};
use openraft::SnapshotPolicy;

use crate::storage::{LOG_KEPT_ENTRIES, SNAPSHOT_EVERY_ENTRIES};
use crate::tls::PeerTls;
use crate::types::NodeId;

/// The most commands that wait for one shard's leader. Beyond it a proposal is refused.
pub const WAITING_PROPOSALS_MAX: usize = 4_096;
/// The most commands in one log entry.
pub const BATCH_COMMANDS_MAX: usize = 512;
/// A batch takes no further command once it is estimated to be this long, in bytes.
pub const BATCH_BYTES_MAX: usize = 512 << 10;
/// The most entries that are sent to a follower at once; with the bound on a batch, 32 MiB.
const ENTRIES_PER_APPEND_MAX: u64 = 64;
/// How many entries are purged at once.
const PURGE_ENTRIES: u64 = 1_024;

/// Where a node can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its peer port.
    pub addr: SocketAddr,
    /// Its public HTTP URL.
    pub url: String,
}

/// Tells Unix milliseconds.
pub type WallClock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What a node is told when it starts.
#[derive(Clone)]
pub struct Config {
    /// This node's id: never reused, at least 1.
    pub node_id: NodeId,
    /// The cluster it belongs to.
    pub cluster_id: String,
    /// Where its logs and rows lie.
    pub dir: PathBuf,
    /// Where it listens for its peers.
    pub peer_listen: SocketAddr,
    /// Every node of the cluster, this one included.
    pub peers: BTreeMap<NodeId, Peer>,
    /// The certificates by which nodes know one another; without them they believe each other.
    pub tls: Option<PeerTls>,
    /// How slots are spread over shards.
    pub topology: Topology,
    /// What the cluster sells in.
    pub currency: Currency,
    /// How much things may be.
    pub limits: Limits,
    /// How long things take.
    pub timing: Timing,
    /// What time it is.
    pub clock: WallClock,
}

/// How much things may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// After so many entries a replica makes its rows durable and may purge its log.
    pub snapshot_every_entries: u64,
    /// How many entries a replica keeps behind that, for followers that were away for a while.
    pub log_kept_entries: u64,
    /// A follower that lags by more entries is sent a snapshot.
    pub lag_entries_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            snapshot_every_entries: SNAPSHOT_EVERY_ENTRIES,
            log_kept_entries: LOG_KEPT_ENTRIES,
            lag_entries_max: 2 * (SNAPSHOT_EVERY_ENTRIES + LOG_KEPT_ENTRIES),
        }
    }
}

/// How long things take. The defaults are the ones that were measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// A leader's sign of life.
    pub heartbeat: Duration,
    /// The shortest time after which a silent leader is doubted.
    pub election_min: Duration,
    /// The longest, and how long a voter stays true to a leader it has heard of.
    pub election_max: Duration,
    /// How often a leader tells its followers how fresh they are.
    pub as_of: Duration,
    /// A new leader, and a new node, is left alone so long before leaders are spread evenly.
    pub settle: Duration,
    /// How long a request waits for a leader to be found.
    pub leaderless_max: Duration,
    /// How long a stopping node tries to hand its leaderships over.
    pub handover_max: Duration,
    /// How far a node's clock may be off its peers' median.
    pub clock_offset_max: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(150),
            election_min: Duration::from_millis(500),
            election_max: Duration::from_millis(1_000),
            as_of: Duration::from_millis(250),
            settle: Duration::from_secs(5),
            leaderless_max: Duration::from_millis(500),
            handover_max: Duration::from_secs(2),
            clock_offset_max: Duration::from_millis(500),
        }
    }
}

impl Config {
    /// The system's clock.
    pub fn system_clock() -> WallClock {
        Arc::new(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.map_or(0, |now| now.as_millis() as u64)
        })
    }

    /// The other nodes.
    pub(crate) fn others(&self) -> impl Iterator<Item = (NodeId, &Peer)> {
        self.peers.iter().map(|(id, peer)| (*id, peer)).filter(|(id, _)| *id != self.node_id)
    }

    /// Which node should lead a shard, all being well: leaders spread evenly, meta included.
    pub(crate) fn preferred_leader(&self, shard: ShardId) -> NodeId {
        let at = usize::from(shard.0) % self.peers.len().max(1);
        self.peers.keys().nth(at).copied().unwrap_or(self.node_id)
    }

    /// How openraft is to behave.
    pub(crate) fn raft(&self) -> Result<Arc<openraft::Config>, openraft::ConfigError> {
        let ms = |time: Duration| time.as_millis() as u64;
        let (limits, timing) = (&self.limits, &self.timing);
        let config = openraft::Config {
            cluster_name: self.cluster_id.clone(),
            heartbeat_interval: ms(timing.heartbeat),
            // An append that a follower has answered proves as much as a heartbeat.
            heartbeat_min_interval: Some(ms(timing.heartbeat)),
            election_timeout_min: ms(timing.election_min),
            election_timeout_max: ms(timing.election_max),
            install_snapshot_timeout: 60_000,
            max_payload_entries: ENTRIES_PER_APPEND_MAX,
            snapshot_policy: SnapshotPolicy::LogsSinceLast(limits.snapshot_every_entries),
            replication_lag_threshold: limits.lag_entries_max,
            max_in_snapshot_log_to_keep: limits.log_kept_entries,
            purge_batch_size: PURGE_ENTRIES.min(limits.log_kept_entries),
            enable_pre_vote: Some(true),
            // A leader that comes back after a crash asks its voters like everybody else.
            enable_leader_restore: Some(false),
            // Followers get an entry while the leader's own disk still syncs it.
            broadcast_submitted_on_append: Some(true),
            ..openraft::Config::default()
        };
        config.validate().map(Arc::new)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("node_id", &self.node_id)
            .field("cluster_id", &self.cluster_id)
            .field("dir", &self.dir)
            .field("peer_listen", &self.peer_listen)
            .field("peers", &self.peers)
            .field("tls", &self.tls)
            .field("topology", &self.topology)
            .finish_non_exhaustive()
    }
}
