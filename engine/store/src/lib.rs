//! Ordered rows of bytes, on RocksDB or in memory: one [`Store`] is one family.
//!
//! Invariant: a [`Batch`] is applied whole or not at all, also over a crash; and the only crate
//! that names RocksDB is this one. It knows nothing of shards, logs or what a row means.
//!
//! Start at [`Store`]; how it is tuned is in `options.rs`, what can go wrong in `error.rs`.

mod batch;
mod error;
mod memory;
mod options;
mod rocks;
mod rows;
mod store;

pub use batch::Batch;
pub use error::StoreError;
pub use options::{Cache, Options};
pub use rows::{Row, Rows, Step};
pub use store::{Pressure, Snapshot, Store};
