//! Shards over nodes: every shard is a Raft group, and every node holds a replica of each.
//!
//! ```text
//!                     propose                    read_index, wait_applied, view
//!                        │                                     │
//!   ┌ node ──────────────▼─────────────────────────────────────▼──────────────────────┐
//!   │  router ─ finds the leader, retries under one request id       reads, freshness │
//!   │    │ here                    │ elsewhere                           │           │
//!   │  batcher ─ many proposals,   └──────► transport ◄──────────────────┘           │
//!   │    │       one entry                 data · control · snapshots  ◄─► other nodes│
//!   │  openraft ── network ─────────────────▲    ▲ service                            │
//!   │    │ log_store (one wal-sync thread)       └ failover · clocks · handover       │
//!   │  state_machine ─ engine_core::apply, one batch of rows per entry                │
//!   │    │ hints                                                                      │
//!   │  leading: pulse · pump_shards · pump_provider ─ only propose ──► router         │
//!   └─────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Start at [`Node`]. A command's way is `router` → `batcher` → `state_machine`; how a dead leader
//! is replaced is in `failover`. Nothing here knows what a command means, and nothing outside this
//! crate knows openraft or the TLS library (`tls`). No read trusts a lease.

mod as_of;
mod batcher;
mod clocks;
mod coalesce;
mod config;
mod disk;
mod durable;
mod failover;
mod freshness;
mod group;
mod handover;
mod leading;
pub mod log_store;
mod network;
mod node;
mod order_watch;
mod proposal;
mod pulse;
mod pump_provider;
mod pump_shards;
mod reads;
pub mod records;
mod router;
mod service;
mod start;
pub mod state_machine;
mod status;
mod stop;
pub mod storage;
pub mod tls;
mod trace;
mod transport;
pub mod types;

pub use config::{
    BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, Config, Limits, Peer, Timing, WAITING_PROPOSALS_MAX,
    WallClock,
};
pub use handover::TransferError;
pub use node::{Node, Position};
pub use order_watch::OrderWatch;
pub use proposal::{Proposal, ProposeError, Proposed};
pub use pump_provider::ProviderDriver;
pub use reads::ReadError;
pub use start::StartError;
pub use state_machine::ShardView;
pub use status::{NodeStatus, NotReady, PeerStatus, ShardStatus};
pub use types::NodeId;
