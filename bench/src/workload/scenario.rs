//! The scenarios by name: which catalog each needs, and the scripts of its clients.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::baskets::Baskets;
use super::mixed::Shopper;
use super::product_page::ProductPages;
use super::search::Searches;
use super::{BasketFile, Customers, Pay, Script, UniformOrders};
use super::{order_3lines, order_card, order_hot, order_uniform, queries};
use crate::catalog::{Goods, Kind};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Scenario {
    /// One line of 100,000 products, on account.
    OrderUniform,
    /// One line, one product, on account.
    OrderHot,
    /// Three lines of 100,000 products, on account.
    #[value(name = "order_3lines")]
    Order3Lines,
    /// One line of 100,000 products, by a card that pays: place to authorized.
    OrderCard,
    /// The baskets of a real wholesaler, on account.
    Baskets,
    /// Words of the electronics catalog.
    Search,
    /// Product pages of 100,000 products.
    ProductPage,
    /// Searches, pages, and orders paid by card.
    Mixed,
}

/// Who asks: how many, under which name, with which luck.
#[derive(Debug, Clone)]
pub(crate) struct Crowd {
    /// How many clients.
    pub(crate) clients: usize,
    /// Names the run in customers and keys.
    pub(crate) run: Arc<str>,
    /// Draws everything.
    pub(crate) seed: u64,
}

impl Crowd {
    /// One client's own luck.
    pub(crate) fn rng(&self, client: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(client as u64);
        rng
    }
}

impl Scenario {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OrderUniform => "order_uniform",
            Self::OrderHot => "order_hot",
            Self::Order3Lines => "order_3lines",
            Self::OrderCard => "order_card",
            Self::Baskets => "baskets",
            Self::Search => "search",
            Self::ProductPage => "product_page",
            Self::Mixed => "mixed",
        }
    }

    /// What has to be on sale for it.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::OrderUniform | Self::OrderCard | Self::ProductPage => {
                Kind::Uniform(order_uniform::PRODUCTS)
            }
            Self::Order3Lines => Kind::Uniform(order_3lines::PRODUCTS),
            Self::OrderHot => Kind::Hot(order_hot::PRODUCTS),
            Self::Baskets => Kind::Retail,
            Self::Search | Self::Mixed => Kind::Electronics,
        }
    }

    /// The same can be asked of PostgreSQL.
    pub(crate) fn has_peer(self) -> bool {
        matches!(
            self,
            Self::OrderUniform | Self::OrderHot | Self::Order3Lines | Self::Baskets | Self::Search
        )
    }

    /// One script for each client.
    pub(crate) fn scripts(
        self,
        goods: &Goods,
        crowd: &Crowd,
    ) -> Result<Vec<Box<dyn Script>>, csv::Error> {
        let products = u32::try_from(goods.len()).unwrap_or(u32::MAX);
        let words: Arc<[Arc<str>]> = match self {
            Self::Search | Self::Mixed => queries::queries(goods.names(), crowd.seed).into(),
            _ => Arc::from([]),
        };
        let file = match self {
            Self::Baskets => Arc::new(BasketFile::load()?),
            _ => Arc::default(),
        };
        let place = Arc::new(AtomicUsize::new(0));
        let orders =
            |rng, customers, lines, pay| UniformOrders { rng, customers, products, lines, pay };
        let script = |client: usize| -> Box<dyn Script> {
            let rng = crowd.rng(client);
            let customers = Customers::anywhere(&crowd.run, client);
            let queries = Arc::clone(&words);
            match self {
                Self::OrderUniform => Box::new(orders(rng, customers, 1, Pay::OnAccount)),
                Self::OrderHot => {
                    Box::new(orders(rng, customers, order_hot::LINES, Pay::OnAccount))
                }
                Self::Order3Lines => {
                    Box::new(orders(rng, customers, order_3lines::LINES, Pay::OnAccount))
                }
                Self::OrderCard => {
                    Box::new(orders(rng, customers, order_card::LINES, order_card::CARD))
                }
                Self::Baskets => Box::new(Baskets {
                    file: Arc::clone(&file),
                    place: Arc::clone(&place),
                    run: Arc::clone(&crowd.run),
                    customers,
                }),
                Self::Search => Box::new(Searches { rng, queries }),
                Self::ProductPage => Box::new(ProductPages { rng, products }),
                Self::Mixed => {
                    let to_look_at = VecDeque::new();
                    Box::new(Shopper { rng, customers, products, queries, to_look_at })
                }
            }
        };
        Ok((0..crowd.clients).map(script).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Crowd, Scenario};
    use crate::catalog::Goods;
    use crate::workload::Ask;

    #[test]
    fn baskets_are_replayed_once_by_all_clients_together() {
        let goods = Goods::of(Scenario::Baskets.kind()).unwrap();
        let crowd = Crowd { clients: 2, run: Arc::from("r"), seed: 1 };
        let mut scripts = Scenario::Baskets.scripts(&goods, &crowd).unwrap();
        let file = super::BasketFile::load().unwrap();
        for (n, basket) in file.baskets.iter().take(100).enumerate() {
            let Ask::Place(ask) = scripts[n % 2].next() else { panic!("an order") };
            assert_eq!(ask.lines, basket.lines);
        }
    }
}
