//! Fixtures for tests of the whole: a cluster of real `stoad` processes on this machine, the
//! stand-in for Stripe, an order load with its own ledger, and how to wait. The tests themselves
//! lie in `it/`.
//!
//! A fixture that cannot do its part panics and says why: it is a test's way to fail.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a fixture's panic fails its test")]

pub mod cluster;
pub mod ledger;
pub mod load;
pub mod ports;
pub mod process;
pub mod receiver;
pub mod stripe;
pub mod wait;

pub use cluster::Cluster;
pub use ledger::Ledger;
pub use load::Load;
