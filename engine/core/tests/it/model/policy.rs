//! How stock is sold: what is expected of its policy, and of the word that it is low.

use std::collections::BTreeMap;

use engine_core::feed::{self, Event};
use engine_core::inventory::{Allocation, UNITS_MAX};
use engine_core::{Command, Field, ProductId, Rejection, SetStockPolicy, ShardId};

use super::expect::Expected;
use super::naive::Model;
use super::shop::Shop;
use super::stock::out_of_range;

/// How a product's stock is sold.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub version: u64,
    pub safety: u32,
    pub backorders: u32,
    pub low_at: Option<u32>,
    pub allocation: Allocation,
}

impl Default for Policy {
    fn default() -> Self {
        let allocation = Allocation::Priority;
        Self { version: 1, safety: 0, backorders: 0, low_at: None, allocation }
    }
}

impl Model {
    pub fn set_policy(&mut self, command: &SetStockPolicy) -> Expected {
        let SetStockPolicy { product, safety, backorder_limit, low_stock_threshold, .. } = *command;
        self.known(product)?;
        let version = self.products[&product].policy.version;
        if let Some(expected) = command.expected_version.filter(|seen| *seen != version) {
            return Err(Rejection::VersionMismatch { expected, actual: version });
        }
        let max = i64::from(UNITS_MAX);
        let mut fields = vec![(Field::Safety, safety), (Field::BackorderLimit, backorder_limit)];
        fields.extend(low_stock_threshold.map(|units| (Field::LowStockThreshold, units)));
        if let Some((field, _)) = fields.into_iter().find(|(_, units)| i64::from(*units) > max) {
            return Err(out_of_range(field, 0, max));
        }
        let sold = self.in_use(product) as i64 - self.products[&product].level;
        let backorders = i64::from(backorder_limit);
        if sold > backorders {
            return Err(out_of_range(Field::BackorderLimit, sold, max));
        }
        if sold + i64::from(safety) > backorders {
            return Err(out_of_range(Field::Safety, 0, backorders - sold));
        }
        let (version, allocation) = (version + 1, command.allocation);
        let (backorders, low_at) = (backorder_limit, low_stock_threshold);
        let policy = Policy { version, safety, backorders, low_at, allocation };
        self.products.get_mut(&product).expect("a known product").policy = policy;
        Ok(self.level(product))
    }

    /// Units on hand that nobody has, safety stock left out; below 0 so many are yet to come.
    pub fn balance(&self, product: ProductId) -> i64 {
        let row = &self.products[&product];
        row.level - self.in_use(product) as i64 - i64::from(row.policy.safety)
    }

    pub fn least_on_hand(&self, product: ProductId) -> u32 {
        let policy = &self.products[&product].policy;
        let least = self.in_use(product) as i64 + i64::from(policy.safety);
        (least - i64::from(policy.backorders)).max(0) as u32
    }

    fn is_low(&self, product: ProductId) -> bool {
        let low_at = self.products[&product].policy.low_at;
        low_at.is_some_and(|units| self.balance(product) <= i64::from(units))
    }

    /// Which of a shard's products are low.
    fn low(&self, shard: ShardId) -> BTreeMap<ProductId, bool> {
        let here = self.products.keys().filter(|id| self.topology.of_product(**id) == shard);
        here.map(|id| (*id, self.is_low(*id))).collect()
    }
}

/// Which products of a shard were low before a command.
pub struct Low {
    shard: ShardId,
    before: BTreeMap<ProductId, bool>,
    last: u64,
}

impl Low {
    /// Looks at a shard before the model takes a command in.
    pub fn before(shop: &Shop, model: &Model, shard: ShardId) -> Self {
        let last = feed::head(shop.rows(shard)).unwrap().last;
        Self { shard, before: model.low(shard), last }
    }

    /// Fails unless the feed says of each product that has become low that it has, once.
    pub fn compare(self, shop: &Shop, model: &Model, command: &Command) {
        let mut told = BTreeMap::<ProductId, usize>::new();
        for (_, entry) in feed::entries(shop.rows(self.shard), self.last, usize::MAX).unwrap() {
            for event in entry.events {
                if let Event::StockLow { product, balance, threshold } = event {
                    assert!(balance <= i64::from(threshold), "{product} is not low at {balance}");
                    *told.entry(product).or_default() += 1;
                }
            }
        }
        // Many units may come and go within one of these: a level may fall twice.
        let many = matches!(command, Command::Deliver(_) | Command::Pulse(_));
        for (product, after) in model.low(self.shard) {
            let before = self.before.get(&product).copied().unwrap_or(false);
            let fell = usize::from(after && !before);
            let told = told.get(&product).copied().unwrap_or(0);
            let fits = if many { told >= fell } else { told == fell };
            assert!(fits, "{product} was told to be low {told} times after {command:?}");
        }
    }
}
