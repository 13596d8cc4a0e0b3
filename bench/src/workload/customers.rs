//! Who orders. Each client has customers of its own, so that lists of their orders can be checked.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::{SLOTS, shard_of_slot};

/// How many customers one client orders for.
const CUSTOMERS_PER_CLIENT: usize = 16;

/// The shard of a customer's orders.
pub(crate) fn shard_of_customer(customer: &str, shards: u16) -> u16 {
    let slot = xxh3_64(customer.as_bytes()) % u64::from(SLOTS);
    shard_of_slot(u16::try_from(slot).unwrap_or_default(), shards)
}

/// One client's customers, and the keys of their orders. Names and keys carry the run, so that
/// another run against the same cluster never meets them.
#[derive(Debug)]
pub(crate) struct Customers {
    names: Vec<Arc<str>>,
    prefix: String,
    orders: usize,
}

impl Customers {
    /// Customers that live wherever their names put them.
    pub(crate) fn anywhere(run: &str, client: usize) -> Self {
        let name = |n: usize| Arc::from(format!("cus_{run}_{client}_{n}"));
        let names = (0..CUSTOMERS_PER_CLIENT).map(name).collect();
        Self { names, prefix: format!("{run}-{client}"), orders: 0 }
    }

    /// Customers that all live in one shard.
    pub(crate) fn in_shard(run: &str, client: usize, shard: u16, shards: u16) -> Self {
        let names = (0..)
            .map(|n: usize| format!("cus_{run}_{client}_{n}"))
            .filter(|name| shard_of_customer(name, shards) == shard)
            .take(CUSTOMERS_PER_CLIENT)
            .map(Arc::from)
            .collect();
        Self { names, prefix: format!("{run}-{client}"), orders: 0 }
    }

    /// The customer of the next order, and its key.
    pub(crate) fn next(&mut self) -> (Arc<str>, String) {
        let customer = Arc::clone(&self.names[self.orders % self.names.len()]);
        (customer, self.key())
    }

    /// The key of the next order.
    pub(crate) fn key(&mut self) -> String {
        self.orders += 1;
        format!("{}-{}", self.prefix, self.orders)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CUSTOMERS_PER_CLIENT, Customers, shard_of_customer};

    #[test]
    fn keys_never_repeat_and_customers_take_turns() {
        let mut customers = Customers::anywhere("r", 3);
        let drawn: Vec<_> = (0..100).map(|_| customers.next()).collect();
        let keys: BTreeSet<_> = drawn.iter().map(|(_, key)| key).collect();
        let names: BTreeSet<_> = drawn.iter().map(|(name, _)| name).collect();
        assert_eq!((keys.len(), names.len()), (100, CUSTOMERS_PER_CLIENT));
    }

    #[test]
    fn customers_of_a_shard_live_there() {
        for shard in 1..=4 {
            let mut customers = Customers::in_shard("r", 0, shard, 4);
            let (name, _) = customers.next();
            assert_eq!(shard_of_customer(&name, 4), shard);
        }
    }
}
