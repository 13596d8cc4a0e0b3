//! How nodes talk: TCP, frames, three connections to each peer, no third party.
//!
//! ```text
//!  node 1                              node 2
//!  Link data ─────────────────────────► server ─► Service     entries, proposals, reads
//!  Link control ──────────────────────► server ─► Service     heartbeats, votes, liveness, clocks
//!  Link snapshot ─────────────────────► server ─► Service     snapshots
//!  Service ◄─ server ◄───────────────── Link data, control, snapshot of node 2
//! ```
//!
//! `frame` cuts messages out of a `stream`, `door` lets in who proves and says (`handshake`) that
//! they may talk, `link` is the asking end and `server` the answering one; `wire` says what a
//! message looks like. Nothing in here knows what one means: that is `network` (openraft's calls)
//! and `service` (their answers).

pub(crate) mod door;
pub(crate) mod frame;
pub(crate) mod handshake;
pub(crate) mod kind;
pub(crate) mod link;
pub(crate) mod peers;
mod send_buffer;
pub(crate) mod server;
mod stream;
pub(crate) mod wire;
