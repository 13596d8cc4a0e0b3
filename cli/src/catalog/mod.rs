//! Catalogs from files: one product per line, made into requests that may be repeated.
//!
//! A row's idempotency key is derived from what the row says, so a second import of the same file,
//! or the rest of an interrupted one, creates nothing twice.
//!
//! `source` reads lines, `row` understands one, `collections` finds what its categories are called
//! here, `import` sends them all.

mod collections;
mod import;
mod progress;
mod row;
mod source;

pub use import::{Plan, Report, import};
pub use source::Source;
