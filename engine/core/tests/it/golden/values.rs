//! The values that samples are made of: each field its own number, so that a swap shows.

use std::net::{IpAddr, Ipv4Addr};

use engine_core::access::{ApiKey, Network, PreviousSecret, Scope, SecretHash};
use engine_core::audit::{Actor, Who};
use engine_core::catalog::{Collection, CollectionDetails, Product, ProductDetails};
use engine_core::inventory::{
    Allocation, HeldLine, HoldLine, HoldReceipt, HoldState, Stock, StockPolicy,
};
use engine_core::notice::{Contact, Email, NoticeId};
use engine_core::order::{
    Ending, Flags, LineProgress, Order, OrderLine, OrderTimers, Review, Status, Units,
};
use engine_core::outbox::{Call, EffectId};
use engine_core::payment::{IntentId, OpenCall, Payment, PaymentMethod, PaymentState};
use engine_core::webhook::{
    Delivery, Disabled, DisabledBy, EndpointSecret, EventType, Notice, Position,
    PreviousGeneration, WebhookEndpoint,
};
use engine_core::{
    CollectionId, Currency, EndpointId, Field, HoldId, KeyId, Money, OrderId, Owner, ProductId,
    Rejection, ShardId, ShortLine, Slot,
};

use super::fulfillment;
use super::locations::LOCATION;

pub const PRODUCT: ProductId = ProductId(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
pub const COLLECTION: CollectionId = CollectionId(0xc0ffee);
pub const HOLD: HoldId = HoldId(0x401d);
pub const ORDER: OrderId = OrderId { slot: Slot(0x0abc), hash: u128::MAX - 7 };
pub const KEY: KeyId = KeyId(0x0102_0304_0506_0708);
/// Those there were when the samples of keys were written.
pub const FIRST_SCOPES: &[Scope] = Scope::ALL.split_at(14).0;
/// Those there were when the samples of webhooks were written.
pub const FIRST_EVENTS: &[EventType] = EventType::ALL.split_at(4).0;
pub const SECRET: SecretHash = SecretHash([0xa5; 32]);
pub const EFFECT: EffectId = EffectId { order: ORDER, number: 3 };

pub const ACTOR: Actor = Actor {
    who: Who::Key(KEY),
    address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
    request: 0x9c1d_e0f4_a2b3_5678,
};

pub fn owner() -> Owner {
    Owner::new("cus_ann").unwrap()
}

pub const NOTICE: NoticeId = NoticeId { order: ORDER, number: 4 };

pub fn email() -> Email {
    Email("ann@example.com".into())
}

pub fn money(amount: i64) -> Money {
    Money { amount, currency: Currency::USD }
}

pub fn details() -> ProductDetails {
    ProductDetails {
        name: "Füller".into(),
        description: "Writes.".into(),
        brand: "Lamy".into(),
        sku: "L-27".into(),
        price: Money { amount: 2_999, currency: "EUR".parse().unwrap() },
        weight_grams: 34,
        tax_category: "reduced".into(),
        collections: vec![COLLECTION],
        attributes: vec![("color".into(), "blue".into())],
    }
}

pub fn product() -> Product {
    Product {
        id: PRODUCT,
        version: 4,
        created_at: 1_000,
        updated_at: 2_000,
        archived_at: Some(3_000),
        details: details(),
    }
}

pub fn collection_details() -> CollectionDetails {
    CollectionDetails { name: "Desk".into(), description: "All for it.".into() }
}

pub fn collection() -> Collection {
    Collection {
        id: COLLECTION,
        version: 2,
        created_at: 1_000,
        updated_at: 2_000,
        archived_at: None,
        details: collection_details(),
    }
}

pub fn stock() -> Stock {
    Stock {
        on_hand: 300,
        held: 20,
        committed: 1,
        movements: 70_000,
        policy: stock_policy(),
        sent_ahead: 0,
        located: false,
        idle: 0,
        sold: 400,
    }
}

pub fn stock_policy() -> StockPolicy {
    StockPolicy {
        version: 2,
        safety: 5,
        backorder_limit: 400,
        low_stock_threshold: Some(30),
        allocation: Allocation::Priority,
    }
}

pub fn held_line() -> HeldLine {
    HeldLine {
        product: PRODUCT,
        version: 4,
        name: "Füller".into(),
        unit_price: money(2_999),
        quantity: 2,
        weight_grams: 34,
        tax_category: "reduced".into(),
    }
}

pub fn hold_line() -> HoldLine {
    HoldLine { product: PRODUCT, quantity: 2 }
}

pub fn receipt() -> HoldReceipt {
    HoldReceipt {
        state: HoldState::Held,
        lines: vec![held_line()],
        expires_at: 61_000,
        promotion: Some(Box::new(super::pricing::promotion())),
    }
}

pub fn order() -> Order {
    Order {
        id: ORDER,
        owner: owner(),
        version: 5,
        placed_at: 1_000,
        updated_at: 2_000,
        currency: Currency::USD,
        total: 5_998,
        lines: vec![OrderLine {
            product: PRODUCT,
            version: 4,
            name: "Füller".into(),
            unit_price: 2_999,
            quantity: 2,
            progress: LineProgress {
                canceled: 21,
                shipped: 22,
                delivered: 23,
                lost: 24,
                returned: 25,
            },
            discount: 77,
            tax: Some(super::pricing::tax()),
        }],
        units: Units::Held,
        payment: payment(PaymentState::Unknown),
        ending: Some(Ending::Customer),
        flags: Flags {
            needs_review: Some(Review::AmountMismatch),
            cancel_requested: true,
            reconciling: false,
            on_hold: true,
            disputed: true,
        },
        hold_shards: vec![ShardId(2), ShardId(4)],
        timers: OrderTimers {
            hold: Some(901_000),
            reconcile: Some(3_000),
            auth_expiry: None,
            fulfill_sla: Some(u64::MAX),
            repay: Some(31),
            deliver: Some(32),
            return_window: Some(33),
            refund_pending: Some(34),
            return_ship: Some(35),
        },
        calls: 3,
        calls_pending: 1,
        transitions: 6,
        progress: fulfillment::progress(),
        contact: Contact { email: Some(email()), notices: 7 },
        pricing: super::pricing::applied(),
    }
}

pub fn payment(state: PaymentState) -> Payment {
    Payment {
        state,
        intent: Some(IntentId("pi_1".into())),
        method: Some(PaymentMethod("pm_card_visa".into())),
        attempts: 2,
        decline_code: Some("card_declined".into()),
        capture_before: Some(9_000),
        unknown_since: Some(1_500),
        reconcile_step: 3,
        open: Some(OpenCall {
            number: 2,
            at: 1_400,
            call: Call::CreateIntent { amount: money(5_998) },
        }),
        captured: 11,
        refunded: 12,
        capturing: 13,
    }
}

pub fn networks() -> Vec<Network> {
    vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()]
}

pub fn key() -> ApiKey {
    ApiKey {
        id: KEY,
        version: 3,
        name: "Nightly export".into(),
        scopes: FIRST_SCOPES.into(),
        networks: networks(),
        created_at: 1_000,
        updated_at: 2_000,
        expires_at: Some(3_000),
        revoked_at: Some(4_000),
        secret: SECRET,
        previous: Some(PreviousSecret { hash: SecretHash([0x5a; 32]), until: 5_000 }),
    }
}

pub const ENDPOINT: EndpointId = EndpointId(0x0e4d);
pub const AT: Position = Position { index: 42, ordinal: 7 };

pub fn endpoint() -> WebhookEndpoint {
    WebhookEndpoint {
        id: ENDPOINT,
        version: 3,
        url: "https://shop.example/hook".into(),
        description: "Ships orders".into(),
        events: FIRST_EVENTS.into(),
        created_at: 1_000,
        updated_at: 2_000,
        disabled: Some(Disabled { at: 2_000, by: DisabledBy::Gone }),
        secret: EndpointSecret {
            generation: 5,
            check: 0x0102_0304_0506_0708,
            previous: Some(PreviousGeneration { generation: 4, until: 3_000 }),
        },
    }
}

pub fn delivery(notice: Notice) -> Delivery {
    Delivery { at: 900, notice, attempts: 2, due: 1_900, status: Some(503) }
}

/// One of each.
pub fn notices() -> Vec<Notice> {
    vec![
        Notice::OrderChanged { order: ORDER, status: Status::Confirmed },
        Notice::ProductChanged { product: PRODUCT, version: 4, archived: true },
        Notice::StockChanged { product: PRODUCT, available: 5 },
        Notice::CollectionChanged { collection: COLLECTION, version: 2, archived: false },
        Notice::StockLow { product: PRODUCT, balance: -6, threshold: 30 },
    ]
}

/// One of each.
pub fn rejections() -> Vec<Rejection> {
    let mut all = vec![
        Rejection::RequestTooOld,
        Rejection::IdempotencyMismatch,
        Rejection::ProductNotFound { product: PRODUCT },
        Rejection::ProductArchived { product: PRODUCT },
        Rejection::CollectionNotFound,
        Rejection::HoldNotFound,
        Rejection::OrderNotFound,
        Rejection::AlreadyExists,
        Rejection::VersionMismatch { expected: 3, actual: 4 },
        Rejection::StockMismatch { expected: 5, actual: 6 },
        Rejection::TooManyUnits { limit: 1_000_000_000 },
        Rejection::UnitsInUse { least: 7, on_hand: -8 },
        Rejection::OutOfRange { field: Field::Price, min: 0, max: Money::AMOUNT_MAX },
        Rejection::OutOfStock {
            lines: vec![ShortLine { product: PRODUCT, requested: 1 << 40, available: 9 }],
        },
        Rejection::CurrencyMismatch { product: PRODUCT, actual: Currency::USD },
        Rejection::PriceChanged { expected: 10, actual: -11 },
        Rejection::HoldEnded,
        Rejection::TooLate,
        Rejection::Aborted,
        Rejection::OrderNotCancelable { status: Status::Confirmed },
        Rejection::DeliveryGap { expected: 12 },
        Rejection::CollectionArchived,
        Rejection::Malformed { field: Field::Name },
        Rejection::OrderDecides,
        Rejection::KeyNotFound,
        Rejection::KeyRevoked,
        Rejection::AlreadyInitialized,
        Rejection::TooManyOpenOrders { limit: 20 },
        Rejection::PaymentNotOpen { state: PaymentState::Voided },
        Rejection::EndpointNotFound,
        Rejection::TooManyEndpoints { limit: 32 },
        Rejection::EndpointDisabled,
        Rejection::SenderReplaced,
        Rejection::NothingToRecover,
        Rejection::ReviewStands,
        Rejection::CartNotFound,
        Rejection::CartConsumed { order: ORDER },
        Rejection::CartEnded,
        Rejection::CartChanged { expected: 3, actual: 4 },
        Rejection::CartFull { limit: 100 },
        Rejection::GuestMerged,
        Rejection::PromotionNotFound,
        Rejection::PromotionExpired,
        Rejection::PromotionUsedUp { per_customer: true },
        Rejection::MinimumSpendNotReached { minimum: 13, actual: 14 },
        Rejection::PromotionCurrencyMismatch { actual: Currency::USD },
        Rejection::ShippingMethodNotFound,
        Rejection::ShippingNotAvailable { reason: engine_core::pricing::NoShipping::Place },
        Rejection::TaxRateNotFound,
        Rejection::TooManyDefinitions { limit: 200 },
        Rejection::LocationNotFound,
        Rejection::LocationInactive { location: LOCATION },
        Rejection::DefaultLocation,
        Rejection::NotEnoughThere { location: LOCATION, requested: 15, free: 16 },
        Rejection::ConsumerNotFound,
        Rejection::TooManyConsumers { limit: 64 },
        Rejection::ConsumerAhead { shard: ShardId(3) },
    ];
    all.extend(fulfillment::rejections());
    all
}

/// One of each.
pub const FIELDS: [Field; 51] = [
    Field::Price,
    Field::Quantity,
    Field::Lines,
    Field::Total,
    Field::Name,
    Field::Description,
    Field::Brand,
    Field::Sku,
    Field::Collections,
    Field::Attributes,
    Field::HoldMs,
    Field::Reason,
    Field::PaymentMethod,
    Field::Scopes,
    Field::Networks,
    Field::ExpiresAt,
    Field::OverlapMs,
    Field::Url,
    Field::Events,
    Field::Safety,
    Field::BackorderLimit,
    Field::LowStockThreshold,
    Field::Carrier,
    Field::Tracking,
    Field::Amount,
    Field::Dispute,
    Field::Email,
    Field::WeightGrams,
    Field::TaxCategory,
    Field::Code,
    Field::RatePpm,
    Field::Currency,
    Field::MinimumSpend,
    Field::EndsAt,
    Field::UsageLimit,
    Field::UsageLimitPerCustomer,
    Field::Rates,
    Field::Places,
    Field::Steps,
    Field::Region,
    Field::ShipTo,
    Field::Taxes,
    Field::Promotion,
    Field::Priority,
    Field::Location,
    Field::Typos,
    Field::Synonyms,
    Field::Rules,
    Field::Cursor,
    Field::FeedAgeMs,
    Field::FeedBytes,
];
