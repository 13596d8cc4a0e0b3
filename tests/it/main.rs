//! Tests of the whole: the tree's own rules (`tidy`, `layering`) and, on real `stoad` processes,
//! what must be true after a crash (`process`). What one crate promises alone it tests itself.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod layering;
mod metrics;
mod process;
mod tidy;
mod tree;
