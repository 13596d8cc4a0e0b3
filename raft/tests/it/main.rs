//! Tests of the raft crate that need more than one of its modules: one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod audit;
mod certificates;
mod cluster;
mod effects;
mod failover;
mod faults;
mod openraft_suite;
mod records;
mod refusals;
mod replica;
mod replication;
mod restart;
mod snapshots;
mod tls;
