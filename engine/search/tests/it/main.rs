//! The index from the outside: entries in, searches out.

mod feed;
mod support;
