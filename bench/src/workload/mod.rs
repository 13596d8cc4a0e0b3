//! What clients ask, without saying whom: the same asks go to Stoa and to its peer.
//!
//! A [`Script`] is one client's endless, seeded sequence of [`Ask`]s; a scenario is a set of
//! scripts over a catalog. One scenario, one file. Scripts hold indexes into the catalog, never
//! ids, so that each target can name its products as it likes.

mod basket_file;
mod baskets;
mod customers;
mod mixed;
mod order_3lines;
mod order_card;
mod order_hot;
mod order_uniform;
mod product_page;
mod queries;
mod scenario;
mod search;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

pub(crate) use basket_file::BasketFile;
pub(crate) use customers::Customers;
#[cfg(test)]
pub(crate) use customers::shard_of_customer;
pub(crate) use order_uniform::UniformOrders;
pub(crate) use scenario::{Crowd, Scenario};

/// One thing a client asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Place an order.
    Place(OrderAsk),
    /// Search for words.
    Search(Arc<str>),
    /// Show the product with this index in the catalog.
    Page(u32),
    /// Show an order.
    Order(OrderRef),
}

impl Ask {
    /// What it is counted under.
    pub(crate) fn op(&self) -> Op {
        match self {
            Self::Place(ask) => match ask.pay {
                Pay::OnAccount => Op::Place,
                Pay::Card { .. } => Op::PlaceByCard,
            },
            Self::Search(_) => Op::Search,
            Self::Page(_) => Op::ProductPage,
            Self::Order(_) => Op::OrderPage,
        }
    }
}

/// The kinds of asks, each with its own histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    /// An order on account.
    Place,
    /// An order paid by card, answered when the payment is decided.
    PlaceByCard,
    /// A search.
    Search,
    /// A product page.
    ProductPage,
    /// An order's page.
    OrderPage,
}

impl Op {
    /// All of them, in the order of reports.
    pub(crate) const ALL: [Self; 5] =
        [Self::Place, Self::PlaceByCard, Self::Search, Self::ProductPage, Self::OrderPage];

    /// The name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::PlaceByCard => "place_by_card",
            Self::Search => "search",
            Self::ProductPage => "product_page",
            Self::OrderPage => "order_page",
        }
    }
}

/// An order to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderAsk {
    /// Whose it is.
    pub(crate) customer: Arc<str>,
    /// Its idempotency key.
    pub(crate) key: String,
    /// What is ordered.
    pub(crate) lines: Vec<Line>,
    /// How it is paid.
    pub(crate) pay: Pay,
}

/// A line to order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// The product's index in the catalog.
    pub(crate) product: u32,
    /// How many units.
    pub(crate) quantity: u32,
}

/// How an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pay {
    /// By invoice: confirmed in the placing entry.
    OnAccount,
    /// By a test card.
    Card {
        /// Its token.
        token: &'static str,
        /// The payment's status that this card leads to.
        leads_to: &'static str,
    },
}

/// An order's id as numbers: 35 hexadecimal digits, of which the first three are the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OrderRef {
    /// The slot of its customer.
    pub(crate) slot: u16,
    /// The rest.
    pub(crate) hash: u128,
}

impl OrderRef {
    /// The shard it lives in.
    pub(crate) fn shard(self, shards: u16) -> u16 {
        shard_of_slot(self.slot, shards)
    }
}

impl fmt::Display for OrderRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ord_{:03x}{:032x}", self.slot, self.hash)
    }
}

impl FromStr for OrderRef {
    type Err = NotAnOrder;

    fn from_str(text: &str) -> Result<Self, NotAnOrder> {
        let digits = text.strip_prefix("ord_").filter(|digits| digits.len() == 35);
        let (slot, hash) =
            digits.and_then(|digits| digits.split_at_checked(3)).ok_or(NotAnOrder)?;
        let slot = u16::from_str_radix(slot, 16).map_err(|_| NotAnOrder)?;
        let hash = u128::from_str_radix(hash, 16).map_err(|_| NotAnOrder)?;
        Ok(Self { slot, hash })
    }
}

/// A text that is no order id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an order id")]
pub(crate) struct NotAnOrder;

/// How many slots there are. Part of every order id, so it never changes.
const SLOTS: u32 = 4096;

/// The shard that owns a slot.
fn shard_of_slot(slot: u16, shards: u16) -> u16 {
    let shard = u32::from(slot) % SLOTS * u32::from(shards) / SLOTS;
    1 + u16::try_from(shard).unwrap_or(u16::MAX - 1)
}

/// One client's endless sequence of asks.
pub(crate) trait Script: Send {
    /// What it asks next.
    fn next(&mut self) -> Ask;

    /// It is told which order it got: some ask for it later.
    fn placed(&mut self, _order: OrderRef) {}
}

#[cfg(test)]
mod tests {
    use super::OrderRef;

    #[test]
    fn an_order_id_survives_and_says_its_shard() {
        let text = "ord_fff0123456789abcdef0123456789abcdef";
        let order: OrderRef = text.parse().unwrap();
        assert_eq!(order.to_string(), text);
        assert_eq!((order.slot, order.shard(4), order.shard(1)), (0xfff, 4, 1));
        assert_eq!(OrderRef { slot: 1024, hash: 0 }.shard(4), 2);
        assert_eq!(OrderRef { slot: 1023, hash: 0 }.shard(4), 1);
        assert!("ord_12".parse::<OrderRef>().is_err());
        assert!("prod_0123456789abcdef0123456789abcdef0123".parse::<OrderRef>().is_err());
    }
}
