//! Every error there is at the door: one table of codes, and what an error carries beside its code.
//!
//! A code is stable for ever, and there is a new one only where a client would act differently.
//! `docs/errors.md` explains each under a heading of its own; a test holds the two together. An
//! [`Error`] becomes a response in `http.rs`, which alone knows the request's id.

use api_client::{Problem, ShortLine};
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;

/// What `type` begins with: a name, not a place; `docs/errors.md` has a heading for each code.
const TYPE: &str = "urn:stoa:error:";

macro_rules! codes {
    ($($code:ident = $name:literal, $status:literal, $retry:literal, $title:literal;)*) => {
        /// The codes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// All of them, in the order of the document.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name),* }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$code => $status),* }
            }

            /// The same request may succeed later.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$code => $retry),* }
            }

            /// A short sentence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$code => $title),* }
            }
        }
    };
}

codes! {
    InvalidJson = "invalid_json", 400, false, "The body is not JSON";
    InvalidField = "invalid_field", 400, false, "A field is missing, unknown or wrong";
    InvalidParameter = "invalid_parameter", 400, false, "A parameter is unknown or wrong";
    InvalidHeader = "invalid_header", 400, false, "A header is wrong";
    InvalidId = "invalid_id", 400, false, "A text is not an id of this kind";
    OutOfRange = "out_of_range", 400, false, "A value is outside its limits";
    CardNumber = "card_number", 400, false, "A field has a card's number in it";
    InvalidSignature = "invalid_signature", 400, false, "The event is not signed as it must be";
    IdempotencyKeyRequired = "idempotency_key_required", 400, false, "An Idempotency-Key is needed";
    Unauthenticated = "unauthenticated", 401, false, "The request needs credentials";
    InvalidCredentials = "invalid_credentials", 401, false, "The credentials open nothing";
    Forbidden = "forbidden", 403, false, "The caller may not do this";
    NotFound = "not_found", 404, false, "There is nothing at this path";
    ProductNotFound = "product_not_found", 404, false, "There is no such product";
    CollectionNotFound = "collection_not_found", 404, false, "There is no such collection";
    CustomerNotFound = "customer_not_found", 404, false, "There is no such customer";
    OrderNotFound = "order_not_found", 404, false, "There is no such order";
    FulfillmentNotFound = "fulfillment_not_found", 404, false, "There is no such fulfillment";
    CartNotFound = "cart_not_found", 404, false, "There is no such cart";
    ReturnNotFound = "return_not_found", 404, false, "There is no such return";
    HoldNotFound = "hold_not_found", 404, false, "There is no such hold";
    KeyNotFound = "key_not_found", 404, false, "There is no such API key";
    WebhookEndpointNotFound = "webhook_endpoint_not_found", 404, false,
        "There is no such webhook endpoint";
    PromotionNotFound = "promotion_not_found", 404, false, "There is no such promotion";
    ShippingMethodNotFound = "shipping_method_not_found", 404, false,
        "There is no such shipping method";
    TaxRateNotFound = "tax_rate_not_found", 404, false, "There is no such tax rate";
    LocationNotFound = "location_not_found", 404, false, "There is no such location";
    ConsumerNotFound = "consumer_not_found", 404, false, "There is no such consumer of events";
    MethodNotAllowed = "method_not_allowed", 405, false, "The path does not take this method";
    RequestTimeout = "request_timeout", 408, true, "The request's body did not arrive in time";
    AlreadyExists = "already_exists", 409, false, "It exists already";
    ProductArchived = "product_archived", 409, false, "The product is archived";
    CollectionArchived = "collection_archived", 409, false, "The collection is archived";
    OutOfStock = "out_of_stock", 409, false, "Fewer units are free than were asked for";
    PriceChanged = "price_changed", 409, false, "The total is not the one that was agreed to";
    CurrencyMismatch = "currency_mismatch", 409, false, "A product is sold in another currency";
    StockMismatch = "stock_mismatch", 409, false, "The level is not what it was compared with";
    UnitsInUse = "units_in_use", 409, false, "Fewer units would be on hand than are in use";
    TooManyUnits = "too_many_units", 409, false, "More units than one product can have on hand";
    UnitsNotThere = "units_not_there", 409, false, "Fewer units are free at the location";
    LocationInactive = "location_inactive", 409, false, "The location takes no units";
    DefaultLocation = "default_location", 409, false, "The default location is always active";
    HoldEnded = "hold_ended", 409, false, "The hold has ended";
    TooManyOpenOrders = "too_many_open_orders", 409, false, "Too many orders wait for payment";
    CartChanged = "cart_changed", 409, false, "The cart is not what was ordered";
    CartConsumed = "cart_consumed", 409, false, "The cart has become an order";
    CartEnded = "cart_ended", 409, false, "The cart has expired or was merged";
    CartFull = "cart_full", 409, false, "The cart has as many lines as one may have";
    GuestMerged = "guest_merged", 409, false, "The guest has signed in";
    OrderNotCancelable = "order_not_cancelable", 409, false, "The order can no longer be canceled";
    NothingToRecover = "nothing_to_recover", 409, false,
        "There is nothing to find out about the order";
    ReviewStands = "review_stands", 409, false, "The order cannot do without its review";
    PaymentNotOpen = "payment_not_open", 409, false, "The order waits for no payment method";
    OrderBlocked = "order_blocked", 409, false, "The order cannot be worked on";
    NotCaptured = "not_captured", 409, false, "No money has come for the order";
    UnitsNotLeft = "units_not_left", 409, false, "Fewer units are left of a line";
    WrongFulfillmentState = "wrong_fulfillment_state", 409, false,
        "The fulfillment is in another state";
    AlreadyMadeUp = "already_made_up", 409, false,
        "What never arrived was refunded, or sent once more";
    TooManyFulfillments = "too_many_fulfillments", 409, false,
        "The order has as many fulfillments as it may have";
    RefundTooLarge = "refund_too_large", 409, false, "Less money is left of the order";
    TooManyRefunds = "too_many_refunds", 409, false,
        "The order has as many refunds as it may have";
    NotReturnable = "not_returnable", 409, false, "Nothing of the order can be returned";
    WrongReturnState = "wrong_return_state", 409, false, "The return is in another state";
    TooManyReturns = "too_many_returns", 409, false,
        "The order has as many returns as it may have";
    KeyRevoked = "key_revoked", 409, false, "The API key is not valid any more";
    AlreadyInitialized = "already_initialized", 409, false, "The cluster has had its first API key";
    TooManyWebhookEndpoints = "too_many_webhook_endpoints", 409, false,
        "There are as many webhook endpoints as there may be";
    WebhookEndpointDisabled = "webhook_endpoint_disabled", 409, false,
        "The webhook endpoint is disabled";
    WebhooksOff = "webhooks_off", 409, false, "The node sends no webhooks";
    CardsOff = "cards_off", 409, false, "The node takes no cards";
    PromotionExpired = "promotion_expired", 409, false, "The promotion is over";
    PromotionUsedUp = "promotion_used_up", 409, false,
        "The promotion is used as often as it may be";
    MinimumSpendNotReached = "minimum_spend_not_reached", 409, false,
        "The goods cost less than the promotion asks for";
    ShippingNotAvailable = "shipping_not_available", 409, false,
        "The shipping method does not ship this order";
    TooManyDefinitions = "too_many_definitions", 409, false,
        "There are as many of these as there may be";
    CursorExpired = "cursor_expired", 410, false, "The pages of the search are no longer kept";
    TooManyConsumers = "too_many_consumers", 409, false,
        "There are as many consumers of events as there may be";
    ConsumerAhead = "consumer_ahead", 409, false, "The consumer has read further already";
    CursorTooOld = "cursor_too_old", 410, false, "Events after the cursor are no longer kept";
    VersionMismatch = "version_mismatch", 412, false, "It has changed since it was read";
    BodyTooLarge = "body_too_large", 413, false, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", 415, false, "The body is not application/json";
    IdempotencyMismatch = "idempotency_mismatch", 422, false, "The key belongs to another request";
    IfMatchRequired = "if_match_required", 428, false, "This request needs an If-Match";
    RateLimited = "rate_limited", 429, true, "The caller sends too many requests";
    Internal = "internal", 500, false, "The node has a fault";
    Overloaded = "overloaded", 503, true, "The node has more to do than it can";
    NoQuorum = "no_quorum", 503, true, "The shard has no leader with a quorum";
    OutcomeUnknown = "outcome_unknown", 503, true, "Nobody knows if it was carried out";
    ProviderUnreachable = "provider_unreachable", 503, true,
        "The payment provider does not answer";
    TooStale = "too_stale", 503, true, "No replica as fresh as was asked for could be reached";
    Stopping = "stopping", 503, true, "The node is stopping";
    NotReady = "not_ready", 503, true, "The node is not ready";
}

/// How long a client should wait before it tries again, in seconds.
const RETRY_AFTER_S: u32 = 1;

/// An answer that is a refusal.
#[derive(Debug, Clone)]
pub struct Error {
    /// What kind.
    pub code: Code,
    /// What happened here, and what to do.
    pub detail: String,
    /// The field, parameter or header at fault.
    pub param: Option<String>,
    /// Short lines, for `out_of_stock`.
    pub lines: Vec<ShortLine>,
    /// What was expected and what there is, where two values are compared.
    pub compared: Option<(i64, i64)>,
    /// It is the answer to an earlier request with the same idempotency key.
    pub replayed: bool,
    /// How long to wait, in seconds, where that is known.
    pub after_s: Option<u32>,
    /// Where one can go on in the feed, for `cursor_too_old`.
    pub oldest_cursor: Option<Box<String>>,
}

impl Error {
    /// An error with a sentence of its own.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            code,
            detail,
            param: None,
            lines: Vec::new(),
            compared: None,
            replayed: false,
            after_s: None,
            oldest_cursor: None,
        }
    }

    /// An error about a field, parameter or header.
    pub fn about(code: Code, param: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::new(code, detail) }
    }

    /// A fault of this node: the log says more than the answer.
    pub fn fault(what: impl std::fmt::Display) -> Self {
        tracing::error!(%what, "a request met a fault");
        let detail = "This is not your mistake. The node's log says more under the request id.";
        Self::new(Code::Internal, detail)
    }

    /// The same error, which compares two values.
    pub fn comparing(mut self, expected: i64, actual: i64) -> Self {
        self.compared = Some((expected, actual));
        self
    }

    /// The same error, with how long to wait.
    pub fn after_s(mut self, seconds: u32) -> Self {
        self.after_s = Some(seconds);
        self
    }

    /// How long to wait before the next try, in seconds, if a try makes sense.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.after_s.or(self.code.is_retryable().then_some(RETRY_AFTER_S))
    }

    /// The document that the client gets.
    pub fn problem(&self, request_id: String) -> Problem {
        Problem {
            kind: format!("{TYPE}{}", self.code.name()),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            detail: self.detail.clone(),
            code: self.code.name().to_owned(),
            param: self.param.clone(),
            request_id,
            retryable: self.code.is_retryable(),
            lines: self.lines.clone(),
            expected: self.compared.map(|(expected, _)| expected),
            actual: self.compared.map(|(_, actual)| actual),
            oldest_cursor: self.oldest_cursor.as_deref().cloned(),
        }
    }
}

impl IntoResponse for Error {
    /// Leaves itself in the response for `http.rs` to write out with the request's id.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status());
        let mut response = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
