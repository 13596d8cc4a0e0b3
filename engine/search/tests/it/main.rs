//! The index from the outside: entries in, searches out.
#![expect(clippy::unwrap_used, reason = "a broken fixture ends the test")]

mod catalog;
mod feed;
mod filter;
mod forgiving;
mod fuzz;
mod model;
mod pages;
mod relevance;
mod robust;
mod settings;
mod support;
