//! Refusals: answers that every replica computes identically. Append only.

use serde::{Deserialize, Serialize};

use crate::ids::{LocationId, OrderId, ProductId, ShardId};
use crate::money::Currency;
use crate::order::{FulfillmentState, MadeUp, ReturnState, Status};
use crate::payment::PaymentState;
use crate::pricing::NoShipping;

/// Why a command was refused. Where several reasons hold, the first that the handler's doc lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rejection {
    /// The request id is older than what is remembered: its first outcome is unknowable.
    RequestTooOld,
    /// The idempotency key was used for another body.
    IdempotencyMismatch,
    /// No such product.
    ProductNotFound {
        /// Which.
        product: ProductId,
    },
    /// The product is archived: it can be read, not sold or changed.
    ProductArchived {
        /// Which.
        product: ProductId,
    },
    /// No such collection.
    CollectionNotFound,
    /// No such hold.
    HoldNotFound,
    /// No such order.
    OrderNotFound,
    /// Something with this id exists already.
    AlreadyExists,
    /// The caller saw another version.
    VersionMismatch {
        /// The version the caller saw.
        expected: u64,
        /// The version there is.
        actual: u64,
    },
    /// The level is not what the caller compared it with.
    StockMismatch {
        /// Units on hand that the caller expected.
        expected: u32,
        /// Units on hand.
        actual: u32,
    },
    /// More units than one product can have on hand.
    TooManyUnits {
        /// The most that can be on hand.
        limit: u32,
    },
    /// Fewer units would be on hand than must be.
    UnitsInUse {
        /// The fewest at the location: units held and committed there, and safety stock as far as
        /// no other has it, less the backorder limit.
        least: u32,
        /// Units that would be on hand.
        on_hand: i64,
    },
    /// A value outside its limits.
    OutOfRange {
        /// Which field of the command.
        field: Field,
        /// The least it may be.
        min: i64,
        /// The most it may be.
        max: i64,
    },
    /// Fewer units are free than were asked for.
    OutOfStock {
        /// Every line that is short.
        lines: Vec<ShortLine>,
    },
    /// A product is sold in another currency.
    CurrencyMismatch {
        /// Which product.
        product: ProductId,
        /// Its currency.
        actual: Currency,
    },
    /// The total is not the one the customer agreed to.
    PriceChanged {
        /// The total the customer saw, in minor units.
        expected: i64,
        /// The total now.
        actual: i64,
    },
    /// The hold has ended and cannot be taken again.
    HoldEnded,
    /// The request's `not_after` has passed.
    TooLate,
    /// The order was given up before it was placed: start over with the next attempt.
    Aborted,
    /// The order is past the point where it can be canceled.
    OrderNotCancelable {
        /// Its status.
        status: Status,
    },
    /// A message's number does not follow the last one delivered.
    DeliveryGap {
        /// The number that was expected.
        expected: u64,
    },
    /// The collection is archived: it can be read, not changed.
    CollectionArchived,
    /// A text with ASCII control characters (other than line feed, carriage return and tab), a name
    /// given twice, or a network not in its normal form.
    Malformed {
        /// Which field of the command.
        field: Field,
    },
    /// The units are an order's: only its decision commits or releases them.
    OrderDecides,
    /// No such API key.
    KeyNotFound,
    /// The API key was revoked or has expired: it stays so.
    KeyRevoked,
    /// There is, or was, an API key: only a new cluster has none.
    AlreadyInitialized,
    /// The owner has as many orders that hold units without being confirmed as one may have.
    TooManyOpenOrders {
        /// The most there may be.
        limit: u32,
    },
    /// No such webhook endpoint.
    EndpointNotFound,
    /// The cluster has as many webhook endpoints as it may have.
    TooManyEndpoints {
        /// The most there may be.
        limit: u32,
    },
    /// The webhook endpoint is disabled: nothing is sent to it.
    EndpointDisabled,
    /// Another sender of webhooks has taken over.
    SenderReplaced,
    /// There is nothing to ask the payment provider about, and no review to settle.
    NothingToRecover,
    /// Without the review nothing would ever happen to the order again.
    ReviewStands,
    /// The order's payment waits for no method.
    PaymentNotOpen {
        /// Where it stands.
        state: PaymentState,
    },
    /// The order waits for somebody, or is over: it cannot be worked on.
    OrderBlocked {
        /// Its status.
        status: Status,
        /// What stands in the way.
        why: Blocked,
    },
    /// The order has no line of this number.
    LineNotFound {
        /// Which, from 0.
        line: u32,
    },
    /// More units than are left of a line.
    TooManyOfLine {
        /// Which line, from 0.
        line: u32,
        /// Units asked for.
        requested: u32,
        /// Units left.
        left: u32,
    },
    /// The order has no such fulfillment.
    FulfillmentNotFound,
    /// The fulfillment is in a state that does not allow it.
    WrongFulfillmentState {
        /// The state it is in.
        actual: FulfillmentState,
    },
    /// The order has as many fulfillments as it may have.
    TooManyFulfillments {
        /// The most there may be.
        limit: u32,
    },
    /// The order has as many refunds as it may have.
    TooManyRefunds {
        /// The most there may be.
        limit: u32,
    },
    /// More money than is left of what came for the order.
    RefundTooLarge {
        /// What was asked for, in minor units.
        requested: i64,
        /// What can still be given back, in minor units.
        left: i64,
    },
    /// No money has come for the order, so none can go back.
    NotCaptured {
        /// Where its payment stands.
        payment: PaymentState,
    },
    /// No such cart, or somebody else's.
    CartNotFound,
    /// The cart has become an order.
    CartConsumed {
        /// Which.
        order: OrderId,
    },
    /// The cart has expired, or was merged into another.
    CartEnded,
    /// The cart is not as it was when the order's lines were read from it.
    CartChanged {
        /// The version that was read.
        expected: u64,
        /// The version there is.
        actual: u64,
    },
    /// The cart has as many lines as one may have.
    CartFull {
        /// The most there may be.
        limit: u32,
    },
    /// The guest has signed in: from then on the customer has the cart and places the orders.
    GuestMerged,
    /// The order has no such return.
    ReturnNotFound,
    /// The return is in a state that does not allow it.
    WrongReturnState {
        /// The state it is in.
        actual: ReturnState,
    },
    /// The order has as many returns as it may have.
    TooManyReturns {
        /// The most there may be.
        limit: u32,
    },
    /// Nothing of the order can be returned: it has not arrived, or the time for it is over.
    NotReturnable {
        /// Its status.
        status: Status,
    },
    /// No such promotion, or it has not started.
    PromotionNotFound,
    /// The promotion is over, or archived.
    PromotionExpired,
    /// As many orders have the promotion as may have it.
    PromotionUsedUp {
        /// Of this customer; else of all.
        per_customer: bool,
    },
    /// The goods cost less than the promotion asks for.
    MinimumSpendNotReached {
        /// What they must cost, in minor units.
        minimum: i64,
        /// What they cost.
        actual: i64,
    },
    /// The promotion's amounts are in another currency.
    PromotionCurrencyMismatch {
        /// Its currency.
        actual: Currency,
    },
    /// No such shipping method.
    ShippingMethodNotFound,
    /// The shipping method does not ship this order.
    ShippingNotAvailable {
        /// Why not.
        reason: NoShipping,
    },
    /// No such tax rate.
    TaxRateNotFound,
    /// There are as many promotions, shipping methods or tax rates as there may be.
    TooManyDefinitions {
        /// The most there may be.
        limit: u32,
    },
    /// No such location.
    LocationNotFound,
    /// The location is not active: it takes no more units.
    LocationInactive {
        /// Which.
        location: LocationId,
    },
    /// The default location is always active.
    DefaultLocation,
    /// Fewer units are free at a location than are to leave it.
    NotEnoughThere {
        /// Which location.
        location: LocationId,
        /// Units that are to leave it.
        requested: u32,
        /// Units there that are neither held nor committed.
        free: u32,
    },
    /// What never arrived was made up for already.
    AlreadyMadeUp {
        /// How.
        how: MadeUp,
    },
    /// No such consumer of the feed.
    ConsumerNotFound,
    /// The cluster has as many consumers that keep their place as it may have.
    TooManyConsumers {
        /// The most there may be.
        limit: u32,
    },
    /// The consumer has read further already.
    ConsumerAhead {
        /// In this shard's feed, the first of them.
        shard: ShardId,
    },
}

/// What stands in the way of an order. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Blocked {
    /// It is not confirmed, or it is over.
    Status,
    /// It is to be canceled as soon as its payment is known.
    CancelRequested,
    /// It needs a new payment.
    OnHold,
    /// A person must look at its payment.
    NeedsReview,
    /// Its money is not captured yet.
    NotCaptured,
    /// The customer's bank wants the money back.
    Disputed,
}

impl Blocked {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::CancelRequested => "cancel_requested",
            Self::OnHold => "on_hold",
            Self::NeedsReview => "needs_review",
            Self::NotCaptured => "not_captured",
            Self::Disputed => "disputed",
        }
    }
}

impl Rejection {
    /// The request itself is wrong: it is mended and sent again under the same idempotency key,
    /// which therefore does not remember it.
    pub fn is_bad_request(&self) -> bool {
        matches!(self, Self::OutOfRange { .. } | Self::Malformed { .. } | Self::LineNotFound { .. })
    }
}

/// The fields whose range apply checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    Price,
    Quantity,
    Lines,
    Total,
    Name,
    Description,
    Brand,
    Sku,
    Collections,
    Attributes,
    HoldMs,
    Reason,
    PaymentMethod,
    Scopes,
    Networks,
    ExpiresAt,
    OverlapMs,
    Url,
    Events,
    Safety,
    BackorderLimit,
    LowStockThreshold,
    Carrier,
    Tracking,
    Amount,
    Dispute,
    Email,
    WeightGrams,
    TaxCategory,
    Code,
    RatePpm,
    Currency,
    MinimumSpend,
    EndsAt,
    UsageLimit,
    UsageLimitPerCustomer,
    Rates,
    Places,
    Steps,
    Region,
    ShipTo,
    Taxes,
    Promotion,
    Priority,
    Location,
    Typos,
    Synonyms,
    Rules,
    Cursor,
    FeedAgeMs,
    FeedBytes,
}

/// A line that asks for more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortLine {
    /// Which product.
    pub product: ProductId,
    /// Units asked for, all its lines together.
    pub requested: u64,
    /// Units free to sell.
    pub available: u32,
}
