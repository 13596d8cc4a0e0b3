//! `mixed`: people in a shop. They search, look at products, sometimes buy by card and look at the
//! order; one card in ten is declined.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::order_card::CARD;
use super::{Ask, Customers, Line, OrderAsk, OrderRef, Pay, Script};

/// Of a hundred asks, how many are searches.
const SEARCHES_PERCENT: u32 = 30;
/// Of a hundred asks, how many are orders. An order's page follows each; the rest are products.
const ORDERS_PERCENT: u32 = 10;
/// Of a hundred orders, how many are paid with a card that is declined.
const DECLINED_PERCENT: u32 = 10;
/// The most lines of an order.
const LINES_MAX: usize = 3;

const DECLINED_CARD: Pay = Pay::Card { token: "pm_card_chargeDeclined", leads_to: "declined" };

/// One person in the shop.
#[derive(Debug)]
pub(super) struct Shopper {
    pub(super) rng: ChaCha8Rng,
    pub(super) customers: Customers,
    pub(super) products: u32,
    pub(super) queries: Arc<[Arc<str>]>,
    pub(super) to_look_at: VecDeque<OrderRef>,
}

impl Script for Shopper {
    fn next(&mut self) -> Ask {
        if let Some(order) = self.to_look_at.pop_front() {
            return Ask::Order(order);
        }
        let dice = self.rng.random_range(0..100);
        if dice < SEARCHES_PERCENT {
            let query = self.rng.random_range(0..self.queries.len());
            Ask::Search(Arc::clone(&self.queries[query]))
        } else if dice < SEARCHES_PERCENT + ORDERS_PERCENT {
            Ask::Place(self.order())
        } else {
            Ask::Page(self.rng.random_range(0..self.products))
        }
    }

    fn placed(&mut self, order: OrderRef) {
        self.to_look_at.push_back(order);
    }
}

impl Shopper {
    fn order(&mut self) -> OrderAsk {
        let (customer, key) = self.customers.next();
        let count = self.rng.random_range(1..=LINES_MAX);
        let line = |rng: &mut ChaCha8Rng| Line {
            product: rng.random_range(0..self.products),
            quantity: rng.random_range(1..=2),
        };
        let lines = (0..count).map(|_| line(&mut self.rng)).collect();
        let declined = self.rng.random_range(0..100) < DECLINED_PERCENT;
        OrderAsk { customer, key, lines, pay: if declined { DECLINED_CARD } else { CARD } }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::Arc;

    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::{DECLINED_CARD, Shopper};
    use crate::workload::{Ask, Customers, Op, OrderRef, Script as _};

    #[test]
    fn people_mostly_look_and_sometimes_buy() {
        let mut shopper = Shopper {
            rng: ChaCha8Rng::seed_from_u64(1),
            customers: Customers::anywhere("r", 0),
            products: 100,
            queries: Arc::from([Arc::from("tv")]),
            to_look_at: VecDeque::new(),
        };
        let mut counts: BTreeMap<Op, u32> = BTreeMap::new();
        let mut declined = 0;
        for _ in 0..10_000 {
            let ask = shopper.next();
            *counts.entry(ask.op()).or_default() += 1;
            if let Ask::Place(ask) = ask {
                declined += u32::from(ask.pay == DECLINED_CARD);
                shopper.placed(OrderRef { slot: 0, hash: 0 });
                assert_eq!(shopper.next().op(), Op::OrderPage);
            }
        }
        let orders = counts[&Op::PlaceByCard];
        assert!((800..1200).contains(&orders) && (50..150).contains(&declined), "{counts:?}");
        assert!(counts[&Op::ProductPage] > counts[&Op::Search]);
    }
}
