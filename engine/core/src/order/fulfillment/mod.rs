//! Fulfillments: units of an order that are picked, packed and sent together. T14, T15, T18, T19,
//! T35.
//!
//! An order's units are in at most one open fulfillment. They leave the warehouse only once they
//! are paid (or the customer is trusted with an invoice), and only when nothing blocks the order.

mod cancel;
mod create;
mod deliver;
mod lose;
mod pack;
mod reship;
mod ship;

use serde::{Deserialize, Serialize};

use super::{Change, Order, Review, Units, rows};
use crate::apply::{Ctx, Stop};
use crate::ids::{FulfillmentId, OrderId, ProductId};
use crate::inventory::UnitsEnd;
use crate::payment::PaymentState;
use crate::rejection::{Blocked, Field, Rejection, ShortLine};

pub use cancel::CancelFulfillment;
pub use create::CreateFulfillment;
pub use deliver::DeliverFulfillment;
pub use lose::{LoseFulfillment, Lost};
pub use pack::PackFulfillment;
pub(crate) use reship::taken_again;
pub use reship::{Asked, ReshipFulfillment};
pub use ship::ShipFulfillment;

/// The most fulfillments of one order, canceled ones included.
pub const FULFILLMENTS_PER_ORDER_MAX: usize = 100;
/// The longest name of a carrier and the longest tracking number, in bytes of UTF-8.
pub const SHIPPING_TEXT_BYTES_MAX: usize = 128;
/// After which time what was sent counts as delivered, in milliseconds: 14 days.
pub const DELIVER_ASSUMED_MS: u64 = 14 * 24 * 3_600_000;

/// Units of an order that are sent together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfillment {
    /// Its id.
    pub id: FulfillmentId,
    /// Where it stands.
    pub state: FulfillmentState,
    /// What is in it.
    pub lines: Vec<LineUnits>,
    /// Who brings it, once it is sent.
    pub carrier: String,
    /// The carrier's number of it, or empty.
    pub tracking: String,
    /// When it was made, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// When it was sent, in Unix milliseconds.
    pub shipped_at: Option<u64>,
    /// When it arrived, in Unix milliseconds.
    pub delivered_at: Option<u64>,
    /// When it counts as delivered if nobody says so before, in Unix milliseconds.
    pub deliver_at: Option<u64>,
    /// Of one that never arrived: how its customer gets what they paid for.
    pub made_up: MadeUp,
    /// Of one that is sent for another that never arrived: what is said of its units.
    pub again: Option<Box<Again>>,
}

/// How the customer gets what they paid for and never got (T35). Append only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MadeUp {
    /// Not yet, or not here.
    #[default]
    No,
    /// What its units cost goes back.
    Refunded,
    /// As many units are sent once more, in this fulfillment.
    Reshipped(FulfillmentId),
}

/// Units that are sent once more: what the shards of their products have said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The fulfillment that never arrived.
    pub of: FulfillmentId,
    /// Products whose shards have not answered.
    pub waits: Vec<ProductId>,
    /// Products whose units are committed once more.
    pub taken: Vec<ProductId>,
    /// Products of which there were too few.
    pub short: Vec<ShortLine>,
}

/// Where a fulfillment stands. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FulfillmentState {
    /// Its units are being fetched.
    Picking,
    /// It is ready to be sent.
    Packed,
    /// It is on its way.
    Shipped,
    /// It has arrived.
    Delivered,
    /// It was given up before it was sent: its units wait for another.
    Canceled,
    /// It was sent and never arrived (T35).
    Lost,
    /// It was sent and came back, for nobody took it (T35).
    ReturnedToSender,
    /// The shards of its products were asked for its units, and not all have answered (T35).
    Reserving,
    /// There were too few units of its products: it is over (T35).
    OutOfStock,
}

impl FulfillmentState {
    /// Every state, in their order.
    pub const ALL: [Self; 9] = [
        Self::Picking,
        Self::Packed,
        Self::Shipped,
        Self::Delivered,
        Self::Canceled,
        Self::Lost,
        Self::ReturnedToSender,
        Self::Reserving,
        Self::OutOfStock,
    ];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Picking => "picking",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Canceled => "canceled",
            Self::Lost => "lost",
            Self::ReturnedToSender => "returned_to_sender",
            Self::Reserving => "reserving",
            Self::OutOfStock => "out_of_stock",
        }
    }

    /// It never arrived (T35).
    pub fn is_lost(self) -> bool {
        matches!(self, Self::Lost | Self::ReturnedToSender)
    }

    /// Its units are set aside and not sent.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Picking | Self::Packed)
    }
}

/// Units of one line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineUnits {
    /// Which line: its place in the order, from 0.
    pub line: u32,
    /// How many units: at least 1.
    pub quantity: u32,
}

impl Fulfillment {
    /// The shards of its products are asked for its units.
    pub fn is_reserving(&self) -> bool {
        self.state == FulfillmentState::Reserving
    }

    /// Units that are fetched from now on.
    fn new(id: FulfillmentId, lines: Vec<LineUnits>, now: u64) -> Self {
        Self {
            id,
            state: FulfillmentState::Picking,
            lines,
            carrier: String::new(),
            tracking: String::new(),
            created_at: now,
            updated_at: now,
            shipped_at: None,
            delivered_at: None,
            deliver_at: None,
            made_up: MadeUp::No,
            again: None,
        }
    }
}

/// The order that a seller's command is about: `OrderNotFound`, `VersionMismatch`.
pub(in crate::order) fn find(
    ctx: &Ctx<'_, '_>,
    id: OrderId,
    expected: Option<u64>,
) -> Result<Order, Stop> {
    let order = rows::order(ctx.txn, id)?.ok_or(Rejection::OrderNotFound)?;
    match expected {
        Some(expected) if expected != order.version => {
            Err(Rejection::VersionMismatch { expected, actual: order.version }.into())
        }
        _ => Ok(order),
    }
}

impl Order {
    /// Refuses to go on with an order that waits for somebody or is over: `OrderBlocked`.
    pub(in crate::order) fn check_unblocked(&self) -> Result<(), Rejection> {
        let confirmed = self.units == Units::Committed && self.ending.is_none();
        let why = match () {
            () if !confirmed || self.progress.closed_at.is_some() => Blocked::Status,
            () if self.flags.cancel_requested => Blocked::CancelRequested,
            () if self.flags.on_hold => Blocked::OnHold,
            () if self.flags.disputed => Blocked::Disputed,
            () if self.flags.needs_review == Some(Review::AmountMismatch) => Blocked::NeedsReview,
            () => return Ok(()),
        };
        Err(Rejection::OrderBlocked { status: self.status(), why })
    }

    /// The lines, in their order and each named once: `OutOfRange`, `LineNotFound`, then
    /// `TooManyOfLine` by what is left of each.
    pub(in crate::order) fn check_lines(
        &self,
        lines: &[LineUnits],
        left: impl Fn(u32) -> u32,
    ) -> Result<Vec<LineUnits>, Rejection> {
        let mut lines = lines.to_vec();
        lines.sort_unstable_by_key(|units| units.line);
        if lines.is_empty() || lines.windows(2).any(|pair| pair[0].line == pair[1].line) {
            let max = self.lines.len() as i64;
            return Err(Rejection::OutOfRange { field: Field::Lines, min: 1, max });
        }
        for &LineUnits { line, quantity } in &lines {
            let ordered = self.lines.get(line as usize).ok_or(Rejection::LineNotFound { line })?;
            if !(1..=ordered.quantity).contains(&quantity) {
                let max = i64::from(ordered.quantity);
                return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max });
            }
        }
        for &LineUnits { line, quantity } in &lines {
            let left = left(line);
            if quantity > left {
                return Err(Rejection::TooManyOfLine { line, requested: quantity, left });
            }
        }
        Ok(lines)
    }

    /// Refuses a fulfillment more than an order may have: `TooManyFulfillments`.
    fn check_room(&self) -> Result<(), Rejection> {
        if self.progress.fulfillments.len() < FULFILLMENTS_PER_ORDER_MAX {
            return Ok(());
        }
        Err(Rejection::TooManyFulfillments { limit: FULFILLMENTS_PER_ORDER_MAX as u32 })
    }

    /// Where a fulfillment is in the list.
    fn place_of(&self, id: FulfillmentId) -> Result<usize, Rejection> {
        let place = self.progress.fulfillments.iter().position(|it| it.id == id);
        place.ok_or(Rejection::FulfillmentNotFound)
    }
}

impl Change<'_, '_, '_> {
    /// The fulfillment at a place in the list is in another state now.
    fn set_state(&mut self, place: usize, state: FulfillmentState) {
        let now = self.ctx.now();
        if let Some(fulfillment) = self.order.progress.fulfillments.get_mut(place) {
            fulfillment.state = state;
            fulfillment.updated_at = now;
        }
    }

    /// The order is over, so nothing that was not sent will be.
    pub(in crate::order) fn cancel_fulfillments(&mut self) {
        for place in 0..self.order.progress.fulfillments.len() {
            if self.order.progress.fulfillments[place].state.is_open() {
                self.set_state(place, FulfillmentState::Canceled);
            }
        }
    }

    /// Ends the commitment of units of a line, in its product's shard.
    pub(in crate::order) fn end_units(
        &mut self,
        units: LineUnits,
        how: UnitsEnd,
    ) -> Result<(), Stop> {
        let Some(line) = self.order.lines.get_mut(units.line as usize) else { return Ok(()) };
        match how {
            UnitsEnd::Shipped => line.progress.shipped += units.quantity,
            UnitsEnd::Released | UnitsEnd::WrittenOff => line.progress.canceled += units.quantity,
        }
        let product = line.product;
        self.end_units_of(product, units.quantity, how)?;
        Ok(())
    }
}

impl Order {
    /// The goods may leave: the money is here, the customer is trusted with an invoice, or nothing
    /// is to be paid.
    pub(in crate::order) fn lets_ship(&self) -> bool {
        // What a confirmed order has void is what it does not owe any longer (T26).
        self.payment.state.is_captured()
            || matches!(
                self.payment.state,
                PaymentState::OnAccount
                    | PaymentState::NothingDue
                    | PaymentState::Voiding
                    | PaymentState::Voided
            )
    }
}
