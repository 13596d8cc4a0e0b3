//! Every row a shard stores, and the bytes that name it.
//!
//! Keys sort as bytes exactly as they sort as values, so a range of keys is a range of values. A
//! prefix, once shipped, belongs to its row forever; a retired row keeps its prefix.

use std::ops::Range;

use crate::cart::CartId;
use crate::due::Timer;
use crate::ids::{
    CollectionId, ConsumerId, EndpointId, KeyId, LocationId, OrderId, ProductId, PromotionId,
    ShardId, ShippingMethodId, TaxRateId,
};
use crate::inventory::HoldRef;
use crate::notice::NoticeId;
use crate::outbox::EffectId;
use crate::webhook::Position;

/// The name of one row.
///
/// | prefix | row                                        | value            |
/// |--------|--------------------------------------------|------------------|
/// | `ac`   | a customer or guest, beside orders         | `Account`        |
/// | `ah`   | the number of the last audit row           | `Sequence`       |
/// | `ak`   | an API key (meta group)                    | `ApiKey`         |
/// | `au`   | a number in the audit trail                | `AuditRow`       |
/// | `ca`   | a cart                                     | `Cart`           |
/// | `ck`   | the shard's clock                          | `Clock`          |
/// | `co`   | a collection (meta group)                  | `Collection`     |
/// | `de`   | what was decided of an order not placed    | `Decision`       |
/// | `dl`   | from a shard: the last message delivered   | `Sequence`       |
/// | `du`   | a deadline, then its timer                 | `Timer`          |
/// | `ep`   | the cluster's epoch                        | `Sequence`       |
/// | `fc`   | a consumer of the feed (meta group)        | `Consumer`       |
/// | `fe`   | a log index: what happened there           | `FeedEntry`      |
/// | `fh`   | where the feed starts and ends             | `FeedHead`       |
/// | `fr`   | how much of the feed is kept               | `FeedRetention`  |
/// | `ho`   | a hold                                     | `Hold`           |
/// | `ik`   | an idempotency key's hash                  | `Remembered`     |
/// | `ke`   | an owner's order key                       | `KeyResult`      |
/// | `ku`   | an API key: when it was last used          | `KeyUse`         |
/// | `lk`   | a location, as the meta group told of it   | `Location`       |
/// | `lo`   | a location (meta group)                    | `Location`       |
/// | `mv`   | a product, then a movement of its stock    | `Movement`       |
/// | `nd`   | a time, a notice given up then             | `Notice`         |
/// | `nh`   | who sends notices, and how many are dead   | `NoticeHead`     |
/// | `nq`   | a time, a notice that is due then          | `Notice`         |
/// | `ns`   | a notice that is being sent                | `Notice`         |
/// | `oa`   | to a shard: the last message acknowledged  | `Sequence`       |
/// | `od`   | an order                                   | `Order`          |
/// | `oh`   | an order, then a step of its history       | `Transition`     |
/// | `oo`   | an owner, then an order, newest first      | empty            |
/// | `or`   | an intent that no order knows               | `Orphan`         |
/// | `op`   | an owner, a promotion, then an order       | empty            |
/// | `os`   | to a shard: the last message sent          | `Sequence`       |
/// | `ow`   | an owner, then an order that holds units   | empty            |
/// | `ox`   | to a shard, a number: messages from it on  | `[Message]`      |
/// | `pc`   | a call to the payment provider, not settled| `ProviderCall`   |
/// | `pe`   | an event of the payment provider's         | `PaymentEvent`   |
/// | `ph`   | an order: heard of during a call           | empty            |
/// | `pm`   | a promotion (meta group)                   | `Promotion`      |
/// | `pr`   | a product                                  | `Product`        |
/// | `pu`   | a promotion with a limit: its uses         | `PromotionUses`  |
/// | `rq`   | a request id: its outcome                  | `Remembered`     |
/// | `sl`   | a product that is at several locations     | `[Place]`        |
/// | `sm`   | a shipping method (meta group)             | `ShippingMethod` |
/// | `ss`   | settings of search (meta group)            | `SearchSettings` |
/// | `st`   | stock of a product                         | `Stock`          |
/// | `tr`   | a tax rate (meta group)                    | `TaxRate`        |
/// | `wc`   | an endpoint: how far it has been told      | `Deliveries`     |
/// | `wd`   | an endpoint, a position: given up          | `Delivery`       |
/// | `we`   | a webhook endpoint (meta group)            | `WebhookEndpoint`|
/// | `wp`   | an endpoint, a position: not taken yet     | `Delivery`       |
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "an order key is what ORDERS.md calls it")]
pub enum Key {
    Acknowledged { to: ShardId },
    ApiKey(KeyId),
    Audit { number: u64 },
    AuditHead,
    Clock,
    Collection(CollectionId),
    Decision(OrderId),
    Delivered { from: ShardId },
    Due { at: u64, timer: Timer },
    Epoch,
    FeedEntry { index: u64 },
    FeedHead,
    Hold(HoldRef),
    Idempotency(u128),
    OrderKey { owner: u128, key: u128 },
    KeyUse(KeyId),
    Movement { product: ProductId, number: u64 },
    Order(OrderId),
    OrderHistory { order: OrderId, number: u32 },
    OwnerOrder { owner: u128, placed_at: u64, order: OrderId },
    OwnerOpen { owner: u128 },
    Sent { to: ShardId },
    Outbox { to: ShardId, sequence: u64 },
    ProviderCall(EffectId),
    Product(ProductId),
    Request(u128),
    Stock(ProductId),
    Deliveries(EndpointId),
    DeadLetter { endpoint: EndpointId, at: Position },
    Endpoint(EndpointId),
    Parked { endpoint: EndpointId, at: Position },
    PaymentEvent(u128),
    PaymentHeard(OrderId),
    Account(u128),
    Cart(CartId),
    DeadNotice { at: u64, id: NoticeId },
    NoticeHead,
    NoticeWaiting { at: u64, id: NoticeId },
    NoticeSending(NoticeId),
    Orphan(OrderId),
    Promotion(PromotionId),
    PromotionUses(PromotionId),
    OwnerPromotion { owner: u128, promotion: PromotionId, order: OrderId },
    ShippingMethod(ShippingMethodId),
    TaxRate(TaxRateId),
    Location(LocationId),
    KnownLocation(LocationId),
    Places(ProductId),
    SearchSettings,
    Consumer(ConsumerId),
    FeedRetention,
}

impl Key {
    /// The bytes that name the row.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Acknowledged { to } => Bytes::of(b"oa").u16(to.0),
            Self::ApiKey(id) => Bytes::of(b"ak").u64(id.0),
            Self::Audit { number } => Bytes::of(b"au").u64(*number),
            Self::AuditHead => Bytes::of(b"ah"),
            Self::Clock => Bytes::of(b"ck"),
            Self::Collection(id) => Bytes::of(b"co").u128(id.0),
            Self::Decision(order) => Bytes::of(b"de").order(*order),
            Self::Delivered { from } => Bytes::of(b"dl").u16(from.0),
            Self::Due { at, timer } => Bytes::of(b"du").u64(*at).raw(&timer.name()),
            Self::Epoch => Bytes::of(b"ep"),
            Self::FeedEntry { index } => Bytes::of(b"fe").u64(*index),
            Self::FeedHead => Bytes::of(b"fh"),
            Self::Hold(HoldRef::Order(order)) => Bytes::of(b"ho").raw(&[0]).order(*order),
            Self::Hold(HoldRef::Free(hold)) => Bytes::of(b"ho").raw(&[1]).u128(hold.0),
            Self::Idempotency(hash) => Bytes::of(b"ik").u128(*hash),
            Self::OrderKey { owner, key } => Bytes::of(b"ke").u128(*owner).u128(*key),
            Self::KeyUse(id) => Bytes::of(b"ku").u64(id.0),
            Self::Movement { product, number } => Bytes::of(b"mv").u128(product.0).u64(*number),
            Self::Order(order) => Bytes::of(b"od").order(*order),
            Self::OrderHistory { order, number } => Bytes::of(b"oh").order(*order).u32(*number),
            Self::OwnerOrder { owner, placed_at, order } => {
                // Newest first: the complement sorts the other way round.
                Bytes::of(b"oo").u128(*owner).u64(!placed_at).order(*order)
            }
            Self::OwnerOpen { owner } => Bytes::of(b"oc").u128(*owner),
            Self::Sent { to } => Bytes::of(b"os").u16(to.0),
            Self::Outbox { to, sequence } => Bytes::of(b"ox").u16(to.0).u64(*sequence),
            Self::ProviderCall(id) => Bytes::of(b"pc").order(id.order).u32(id.number),
            Self::Product(id) => Bytes::of(b"pr").u128(id.0),
            Self::Request(id) => Bytes::of(b"rq").u128(*id),
            Self::Stock(product) => Bytes::of(b"st").u128(product.0),
            Self::Deliveries(id) => Bytes::of(b"wc").u128(id.0),
            Self::DeadLetter { endpoint, at } => Bytes::of(b"wd").u128(endpoint.0).position(*at),
            Self::Endpoint(id) => Bytes::of(b"we").u128(id.0),
            Self::Parked { endpoint, at } => Bytes::of(b"wp").u128(endpoint.0).position(*at),
            Self::PaymentEvent(hash) => Bytes::of(b"pe").u128(*hash),
            Self::PaymentHeard(order) => Bytes::of(b"ph").order(*order),
            Self::Account(owner) => Bytes::of(b"ac").u128(*owner),
            Self::Orphan(id) => Bytes::of(b"or").order(*id),
            Self::Cart(cart) => Bytes::of(b"ca").u16(cart.slot.0).u128(cart.hash),
            Self::DeadNotice { at, id } => Bytes::of(b"nd").u64(*at).notice(*id),
            Self::NoticeHead => Bytes::of(b"nh"),
            Self::NoticeWaiting { at, id } => Bytes::of(b"nq").u64(*at).notice(*id),
            Self::NoticeSending(id) => Bytes::of(b"ns").notice(*id),
            Self::Promotion(id) => Bytes::of(b"pm").u128(id.0),
            Self::PromotionUses(id) => Bytes::of(b"pu").u128(id.0),
            Self::OwnerPromotion { owner, promotion, order } => {
                Bytes::of(b"op").u128(*owner).u128(promotion.0).order(*order)
            }
            Self::ShippingMethod(id) => Bytes::of(b"sm").u128(id.0),
            Self::TaxRate(id) => Bytes::of(b"tr").u128(id.0),
            Self::Location(id) => Bytes::of(b"lo").u128(id.0),
            Self::KnownLocation(id) => Bytes::of(b"lk").u128(id.0),
            Self::Places(product) => Bytes::of(b"sl").u128(product.0),
            Self::SearchSettings => Bytes::of(b"ss"),
            Self::Consumer(id) => Bytes::of(b"fc").u128(id.0),
            Self::FeedRetention => Bytes::of(b"fr"),
        }
        .0
    }
}

/// Every key that starts with `prefix`.
pub fn prefixed(prefix: &[u8]) -> Range<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    prefix.to_vec()..end
}

/// The keys of a two-letter row kind whose rest lies from `first` (inclusive) on.
pub fn kind_from(kind: &[u8; 2], first: &[u8]) -> Range<Vec<u8>> {
    [kind.as_slice(), first].concat()..prefixed(kind).end
}

/// The bytes of a key, built up from left to right.
struct Bytes(Vec<u8>);

impl Bytes {
    fn of(prefix: &[u8; 2]) -> Self {
        let mut bytes = Vec::with_capacity(48);
        bytes.extend(prefix);
        Self(bytes)
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn u16(self, value: u16) -> Self {
        self.raw(&value.to_be_bytes())
    }

    fn u32(self, value: u32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    fn u64(self, value: u64) -> Self {
        self.raw(&value.to_be_bytes())
    }

    fn u128(self, value: u128) -> Self {
        self.raw(&value.to_be_bytes())
    }

    fn position(self, at: Position) -> Self {
        self.u64(at.index).u32(at.ordinal)
    }

    fn notice(self, id: NoticeId) -> Self {
        self.order(id.order).u32(id.number)
    }

    fn order(self, order: OrderId) -> Self {
        self.u16(order.slot.0).u128(order.hash)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::due::TimerKind;
    use crate::ids::{HoldId, Slot};

    const ORDER: OrderId = OrderId { slot: Slot(0x0abc), hash: 0x0d };
    const ENDPOINT: EndpointId = EndpointId(0x0d);
    const AT: Position = Position { index: 7, ordinal: 2 };
    const NOTICE: NoticeId = NoticeId { order: ORDER, number: 4 };
    const HASH: &str = "0000000000000000000000000000000d";

    /// One of each kind, and its bytes: these never change.
    fn golden() -> Vec<(Key, String)> {
        let timer = |kind| Key::Due { at: 7, timer: Timer { kind, armed_outage_ms: 9 } };
        let keys = vec![
            (Key::Acknowledged { to: ShardId(2) }, "6f61 0002".into()),
            (Key::ApiKey(KeyId(0x0d)), "616b 000000000000000d".into()),
            (Key::Audit { number: 0x0d }, "6175 000000000000000d".into()),
            (Key::AuditHead, "6168".into()),
            (Key::Clock, "636b".into()),
            (Key::Collection(CollectionId(0x0d)), format!("636f {HASH}")),
            (Key::Decision(ORDER), format!("6465 0abc {HASH}")),
            (Key::Delivered { from: ShardId(2) }, "646c 0002".into()),
            (timer(TimerKind::FulfillSla(ORDER)), format!("6475 0000000000000007 05 0abc {HASH}")),
            (
                timer(TimerKind::ForgetHold(HoldRef::Free(HoldId(0x0d)))),
                format!("6475 0000000000000007 07 {HASH}"),
            ),
            (Key::FeedEntry { index: 8 }, "6665 0000000000000008".into()),
            (Key::Epoch, "6570".into()),
            (Key::FeedHead, "6668".into()),
            (Key::Hold(HoldRef::Order(ORDER)), format!("686f 00 0abc {HASH}")),
            (Key::Hold(HoldRef::Free(HoldId(0x0d))), format!("686f 01 {HASH}")),
            (Key::Idempotency(0x0d), format!("696b {HASH}")),
            (Key::OrderKey { owner: 0x0d, key: 0x0d }, format!("6b65 {HASH} {HASH}")),
            (Key::KeyUse(KeyId(0x0d)), "6b75 000000000000000d".into()),
            (
                Key::Movement { product: ProductId(0x0d), number: 1 },
                format!("6d76 {HASH} 0000000000000001"),
            ),
            (Key::Order(ORDER), format!("6f64 0abc {HASH}")),
            (Key::OrderHistory { order: ORDER, number: 1 }, format!("6f68 0abc {HASH} 00000001")),
            (
                Key::OwnerOrder { owner: 0x0d, placed_at: 1, order: ORDER },
                format!("6f6f {HASH} fffffffffffffffe 0abc {HASH}"),
            ),
            (Key::OwnerOpen { owner: 0x0d }, format!("6f63 {HASH}")),
            (Key::Sent { to: ShardId(2) }, "6f73 0002".into()),
            (Key::Outbox { to: ShardId(2), sequence: 3 }, "6f78 0002 0000000000000003".into()),
            (
                Key::ProviderCall(EffectId { order: ORDER, number: 4 }),
                format!("7063 0abc {HASH} 00000004"),
            ),
            (Key::Product(ProductId(0x0d)), format!("7072 {HASH}")),
            (Key::Request(0x0d), format!("7271 {HASH}")),
            (Key::Stock(ProductId(0x0d)), format!("7374 {HASH}")),
            (Key::Deliveries(ENDPOINT), format!("7763 {HASH}")),
            (
                Key::DeadLetter { endpoint: ENDPOINT, at: AT },
                format!("7764 {HASH} 0000000000000007 00000002"),
            ),
            (Key::Endpoint(ENDPOINT), format!("7765 {HASH}")),
            (
                Key::Parked { endpoint: ENDPOINT, at: AT },
                format!("7770 {HASH} 0000000000000007 00000002"),
            ),
            (Key::PaymentEvent(0x0d), format!("7065 {HASH}")),
            (Key::PaymentHeard(ORDER), format!("7068 0abc {HASH}")),
            (
                timer(TimerKind::ForgetPaymentEvent(0x0d)),
                format!("6475 0000000000000007 1d {HASH}"),
            ),
            (Key::Account(0x0d), format!("6163 {HASH}")),
            (Key::Orphan(ORDER), format!("6f72 0abc {HASH}")),
            (timer(TimerKind::Orphan(ORDER)), format!("6475 0000000000000007 2e 0abc {HASH}")),
            (Key::Cart(CartId { slot: Slot(0x0abc), hash: 0x0d }), format!("6361 0abc {HASH}")),
        ];
        let keys = keys.into_iter().chain(pricing()).chain(notices());
        keys.map(|(key, bytes): (_, String)| (key, bytes.replace(' ', ""))).collect()
    }

    fn pricing() -> Vec<(Key, String)> {
        let (location, from) = (LocationId(0x0d), ProductId(0x0d));
        let relevel = TimerKind::Relevel { location, from };
        vec![
            (Key::Promotion(PromotionId(0x0d)), format!("706d {HASH}")),
            (Key::PromotionUses(PromotionId(0x0d)), format!("7075 {HASH}")),
            (
                Key::OwnerPromotion { owner: 0x0d, promotion: PromotionId(0x0d), order: ORDER },
                format!("6f70 {HASH} {HASH} 0abc {HASH}"),
            ),
            (Key::ShippingMethod(ShippingMethodId(0x0d)), format!("736d {HASH}")),
            (Key::TaxRate(TaxRateId(0x0d)), format!("7472 {HASH}")),
            (Key::Location(LocationId(0x0d)), format!("6c6f {HASH}")),
            (Key::KnownLocation(LocationId(0x0d)), format!("6c6b {HASH}")),
            (Key::Places(ProductId(0x0d)), format!("736c {HASH}")),
            (Key::SearchSettings, "7373".into()),
            (Key::Consumer(ConsumerId(0x0d)), format!("6663 {HASH}")),
            (Key::FeedRetention, "6672".into()),
            (
                Key::Due { at: 7, timer: Timer { kind: relevel, armed_outage_ms: 0 } },
                format!("6475 0000000000000007 29 {HASH} {HASH}"),
            ),
        ]
    }

    fn notices() -> Vec<(Key, String)> {
        vec![
            (
                Key::DeadNotice { at: 7, id: NOTICE },
                format!("6e64 0000000000000007 0abc {HASH} 00000004"),
            ),
            (Key::NoticeHead, "6e68".into()),
            (
                Key::NoticeWaiting { at: 7, id: NOTICE },
                format!("6e71 0000000000000007 0abc {HASH} 00000004"),
            ),
            (Key::NoticeSending(NOTICE), format!("6e73 0abc {HASH} 00000004")),
        ]
    }

    #[test]
    fn the_bytes_of_keys_never_change() {
        let mut names = BTreeSet::new();
        for (key, bytes) in golden() {
            let hex: String = key.encode().iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, bytes, "{key:?}");
            assert!(names.insert(hex), "{key:?} has a name of its own");
        }
        let source = include_str!("keys.rs");
        let table = source.lines().filter(|line| line.starts_with("/// | `")).count();
        let shown: BTreeSet<_> =
            golden().iter().map(|(key, _)| key.encode()[..2].to_vec()).collect();
        assert_eq!(shown.len(), table, "every row of the table is shown");
    }

    #[test]
    fn keys_sort_as_their_values() {
        let owner_order = |placed_at| Key::OwnerOrder { owner: 1, placed_at, order: ORDER };
        assert!(owner_order(2).encode() < owner_order(1).encode(), "newest first");
        let outbox = |sequence| Key::Outbox { to: ShardId(1), sequence };
        assert!(outbox(255).encode() < outbox(256).encode());
    }

    #[test]
    fn a_prefix_ends_where_the_next_begins() {
        assert_eq!(prefixed(b"du"), b"du".to_vec()..b"dv".to_vec());
        assert_eq!(prefixed(&[1, 0xff]), vec![1, 0xff]..vec![2]);
    }
}
