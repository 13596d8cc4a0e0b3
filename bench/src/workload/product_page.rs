//! `product_page`: any product with the same chance, shown by the node that is asked.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::{Ask, Script};

/// One client that looks at products.
#[derive(Debug)]
pub(super) struct ProductPages {
    pub(super) rng: ChaCha8Rng,
    pub(super) products: u32,
}

impl Script for ProductPages {
    fn next(&mut self) -> Ask {
        Ask::Page(self.rng.random_range(0..self.products))
    }
}
