//! Tests of the raft crate that need more than one of its modules: one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod faults;
mod openraft_suite;
mod records;
mod replica;
mod restart;
mod snapshots;
