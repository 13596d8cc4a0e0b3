//! Who orders while nodes break: for every shard as many clients as for any other.

use crate::workload::{Crowd, Customers, Pay, Script, UniformOrders};

/// One script for each client; client `c` has its customers in shard `1 + c mod shards`.
pub(crate) fn scripts(crowd: &Crowd, products: u32, shards: u16) -> Vec<Box<dyn Script>> {
    let script = |client: usize| -> Box<dyn Script> {
        let shard = 1 + u16::try_from(client % usize::from(shards.max(1))).unwrap_or_default();
        let customers = Customers::in_shard(&crowd.run, client, shard, shards);
        Box::new(UniformOrders {
            rng: crowd.rng(client),
            customers,
            products,
            lines: 1,
            pay: Pay::OnAccount,
        })
    };
    (0..crowd.clients).map(script).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::scripts;
    use crate::workload::{Ask, Crowd, shard_of_customer};

    #[test]
    fn every_shard_has_as_many_clients() {
        let crowd = Crowd { clients: 12, run: Arc::from("r"), seed: 1 };
        let mut shards: BTreeMap<u16, usize> = BTreeMap::new();
        for mut script in scripts(&crowd, 100, 4) {
            let Ask::Place(ask) = script.next() else { panic!("an order") };
            *shards.entry(shard_of_customer(&ask.customer, 4)).or_default() += 1;
        }
        assert_eq!(shards, BTreeMap::from([(1, 3), (2, 3), (3, 3), (4, 3)]));
    }
}
