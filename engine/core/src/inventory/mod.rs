//! Stock and the holds on it.
//!
//! Invariants: the level, on hand − sent ahead, is the sum of its movements (I1); held and
//! committed = the sums over active holds (I2); balance = level − held − committed − safety, and
//! never below −backorder limit (I3). A hold and its timer live and die together. An ended hold
//! leaves a marker for 72 hours and never reopens, unless its order sends units once more. How a
//! product's stock is sold is its policy's: see docs/stock.md. A product at several locations has a
//! place at each, which add up to its level (I18): see docs/adr/0013.

mod adjust_stock;
mod commit_hold;
mod end_units;
mod hold_stock;
mod location;
mod places;
mod policy;
mod put_location;
mod receive_stock;
mod release_hold;
pub(crate) mod rows;
mod set_stock;
mod set_stock_policy;
mod share;
mod take_again;
mod transfer_stock;
mod units;

use serde::{Deserialize, Serialize};

use crate::ids::{HoldId, LocationId, OrderId, ProductId};
use crate::money::Money;
use crate::pricing::Promotion;

pub use adjust_stock::AdjustStock;
pub use commit_hold::CommitHold;
pub(crate) use end_units::{end_units, restock};
pub use hold_stock::{HoldLine, HoldStock};
pub use location::{Location, LocationDetails};
pub(crate) use location::{learn, relevel};
pub use places::Place;
pub(crate) use places::{Level, idle};
pub use policy::{Allocation, StockPolicy};
pub use put_location::PutLocation;
pub use receive_stock::ReceiveStock;
pub use release_hold::ReleaseHold;
pub(crate) use rows::hold_name;
pub use set_stock::SetStock;
pub use set_stock_policy::SetStockPolicy;
pub use share::Share;
pub(crate) use take_again::take_again;
pub use transfer_stock::TransferStock;
use units::disarm;
pub(crate) use units::{
    NewHold, add_up, commit_units, forget_hold, hold_units, release_units, retime_hold, timer_kind,
};

/// The most units of one product that can be on hand.
pub const UNITS_MAX: u32 = 1_000_000_000;
/// The longest reason of an adjustment, in bytes of UTF-8.
pub const REASON_BYTES_MAX: usize = 256;
/// How long units are held for an order before its shard is asked about it, in milliseconds.
pub const ASK_AFTER_MS: u64 = 30_000;
/// The longest a hold without an order lasts, or until an order's shard is asked, in milliseconds:
/// 60 minutes.
pub const HOLD_MS_MAX: u64 = 60 * 60_000;
/// How long the marker of an ended hold is kept, in milliseconds: 72 hours.
pub const MARKER_RETENTION_MS: u64 = 72 * 3_600_000;

/// The longest name of a location, in bytes of UTF-8.
pub const LOCATION_NAME_BYTES_MAX: usize = 128;
/// The highest number that a location's priority can be: the last to be taken from.
pub const LOCATION_PRIORITY_MAX: u16 = 1_000;
/// The most locations a cluster has.
pub const LOCATIONS_MAX: usize = 100;
/// How many products' places one timer looks at when a location has changed.
pub const RELEVEL_ROWS_MAX: usize = 256;

/// The stock level of a product, over all its locations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Units in the warehouse.
    pub on_hand: u32,
    /// Units of carts and orders that are not paid yet.
    pub held: u32,
    /// Units of confirmed orders that are not shipped yet.
    pub committed: u32,
    /// How many movements there have been.
    pub movements: u64,
    /// What is kept back, what is sold before it is there, and when it is low.
    pub policy: StockPolicy,
    /// Units are, or were, elsewhere than at the default location: a row says what is where.
    pub located: bool,
    /// Units that nobody has at locations from which no order is served.
    pub idle: u32,
    /// Units that were sent from the default location before they were booked in. The next that
    /// come there are those; until then nothing is on hand there.
    pub sent_ahead: u32,
    /// Units that were ever sold: committed, whatever became of them later, those sent once more
    /// among them. What search calls popularity.
    pub sold: u64,
}

impl Stock {
    /// Units free to sell, those on backorder included: the most that one order can take now.
    pub fn available(&self) -> u32 {
        let free = self.balance() + i64::from(self.policy.backorder_limit);
        let free = free - i64::from(self.idle);
        u32::try_from(free.max(0)).unwrap_or(u32::MAX).min(UNITS_MAX)
    }

    /// Units that came less those that left: on hand, or below 0 what was sent ahead.
    pub fn level(&self) -> i64 {
        i64::from(self.on_hand) - i64::from(self.sent_ahead)
    }

    /// The level − held − committed − safety stock. Below 0 so many units are sold that are yet to
    /// come; never below −backorder limit (I3).
    pub fn balance(&self) -> i64 {
        let taken = i64::from(self.held) + i64::from(self.committed);
        self.level() - taken - i64::from(self.policy.safety)
    }

    /// The fewest units on hand that keep what was sold within the policy.
    pub fn least_on_hand(&self) -> u32 {
        let least = self.level() - self.balance();
        let least = least - i64::from(self.policy.backorder_limit);
        u32::try_from(least.max(0)).unwrap_or(u32::MAX)
    }

    /// Whether the balance is at its low-stock threshold or below.
    pub fn is_low(&self) -> bool {
        let threshold = self.policy.low_stock_threshold;
        threshold.is_some_and(|threshold| self.balance() <= i64::from(threshold))
    }

    /// Units held or committed.
    pub fn in_use(&self) -> u32 {
        self.held.saturating_add(self.committed)
    }
}

/// A change of the units on hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Effective now when it happened, in Unix milliseconds.
    pub at: u64,
    /// Units more, or fewer.
    pub delta: i64,
    /// Units on hand after it, over all locations, less those sent ahead; no fewer than none.
    pub on_hand: u32,
    /// Why.
    pub reason: MovementReason,
    /// Where; none for the default location.
    pub location: Option<LocationId>,
}

/// Why units on hand changed. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MovementReason {
    /// Units arrived.
    Received,
    /// A person or system said so, and why.
    Adjusted(String),
    /// The level was compared and set.
    Set(String),
    /// The seeds' interface set the units free to sell.
    SetAvailable,
    /// Units were sent to the customer of an order (T18).
    Shipped(OrderId),
    /// Units of an order turned out to be missing or broken (T26).
    WrittenOff(OrderId),
    /// Units of an order came back and can be sold again (T29, T35).
    Returned(OrderId),
    /// They went to another location, or came from one, and why.
    Transferred(String),
}

/// What becomes of committed units of an order. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnitsEnd {
    /// They were sent.
    Shipped,
    /// They are free to sell again.
    Released,
    /// They are missing or broken.
    WrittenOff,
}

/// Names a hold: by its order, or by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HoldRef {
    /// The units of an order that live in this shard. Only the order's decision releases them.
    Order(OrderId),
    /// A hold without an order. It lapses by itself.
    Free(HoldId),
}

/// Units of this shard's products that are kept for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Where it stands.
    pub state: HoldState,
    /// When its timer (ask, expire or forget) fires, in Unix milliseconds; 0 when there is none.
    pub timer_at: u64,
    /// What is held, one line for each product, prices as they were then.
    pub lines: Vec<HeldLine>,
    /// The promotion of which a use is held, as it was then.
    pub promotion: Option<Box<Promotion>>,
    /// Where the units are, of products of which not all are at the default location; and from
    /// where units were sent.
    pub shares: Vec<Share>,
}

impl Hold {
    /// What an ended hold leaves.
    pub(crate) fn marker(timer_at: u64) -> Self {
        let (state, lines, shares) = (HoldState::Released, Vec::new(), Vec::new());
        Self { state, timer_at, lines, promotion: None, shares }
    }

    /// What the holder is told.
    pub fn into_receipt(self, name: HoldRef) -> HoldReceipt {
        let expires_at = if matches!(name, HoldRef::Free(_)) { self.timer_at } else { 0 };
        let Self { state, lines, promotion, .. } = self;
        HoldReceipt { state, lines, expires_at, promotion }
    }
}

/// Where a hold stands. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldState {
    /// Units are held.
    Held,
    /// The order is confirmed: units are committed.
    Committed,
    /// Ended: a marker that it never reopens.
    Released,
}

/// One product of a hold: the receipt that the order's shard checks prices with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLine {
    /// Which product.
    pub product: ProductId,
    /// Its version then.
    pub version: u64,
    /// Its name then.
    pub name: String,
    /// What one unit cost then.
    pub unit_price: Money,
    /// How many units.
    pub quantity: u32,
    /// What one unit weighs, in grams.
    pub weight_grams: u32,
    /// Its tax category; empty is the standard one.
    pub tax_category: String,
}

/// What the holder of units is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReceipt {
    /// Where the hold stands.
    pub state: HoldState,
    /// What is held, one line for each product, in the order of the products' ids.
    pub lines: Vec<HeldLine>,
    /// When a hold without an order lapses, in Unix milliseconds; 0 for an order's.
    pub expires_at: u64,
    /// The promotion of which a use is held: what the order is priced by.
    pub promotion: Option<Box<Promotion>>,
}
