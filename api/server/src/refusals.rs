//! What clients are told when the engine refuses a command: the only mapping of its rejections.

use api_client::ShortLine;
use engine_core::order::MadeUp;
use engine_core::payment::PaymentState;
use engine_core::pricing::NoShipping;
use engine_core::{Blocked, Field, Rejection};

use crate::errors::{Code, Error};

/// The error for a rejection.
pub fn error(rejection: &Rejection) -> Error {
    match rejection {
        Rejection::RequestTooOld => {
            let detail = "the request was repeated too late to know its outcome; read, then decide";
            Error::new(Code::OutcomeUnknown, detail)
        }
        Rejection::IdempotencyMismatch => {
            let detail = "the key belongs to a request with another body; use a new key";
            Error::about(Code::IdempotencyMismatch, "Idempotency-Key", detail)
        }
        Rejection::ProductNotFound { product } => {
            Error::new(Code::ProductNotFound, format!("there is no product {product}"))
        }
        Rejection::ProductArchived { product } => {
            let detail = format!("{product} is archived: it can be read, not sold or changed");
            Error::new(Code::ProductArchived, detail)
        }
        Rejection::CollectionNotFound => {
            Error::new(Code::CollectionNotFound, "there is no such collection")
        }
        Rejection::CollectionArchived => {
            let detail = "the collection is archived: it can be read, not changed";
            Error::new(Code::CollectionArchived, detail)
        }
        Rejection::HoldNotFound => Error::new(Code::HoldNotFound, "there is no such hold"),
        Rejection::OrderNotFound => Error::new(Code::OrderNotFound, "there is no such order"),
        Rejection::EndpointNotFound => {
            Error::new(Code::WebhookEndpointNotFound, "there is no such webhook endpoint")
        }
        Rejection::KeyNotFound => Error::new(Code::KeyNotFound, "there is no such API key"),
        Rejection::KeyRevoked => {
            let detail = "the API key was revoked or has expired; create a new one";
            Error::new(Code::KeyRevoked, detail)
        }
        Rejection::AlreadyInitialized => {
            let detail = "the cluster has had its first API key; ask whoever has one for another";
            Error::new(Code::AlreadyInitialized, detail)
        }
        Rejection::AlreadyExists => {
            let detail =
                "there is one already, perhaps by an earlier request with its key; read it";
            Error::new(Code::AlreadyExists, detail)
        }
        Rejection::HoldEnded | Rejection::OrderDecides => {
            Error::new(Code::HoldEnded, "the hold has ended; place a new one")
        }
        Rejection::TooLate => {
            Error::new(Code::Overloaded, "the request took too long; repeat it with its key")
        }
        Rejection::Aborted => {
            Error::new(Code::OutcomeUnknown, "the order was given up; repeat it with its key")
        }
        Rejection::DeliveryGap { expected } => {
            Error::fault(format!("a delivery gap at {expected} reached a client"))
        }
        Rejection::OutOfRange { field, min, max } => {
            let name = field_name(*field);
            let detail = format!("{name} is {min} to {max}{}", unit(*field));
            Error::about(Code::OutOfRange, name, detail)
        }
        Rejection::Malformed { field } => malformed(*field),
        other => conflict(other),
    }
}

/// The rejections that compare what is wanted with what is there.
fn conflict(rejection: &Rejection) -> Error {
    match rejection {
        Rejection::VersionMismatch { expected, actual } => {
            let detail = "it has changed since it was read; read it again and decide anew";
            let (expected, actual) = (signed(*expected), signed(*actual));
            Error::about(Code::VersionMismatch, "If-Match", detail).comparing(expected, actual)
        }
        Rejection::StockMismatch { expected, actual } => {
            let detail = format!("{actual} units are on hand, not {expected}");
            Error::about(Code::StockMismatch, "expected", detail)
                .comparing(i64::from(*expected), i64::from(*actual))
        }
        Rejection::TooManyUnits { limit } => {
            let detail = format!("at most {limit} units of a product can be on hand");
            Error::new(Code::TooManyUnits, detail)
        }
        Rejection::UnitsInUse { least, on_hand } => {
            let detail = format!(
                "{on_hand} units would be on hand; at least {least} must be, for what was sold \
                 and for safety stock"
            );
            Error::new(Code::UnitsInUse, detail)
        }
        Rejection::OutOfStock { lines } => out_of_stock(lines),
        Rejection::CurrencyMismatch { product, actual } => {
            let detail = format!("{product} is sold in {actual}");
            Error::about(Code::CurrencyMismatch, "currency", detail)
        }
        Rejection::PriceChanged { expected, actual } => {
            let detail = format!("the total is {actual} now, not {expected}; ask the customer");
            Error::about(Code::PriceChanged, "expected_total", detail).comparing(*expected, *actual)
        }
        Rejection::TooManyOpenOrders { limit } => {
            let detail = format!(
                "the customer has {limit} orders that wait for their payment; pay or cancel one"
            );
            Error::new(Code::TooManyOpenOrders, detail)
        }
        Rejection::TooManyEndpoints { limit } => {
            let detail = format!("there are {limit} webhook endpoints; delete one first");
            Error::new(Code::TooManyWebhookEndpoints, detail)
        }
        Rejection::EndpointDisabled => {
            let detail = "nothing is sent to a disabled webhook endpoint; enable it first";
            Error::new(Code::WebhookEndpointDisabled, detail)
        }
        Rejection::OrderNotCancelable { status } => {
            let status = status.as_str();
            let detail = format!(
                "the order is {status} and can no longer be canceled; cancel lines that were not \
                 sent, and let what was sent be returned"
            );
            Error::new(Code::OrderNotCancelable, detail)
        }
        Rejection::NothingToRecover => {
            let detail = "the order has no payment intent to ask about, and no review to settle";
            Error::new(Code::NothingToRecover, detail)
        }
        Rejection::ReviewStands => {
            let detail = "without its review nothing would ever happen to the order again; \
                          mend what the review is about first";
            Error::new(Code::ReviewStands, detail)
        }
        Rejection::PaymentNotOpen { state } => payment_not_open(*state),
        other => of_work(other),
    }
}

/// The rejections of work on orders that were confirmed.
fn of_work(rejection: &Rejection) -> Error {
    match rejection {
        Rejection::OrderBlocked { status, why } => {
            let why = match why {
                Blocked::Status => "only a confirmed order that is not over can be worked on",
                Blocked::CancelRequested => "it is to be canceled as soon as its payment is known",
                Blocked::OnHold => "it needs a new payment",
                Blocked::NeedsReview => "a person must look at its payment first",
                Blocked::Disputed => "the customer's bank disputes its money",
                Blocked::NotCaptured => "its money is not captured yet; try again a little later",
            };
            Error::new(Code::OrderBlocked, format!("the order is {}: {why}", status.as_str()))
        }
        Rejection::LineNotFound { line } => {
            let detail = format!("the order has no line {line}: lines count from 0");
            Error::about(Code::OutOfRange, "lines", detail)
        }
        Rejection::TooManyOfLine { line, requested, left } => {
            let detail = format!("{left} units are left of line {line}, not {requested}");
            Error::about(Code::UnitsNotLeft, "lines", detail)
        }
        Rejection::FulfillmentNotFound => {
            Error::new(Code::FulfillmentNotFound, "the order has no such fulfillment")
        }
        Rejection::WrongFulfillmentState { actual } => {
            let detail = format!("the fulfillment is {}; read the order", actual.as_str());
            Error::new(Code::WrongFulfillmentState, detail)
        }
        Rejection::AlreadyMadeUp { how } => {
            let detail = match how {
                MadeUp::Reshipped(id) => format!("its units are sent once more in {id}"),
                _ => "what its units cost goes back".to_owned(),
            };
            Error::new(Code::AlreadyMadeUp, detail)
        }
        Rejection::TooManyFulfillments { limit } => {
            let detail = format!("an order has at most {limit} fulfillments, canceled ones too");
            Error::new(Code::TooManyFulfillments, detail)
        }
        Rejection::TooManyRefunds { limit } => {
            let detail = format!("an order has at most {limit} refunds, failed ones too");
            Error::new(Code::TooManyRefunds, detail)
        }
        Rejection::RefundTooLarge { requested, left } => {
            let detail = format!("{left} can still be given back, not {requested}");
            Error::about(Code::RefundTooLarge, "amount", detail).comparing(*requested, *left)
        }
        Rejection::ReturnNotFound => {
            Error::new(Code::ReturnNotFound, "the order has no such return")
        }
        Rejection::WrongReturnState { actual } => {
            let detail = format!("the return is {}; read the order's returns", actual.as_str());
            Error::new(Code::WrongReturnState, detail)
        }
        Rejection::TooManyReturns { limit } => {
            let detail = format!("an order has at most {limit} returns");
            Error::new(Code::TooManyReturns, detail)
        }
        Rejection::NotReturnable { status } => {
            let status = status.as_str();
            let detail = format!("the order is {status}: nothing of it can be returned");
            Error::new(Code::NotReturnable, detail)
        }
        Rejection::NotCaptured { payment } => {
            let payment = payment.as_str();
            let detail = format!("the payment is {payment}: there is no money to give back");
            Error::new(Code::NotCaptured, detail)
        }
        other => cart(other),
    }
}

/// The rejections about carts.
fn cart(rejection: &Rejection) -> Error {
    match rejection {
        Rejection::CartNotFound => {
            Error::about(Code::CartNotFound, "cart", "there is no such cart")
        }
        Rejection::CartConsumed { order } => {
            let detail = format!("the cart has become the order {order}; begin a new one");
            Error::about(Code::CartConsumed, "cart", detail)
        }
        Rejection::CartEnded => {
            let detail = "the cart has expired, or was merged into another; begin a new one";
            Error::about(Code::CartEnded, "cart", detail)
        }
        Rejection::CartChanged { expected, actual } => {
            let detail = "the cart has changed since it was read; show it to the customer again";
            let (expected, actual) = (signed(*expected), signed(*actual));
            Error::about(Code::CartChanged, "cart", detail).comparing(expected, actual)
        }
        Rejection::CartFull { limit } => {
            let detail = format!("a cart has at most {limit} lines; take one out first");
            Error::new(Code::CartFull, detail)
        }
        Rejection::GuestMerged => {
            let detail = "the guest has signed in; the customer has the cart and orders from it";
            Error::new(Code::GuestMerged, detail)
        }
        other => of_terms(other),
    }
}

/// A field whose value is of the right size, and nothing that it can be.
fn malformed(field: Field) -> Error {
    let name = field_name(field);
    let detail = match field {
        Field::Attributes => format!("{name} have a name twice, or control characters"),
        Field::Url => format!("{name} is no https:// or http:// URL"),
        Field::Email => {
            format!("{name} is no address as ann@shop.example, in ASCII, without quotes")
        }
        Field::Networks => format!("{name} have one with bits set that are not fixed"),
        Field::Currency => format!("{name} is needed where there is an amount"),
        Field::Code => format!("{name} is 1 to 32 letters, digits, dashes, underscores"),
        Field::TaxCategory => {
            format!("{name} is lowercase letters, digits, dashes, underscores")
        }
        Field::Region => format!("{name} is what ISO 3166-2 has after the dash, as CA"),
        Field::Location => {
            format!("{name} is where the units are already: name another location")
        }
        Field::Cursor => format!("{name} is not one of this cluster's"),
        Field::Steps => {
            format!("{name} have rising up_to, and only the last has none; flat has one")
        }
        _ => format!("{name} has control characters: take them out"),
    };
    Error::about(Code::InvalidField, name, detail)
}

/// The rejections of what an order is priced by.
fn of_terms(rejection: &Rejection) -> Error {
    let promotion = |code, detail: String| Error::about(code, "promotion_code", detail);
    match rejection {
        Rejection::PromotionNotFound => {
            Error::about(Code::PromotionNotFound, "promotion_code", "there is no such promotion")
        }
        Rejection::ShippingMethodNotFound => {
            Error::new(Code::ShippingMethodNotFound, "there is no such shipping method")
        }
        Rejection::TaxRateNotFound => {
            Error::new(Code::TaxRateNotFound, "there is no such tax rate")
        }
        Rejection::PromotionExpired => {
            let detail = "the promotion is over; order without its code";
            promotion(Code::PromotionExpired, detail.to_owned())
        }
        Rejection::PromotionUsedUp { per_customer } => {
            let whose = if *per_customer { "of this customer" } else { "of all customers" };
            let detail = format!("as many orders {whose} have the promotion as may have it");
            promotion(Code::PromotionUsedUp, detail)
        }
        Rejection::MinimumSpendNotReached { minimum, actual } => {
            let detail = format!("the promotion asks for goods of {minimum}, these cost {actual}");
            promotion(Code::MinimumSpendNotReached, detail).comparing(*minimum, *actual)
        }
        Rejection::PromotionCurrencyMismatch { actual } => {
            let detail = format!("the promotion is for orders in {actual}");
            promotion(Code::CurrencyMismatch, detail)
        }
        Rejection::ShippingNotAvailable { reason } => {
            let detail = match reason {
                NoShipping::Unknown => "there is no such shipping method",
                NoShipping::Place => "the shipping method does not go where ship_to says",
                NoShipping::Size => "the order is too large for the shipping method",
                NoShipping::Currency => "the shipping method's prices are in another currency",
            };
            let detail = format!("{detail}; GET /v1/shipping-methods lists them");
            Error::about(Code::ShippingNotAvailable, "shipping_method", detail)
        }
        Rejection::TooManyDefinitions { limit } => {
            let detail = format!("there are {limit}; delete one first, or change one");
            Error::new(Code::TooManyDefinitions, detail)
        }
        other => of_locations(other),
    }
}

/// The rejections of where units are.
fn of_locations(rejection: &Rejection) -> Error {
    match rejection {
        Rejection::LocationNotFound => {
            Error::new(Code::LocationNotFound, "there is no such location")
        }
        Rejection::LocationInactive { location } => {
            let detail = format!("{location} is not active: it takes no units; name another");
            Error::new(Code::LocationInactive, detail)
        }
        Rejection::DefaultLocation => {
            let detail = "the default location is always active; leave `active` out";
            Error::about(Code::DefaultLocation, "active", detail)
        }
        Rejection::NotEnoughThere { location, requested, free } => {
            let detail = format!(
                "{requested} units are to leave {location}, and {free} are free there: those that \
                 are held or committed stay"
            );
            Error::about(Code::UnitsNotThere, "quantity", detail)
        }
        other => of_consumers(other),
    }
}

/// The rejections of who reads the feed.
fn of_consumers(rejection: &Rejection) -> Error {
    match rejection {
        Rejection::ConsumerNotFound => {
            Error::new(Code::ConsumerNotFound, "there is no such consumer")
        }
        Rejection::TooManyConsumers { limit } => {
            let detail = format!("there are {limit} consumers of events; delete one first");
            Error::new(Code::TooManyConsumers, detail)
        }
        Rejection::ConsumerAhead { shard } => {
            let detail = format!(
                "the consumer has read further in shard {}; to have it read again, say `reset`",
                shard.0
            );
            Error::about(Code::ConsumerAhead, "cursor", detail)
        }
        other => Error::fault(format!("a rejection without an error: {other:?}")),
    }
}

fn payment_not_open(state: PaymentState) -> Error {
    let what = match state {
        PaymentState::IntentCreating
        | PaymentState::Confirming
        | PaymentState::Replacing
        | PaymentState::Unknown => "it is under way: read the order until it is decided",
        PaymentState::RequiresAction => {
            "the customer has to finish what their bank asks for: `payment.next_action`"
        }
        PaymentState::IntentReady | PaymentState::Declined => {
            "the provider is being asked about it, or its time is over: read the order"
        }
        PaymentState::Refused => {
            "no other card is taken: the order ends when its time to pay is over"
        }
        _ => "it needs no other method; an order that has ended is placed again",
    };
    let detail = format!("the payment is {}; {what}", state.as_str());
    Error::new(Code::PaymentNotOpen, detail)
}

fn out_of_stock(short: &[engine_core::ShortLine]) -> Error {
    let lines = short
        .iter()
        .map(|line| ShortLine {
            product_id: line.product.to_string(),
            requested: line.requested,
            available: line.available,
        })
        .collect();
    let detail = "fewer units are free than were asked for; see lines";
    Error { lines, ..Error::new(Code::OutOfStock, detail) }
}

fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Price => "price",
        Field::Quantity => "quantity",
        Field::Lines => "lines",
        Field::Total => "expected_total",
        Field::Name => "name",
        Field::Description => "description",
        Field::Brand => "brand",
        Field::Sku => "sku",
        Field::Collections => "collection_ids",
        Field::Attributes => "attributes",
        Field::HoldMs => "hold_ms",
        Field::Reason => "reason",
        Field::PaymentMethod => "payment_method",
        Field::Scopes => "scopes",
        Field::Networks => "networks",
        Field::ExpiresAt => "expires_at",
        Field::OverlapMs => "overlap_ms",
        Field::Url => "url",
        Field::Events => "events",
        Field::Safety => "safety",
        Field::BackorderLimit => "backorder_limit",
        Field::LowStockThreshold => "low_stock_threshold",
        Field::Carrier => "carrier",
        Field::Tracking => "tracking",
        Field::Amount => "amount",
        Field::Dispute => "dispute",
        Field::Email => "email",
        Field::WeightGrams => "weight_grams",
        Field::TaxCategory => "tax_category",
        Field::Code => "code",
        Field::RatePpm => "rate_ppm",
        Field::Currency => "currency",
        Field::MinimumSpend => "minimum_spend",
        Field::EndsAt => "ends_at",
        Field::UsageLimit => "usage_limit",
        Field::UsageLimitPerCustomer => "usage_limit_per_customer",
        Field::Rates => "rates",
        Field::Places => "places",
        Field::Steps => "steps",
        Field::Region => "region",
        Field::ShipTo => "ship_to",
        Field::Taxes => "taxes",
        Field::Promotion => "promotion_code",
        Field::Priority => "priority",
        Field::Location => "to_location_id",
        Field::Typos => "typos",
        Field::Synonyms => "synonyms",
        Field::Rules => "rules",
        Field::Cursor => "cursor",
        Field::FeedAgeMs => "feed_keep_hours",
        Field::FeedBytes => "feed_keep_mib",
    }
}

fn unit(field: Field) -> &'static str {
    match field {
        Field::Name
        | Field::Description
        | Field::Brand
        | Field::Sku
        | Field::Reason
        | Field::Carrier
        | Field::Tracking
        | Field::Url
        | Field::Email
        | Field::TaxCategory
        | Field::Region
        | Field::ShipTo => " bytes of UTF-8",
        Field::Lines
        | Field::Collections
        | Field::Attributes
        | Field::Scopes
        | Field::Networks
        | Field::Events
        | Field::Rates
        | Field::Places
        | Field::Steps
        | Field::Taxes => " items",
        Field::ExpiresAt | Field::EndsAt => " in Unix milliseconds",
        _ => "",
    }
}
