//! Shards, replicas, log store, transport, reads, pulse, outbox pump, feed.

mod durable;
pub mod log_store;
pub mod records;
pub mod state_machine;
pub mod storage;
mod transport;
pub mod types;
