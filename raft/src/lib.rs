//! Shards, replicas, log store, transport, reads, pulse, outbox pump, feed.

pub mod records;
mod transport;
pub mod types;
