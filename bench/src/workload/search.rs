//! `search`: words of the names of the electronics catalog, the best 20 hits.

use std::sync::Arc;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::{Ask, Script};

/// One client that searches.
#[derive(Debug)]
pub(super) struct Searches {
    pub(super) rng: ChaCha8Rng,
    pub(super) queries: Arc<[Arc<str>]>,
}

impl Script for Searches {
    fn next(&mut self) -> Ask {
        Ask::Search(Arc::clone(&self.queries[self.rng.random_range(0..self.queries.len())]))
    }
}
