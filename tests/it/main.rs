//! Tests of the whole: the tree's own rules (`tidy`, `layering`) and, on real `stoad` processes,
//! what must be true after a crash (`process`). What one crate promises alone it tests itself.

mod layering;
mod tidy;
mod tree;
