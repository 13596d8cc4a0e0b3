//! `baskets`: the baskets of a real wholesaler, replayed in their order by all clients together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Ask, BasketFile, Customers, OrderAsk, Pay, Script};

/// One of the clients that replay the file; they share the place where it stands.
#[derive(Debug)]
pub(super) struct Baskets {
    pub(super) file: Arc<BasketFile>,
    pub(super) place: Arc<AtomicUsize>,
    pub(super) run: Arc<str>,
    pub(super) customers: Customers,
}

impl Script for Baskets {
    fn next(&mut self) -> Ask {
        let place = self.place.fetch_add(1, Ordering::Relaxed);
        let basket = &self.file.baskets[place % self.file.baskets.len()];
        let (somebody, key) = self.customers.next();
        let customer = if basket.customer.is_empty() {
            somebody
        } else {
            format!("cus_{}_{}", self.run, basket.customer).into()
        };
        Ask::Place(OrderAsk { customer, key, lines: basket.lines.clone(), pay: Pay::OnAccount })
    }
}
