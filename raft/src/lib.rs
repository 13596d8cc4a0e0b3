//! Shards, replicas, log store, transport, reads, pulse, outbox pump, feed.

pub mod records;
pub mod types;
