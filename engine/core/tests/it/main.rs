//! The engine as its callers see it: commands in, answers out, over several shards in memory.
//!
//! One binary, so that there is one to link. `scripts` tells stories that anyone can read; `golden`
//! holds the bytes; `fuzz` asks for the impossible.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod cluster;
mod consumers;
mod fuzz;
mod golden;
mod model;
mod scripts;
mod transitions;
