//! Orders: ORDERS.md §3 and, of §4, T1–T4 with T1o, T6–T35 with T23o; of T35
//! what is lost is refunded, not sent again.
//!
//! An order lives in the shard of its customer; its units are holds in the shards of its products.
//! The headline status is derived from hold, payment and flags by [`Order::status`]: the parts can
//! never disagree with the label.

mod attention;
mod cancel_lines;
mod cancel_order;
mod change;
mod confirm;
mod decision;
mod dispute;
mod ending;
mod fulfillment;
mod place_order;
mod progress;
mod receipts;
mod recover_order;
mod refund;
mod refuse_order;
mod resolve_hold;
mod returns;
pub(crate) mod rows;
mod status;
mod timers;
mod transitions;

use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, Owner, ProductId, ShardId};
use crate::inventory::HeldLine;
use crate::money::Currency;
use crate::notice::Contact;
use crate::payment::Payment;
use crate::pricing::{AppliedTax, Pricing, part};
use crate::rejection::Rejection;

pub use attention::{Attention, CALL_ALARM_MS, Recovery, TIMER_ALARM_MS, UNKNOWN_ALARM_MS};
pub use cancel_lines::CancelLines;
pub use cancel_order::CancelOrder;
pub(crate) use change::{Change, OrderTimer};
pub use dispute::{DISPUTE_ID_BYTES_MAX, Dispute, DisputeState, NoteDispute};
pub(crate) use fulfillment::taken_again;
pub use fulfillment::{
    Again, Asked, CancelFulfillment, CreateFulfillment, DELIVER_ASSUMED_MS, DeliverFulfillment,
    FULFILLMENTS_PER_ORDER_MAX, Fulfillment, FulfillmentState, LineUnits, LoseFulfillment, Lost,
    MadeUp, PackFulfillment, ReshipFulfillment, SHIPPING_TEXT_BYTES_MAX, ShipFulfillment,
};
pub use place_order::{PlaceOrder, Receipt};
pub use progress::{LineProgress, Progress, RETURN_WINDOW_MS};
pub use recover_order::RecoverOrder;
pub use refund::{
    ImportRefund, REFUND_PENDING_MS, REFUNDS_PER_ORDER_MAX, Refund, RefundOrder, RefundState,
};
pub use refuse_order::RefuseOrder;
pub use resolve_hold::ResolveHold;
pub(crate) use resolve_hold::resolve;
pub use returns::{
    ApproveReturn, CancelReturn, Condition, RETURN_SHIP_MS, RETURNS_PER_ORDER_MAX, ReceiveReturn,
    Received, RejectReturn, RequestReturn, Return, ReturnState,
};
pub use status::Status;
pub(crate) use timers::{retime_hold, timer_fired};
pub use transitions::{TRANSITIONS, TransitionRow};

/// The most lines of one order.
pub const LINES_PER_ORDER_MAX: usize = 200;
/// The most orders of one owner that hold units without being confirmed, so that nobody can take a
/// shop's stock away without paying. Orders on account are never among them.
pub const OPEN_ORDERS_MAX: u32 = 20;
/// How many orders of an owner hold units unconfirmed. No row means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOrders(pub u32);

/// How long units are held for a payment, in milliseconds: 15 minutes.
pub const ORDER_HOLD_MS: u64 = 15 * 60_000;
/// How long the customer has for an action that the bank asks for, in milliseconds: 15 minutes.
pub const ACTION_MS: u64 = 15 * 60_000;
/// The longest that units are held for an order's payment and action together, in milliseconds.
pub const ORDER_HOLD_MAX_MS: u64 = 60 * 60_000;
/// How long a decision on an order that was not placed is kept, in milliseconds: 72 hours.
pub const DECISION_RETENTION_MS: u64 = 72 * 3_600_000;
/// How much longer it is kept each time, while a shard may not have been told of it: one hour.
pub const DECISION_KEPT_ON_MS: u64 = 3_600_000;
/// After which time a confirmed order that nobody has begun to fulfill raises an alarm: 48 hours.
pub const FULFILL_SLA_MS: u64 = 48 * 3_600_000;
/// How long a new payment is waited for after the money could not be captured, in milliseconds: 48
/// hours.
pub const REPAY_MS: u64 = 48 * 3_600_000;

/// An order as it is stored and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose it is.
    pub owner: Owner,
    /// One more with each change.
    pub version: u64,
    /// When it was placed, in Unix milliseconds.
    pub placed_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// The currency of every amount of it.
    pub currency: Currency,
    /// What it costs, in minor units.
    pub total: i64,
    /// What was ordered, in the customer's order of lines.
    pub lines: Vec<OrderLine>,
    /// Its units.
    pub units: Units,
    /// Its payment.
    pub payment: Payment,
    /// Why it is ending or has ended, if it is.
    pub ending: Option<Ending>,
    /// What somebody should know beside the status.
    pub flags: Flags,
    /// The shards, other than its own, that hold units for it.
    pub hold_shards: Vec<ShardId>,
    /// When each armed timer fires.
    pub timers: OrderTimers,
    /// How many provider calls were ordered for it so far: numbers the next.
    pub calls: u32,
    /// How many of them are not settled: 0 or 1.
    pub calls_pending: u32,
    /// How many history rows it has.
    pub transitions: u32,
    /// What became of it after it was confirmed.
    pub progress: Progress,
    /// Where its owner is told of it.
    pub contact: Contact,
    /// What the total came from.
    pub pricing: Pricing,
}

/// One line of an order, prices as the customer agreed to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Which product.
    pub product: ProductId,
    /// Its version then.
    pub version: u64,
    /// Its name then.
    pub name: String,
    /// What one unit costs, in minor units.
    pub unit_price: i64,
    /// How many units.
    pub quantity: u32,
    /// What became of them after the order was confirmed.
    pub progress: LineProgress,
    /// What the promotion takes off the line, in minor units.
    pub discount: i64,
    /// The tax on the line, after the discount.
    pub tax: Option<AppliedTax>,
}

/// Where the order's units stand. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Units {
    /// Held until the payment is decided.
    Held,
    /// Still held while the payment is being voided.
    Expiring,
    /// Committed: they wait for shipping.
    Committed,
    /// Given back.
    Released,
}

/// Why an order ends without being fulfilled. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The customer (or a person for them) canceled it.
    Customer,
    /// The payment took too long.
    Expired,
    /// The payment was declined for good.
    PaymentFailed,
}

/// What somebody should know beside the status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// A person must look at it, and why.
    pub needs_review: Option<Review>,
    /// The customer wants it canceled as soon as the payment's state is known (T22).
    pub cancel_requested: bool,
    /// A call other than Create or Confirm has an unknown outcome and is being resolved.
    pub reconciling: bool,
    /// The money cannot be captured: a new payment is needed before it goes on (T16).
    pub on_hold: bool,
    /// The customer's bank wants the money back, and nobody knows yet who is right (T33).
    pub disputed: bool,
}

/// Why a person must look at an order. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Review {
    /// The provider authorized another amount than the order's total (T7a).
    AmountMismatch,
    /// The payment's outcome has been unknown for 24 hours (T10a).
    PaymentUnknown,
    /// Money came for an order that has ended (T13).
    OrphanMoney,
    /// The authorization is about to lapse (T17).
    AuthorizationExpiring,
    /// Nobody has begun to fulfill it in time.
    FulfillmentOverdue,
    /// The provider refused a void or a refund for good.
    ProviderRefused,
    /// A refund has been on its way for ten days.
    RefundOverdue,
    /// The customer's bank wants the money back, and somebody must answer it (T33).
    Disputed,
}

impl Review {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AmountMismatch => "amount_mismatch",
            Self::PaymentUnknown => "payment_unknown",
            Self::OrphanMoney => "orphan_money",
            Self::AuthorizationExpiring => "authorization_expiring",
            Self::FulfillmentOverdue => "fulfillment_overdue",
            Self::ProviderRefused => "provider_refused",
            Self::RefundOverdue => "refund_overdue",
            Self::Disputed => "disputed",
        }
    }

    /// Which of two reasons is told: money that is wrong, then money in doubt, then what is late.
    pub(crate) fn urgency(self) -> u8 {
        match self {
            Self::FulfillmentOverdue => 0,
            Self::AuthorizationExpiring => 1,
            Self::RefundOverdue => 2,
            Self::PaymentUnknown => 3,
            Self::ProviderRefused => 4,
            Self::Disputed => 5,
            Self::AmountMismatch => 6,
            Self::OrphanMoney => 7,
        }
    }
}

/// When each armed timer fires, in Unix milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTimers {
    /// T10.
    pub hold: Option<u64>,
    /// T4.
    pub reconcile: Option<u64>,
    /// T17.
    pub auth_expiry: Option<u64>,
    /// The alarm of fulfillment.
    pub fulfill_sla: Option<u64>,
    /// T16: until when a new payment is waited for.
    pub repay: Option<u64>,
    /// T19: when the next fulfillment counts as delivered.
    pub deliver: Option<u64>,
    /// T20.
    pub return_window: Option<u64>,
    /// When a refund that is on its way is asked about.
    pub refund_pending: Option<u64>,
    /// T28: when the next return has taken too long.
    pub return_ship: Option<u64>,
}

/// One step of an order's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Effective now, in Unix milliseconds.
    pub at: u64,
    /// The transition of ORDERS.md §4, e.g. `T1`, `T23o`; `alarm` for one that only asks for a
    /// look.
    pub name: String,
    /// The status before it; none when it was placed.
    pub from: Option<Status>,
    /// The status after it.
    pub to: Status,
    /// A detail for people, or empty: a decline code, a review reason.
    pub note: String,
}

/// What was decided of an order that was not placed. Kept so that it never will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It was refused, and why; its key has the same result.
    Refused(Rejection),
    /// Nobody decided in time, so a held shard's question did: a retry starts with the next
    /// attempt.
    Aborted,
}

/// What an owner's order key led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyResult {
    /// H128 of the request's body.
    pub body: u128,
    /// The order of the attempt that was decided.
    pub order: OrderId,
    /// Why it was refused; none when it was placed: the order's row tells the rest.
    pub refused: Option<Rejection>,
}

impl OrderLine {
    /// What was agreed to be paid for `units` of the line, after the first `before`: price less
    /// discount, with a tax that is not included in it. The parts of all units add up to the line.
    pub fn paid_for(&self, before: u32, units: u32) -> i64 {
        let of = |amount| part(amount, self.quantity, before, units);
        let added = self.tax.as_ref().filter(|tax| !tax.inclusive).map_or(0, |tax| of(tax.amount));
        let price = self.unit_price.saturating_mul(i64::from(units));
        price.saturating_sub(of(self.discount)).saturating_add(added)
    }

    /// The tax on `units` of the line, after the first `before`, included in the price or not.
    pub fn tax_on(&self, before: u32, units: u32) -> i64 {
        self.tax.as_ref().map_or(0, |tax| part(tax.amount, self.quantity, before, units))
    }
}

impl From<HeldLine> for OrderLine {
    fn from(line: HeldLine) -> Self {
        let HeldLine { product, version, name, unit_price, quantity, .. } = line;
        let unit_price = unit_price.amount;
        let (progress, discount, tax) = (LineProgress::default(), 0, None);
        Self { product, version, name, unit_price, quantity, progress, discount, tax }
    }
}
