//! What the outside world expects of a shop: maps, sums, and nothing clever.
//!
//! It knows no rows, timers or effects. Units held are summed up over holds each time; what a shard
//! tells another, and when a timer fires, is taken from the engine, and judged.

use std::collections::BTreeMap;

use engine_core::inventory::{HoldLine, HoldRef, HoldState, UNITS_MAX};
use engine_core::order::Status;
use engine_core::payment::IntentId;
use engine_core::{
    Currency, FulfillmentId, KeyId, LocationId, OrderId, Owner, ProductId, PromotionId, Rejection,
    ShardId, Topology,
};

use super::carts::Carts;
use super::fulfillment::After;
use super::keys::ApiKey;
use super::locations::{Locations, Whence};
use super::policy::Policy;

/// Units of each product.
pub type Units = BTreeMap<ProductId, u64>;

/// The shop as anybody could describe it.
pub struct Model {
    pub topology: Topology,
    /// The latest stamp of each shard.
    pub now: BTreeMap<ShardId, u64>,
    pub products: BTreeMap<ProductId, Product>,
    pub holds: BTreeMap<(ShardId, HoldRef), Hold>,
    /// What those are told who ask for an order that will never be.
    pub decisions: BTreeMap<OrderId, (Rejection, u64)>,
    pub keys: BTreeMap<(Owner, u128), KeyResult>,
    pub orders: BTreeMap<OrderId, Order>,
    /// Units that were sent, or are missing, as the shards were told.
    pub gone: Units,
    pub api_keys: BTreeMap<KeyId, ApiKey>,
    pub shopping: Carts,
    pub locations: Locations,
    /// What shards have answered that were asked for units once more, and nobody has heard.
    pub answers: BTreeMap<(OrderId, FulfillmentId, ProductId), Option<u32>>,
    pub search_version: u64,
}

/// A product for sale.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    pub price: i64,
    pub currency: Currency,
    pub version: u64,
    pub archived: bool,
    /// Units on hand over all locations, less those that were sent before they came.
    pub level: i64,
    /// Of these, at each location but the default one that there ever were any at.
    pub elsewhere: BTreeMap<LocationId, u32>,
    pub policy: Policy,
}

/// Units kept for somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    pub state: HoldState,
    /// What, with its price when it was taken.
    pub lines: BTreeMap<ProductId, (u32, i64)>,
    /// The promotion of which it has a use.
    pub promotion: Option<PromotionId>,
    /// From where its units are, and were sent.
    pub whence: BTreeMap<ProductId, Whence>,
    /// When it lapses (no order), or is forgotten (ended), at the earliest.
    pub until: u64,
}

impl Hold {
    /// What is left of one that has ended.
    pub fn ended(until: u64) -> Self {
        let (lines, whence) = (BTreeMap::new(), BTreeMap::new());
        Self { state: HoldState::Released, lines, promotion: None, whence, until }
    }

    /// What is left of this one when it has ended: from where its units were sent.
    pub fn end(&self, until: u64) -> Self {
        let mut whence = self.whence.clone();
        whence.values_mut().flatten().for_each(|(_, units, _)| *units = 0);
        Self { whence, ..Self::ended(until) }
    }

    /// It knows from where units were sent, and not all from the default location.
    pub fn is_kept(&self) -> bool {
        let elsewhere = self.whence.values().filter(|whence| {
            whence.iter().any(|(location, _, _)| *location != LocationId::DEFAULT)
        });
        elsewhere.flatten().any(|(_, _, sent)| *sent > 0)
    }
}

/// What a key led to, and until when that is known.
pub struct KeyResult {
    pub body: u128,
    pub order: OrderId,
    pub refused: Option<Rejection>,
    pub until: u64,
}

/// An order, as its customer sees it.
#[derive(Debug, Clone)]
pub struct Order {
    pub owner: Owner,
    pub lines: Vec<HoldLine>,
    pub total: i64,
    pub promotion: Option<PromotionId>,
    /// The same, if its uses are counted.
    pub counted: Option<PromotionId>,
    pub on_account: bool,
    pub placed_at: u64,
    pub stage: Stage,
    /// It is not known whether money has moved.
    pub unknown: bool,
    /// The customer's bank asks for something.
    pub action: bool,
    /// To be canceled as soon as it is known whether money has moved.
    pub wish: bool,
    /// Until when, at the earliest, it is paid or over; none once that has passed.
    pub pay_until: Option<u64>,
    pub declines: u32,
    /// Since when nobody knows of a confirmation whether it was made.
    pub confirming_since: Option<u64>,
    pub intent: Option<IntentId>,
    pub was_confirmed: bool,
    /// Amounts did not fit or money could not go back: a person must look, nothing is promised.
    pub odd: bool,
    /// The provider's answers were not true, so its ledger is not compared.
    pub lied_to: bool,
    /// What became of it after it was confirmed.
    pub after: After,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stage {
    Pending,
    Confirmed,
    /// Its units are still held.
    Canceling(Why),
    /// Its units are free, and its money is on its way.
    Returning,
    Ended(Why),
}

/// Why an order ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Why {
    Customer,
    Expired,
    Failed,
}

impl Order {
    /// The headline.
    pub fn status(&self) -> Status {
        match self.stage {
            Stage::Pending if self.unknown => Status::PaymentUnknown,
            Stage::Pending if self.action => Status::RequiresAction,
            Stage::Pending => Status::PaymentPending,
            Stage::Confirmed => self.after.status(&self.lines),
            Stage::Canceling(_) | Stage::Returning => Status::Canceling,
            Stage::Ended(Why::Customer) => Status::Canceled,
            Stage::Ended(Why::Expired) => Status::Expired,
            Stage::Ended(Why::Failed) => Status::PaymentFailed,
        }
    }

    /// It holds units without being confirmed.
    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Pending | Stage::Canceling(_))
    }

    /// Its units are held or committed.
    pub fn has_units(&self) -> bool {
        !matches!(self.stage, Stage::Returning | Stage::Ended(_))
    }

    /// Units of it are held or committed among those wanted: neither sent nor canceled.
    pub fn has_units_of(&self, wanted: impl Fn(ProductId) -> bool) -> bool {
        let left = self.lines.iter().zip(&self.after.done);
        let mut left = left.filter(|(line, done)| line.quantity > done.canceled + done.shipped);
        self.has_units() && left.any(|(line, _)| wanted(line.product))
    }
}

impl Model {
    pub fn new(topology: Topology) -> Self {
        Self {
            topology,
            now: BTreeMap::new(),
            products: BTreeMap::new(),
            holds: BTreeMap::new(),
            decisions: BTreeMap::new(),
            keys: BTreeMap::new(),
            orders: BTreeMap::new(),
            gone: Units::new(),
            api_keys: BTreeMap::new(),
            shopping: Carts::default(),
            locations: Locations::default(),
            answers: BTreeMap::new(),
            search_version: 0,
        }
    }

    /// A shard has seen a stamp.
    pub fn tick(&mut self, shard: ShardId, stamp: u64) {
        let now = self.now.entry(shard).or_insert(stamp);
        *now = stamp.max(*now);
    }

    pub fn now(&self, shard: ShardId) -> u64 {
        self.now.get(&shard).copied().unwrap_or(0)
    }

    pub fn home(&self, order: OrderId) -> ShardId {
        self.topology.of_order(order)
    }

    /// Units of a product in holds of a state.
    pub fn units(&self, product: ProductId, state: HoldState) -> u64 {
        let holds = self.holds.values().filter(|hold| hold.state == state);
        holds.filter_map(|hold| hold.lines.get(&product)).map(|line| u64::from(line.0)).sum()
    }

    /// Units of a product that are free to sell.
    pub fn available(&self, product: ProductId) -> u64 {
        let backorders = i64::from(self.products[&product].policy.backorders);
        let free = self.balance(product) + backorders;
        assert!(free >= 0, "{product} is sold twice");
        (free - self.idle(product)).max(0).min(UNITS_MAX.into()) as u64
    }

    /// An order's units in a shard are no longer taken.
    pub fn free(&mut self, shard: ShardId, name: HoldRef) {
        let until = self.now(shard) + engine_core::inventory::MARKER_RETENTION_MS;
        match self.holds.get_mut(&(shard, name)) {
            Some(hold) if hold.state == HoldState::Released => {}
            Some(hold) => *hold = hold.end(until),
            None => {
                self.holds.insert((shard, name), Hold::ended(until));
            }
        }
    }

    /// An order wants, or wanted, something of a shard.
    pub fn has_units_in(&self, order: &Order, shard: ShardId) -> bool {
        self.counting_shard(order.counted) == Some(shard)
            || order.lines.iter().any(|line| self.topology.of_product(line.product) == shard)
    }

    /// An order has something in a shard: units that were neither sent nor canceled, or the use of
    /// a promotion.
    pub fn keeps_units_in(&self, order: &Order, shard: ShardId) -> bool {
        let counts = order.has_units() && self.counting_shard(order.counted) == Some(shard);
        counts || order.has_units_of(|product| self.topology.of_product(product) == shard)
    }

    /// An order's units in its own shard, if there are any, are committed or free.
    pub fn settle_own(&mut self, order: OrderId, state: HoldState) {
        let own = (self.home(order), HoldRef::Order(order));
        let placed = self.orders.get(&order);
        let wanted = placed.is_some_and(|placed| self.has_units_in(placed, own.0));
        match (self.holds.get_mut(&own), state) {
            (None, _) => {}
            (Some(_), HoldState::Released) => self.free(own.0, own.1),
            (Some(hold), state) if wanted && hold.state == HoldState::Held => hold.state = state,
            _ => {}
        }
    }
}

/// The units of each product, summed up.
pub fn add_up<'a>(lines: impl IntoIterator<Item = &'a HoldLine>) -> Units {
    let mut units = Units::new();
    for line in lines {
        *units.entry(line.product).or_default() += u64::from(line.quantity);
    }
    units
}
