//! Names of things: what they look like in text, and which shard they live in.
//!
//! An id is minted by the proposer (from an idempotency key, or at random), never by `apply`. Its
//! text is a prefix and lowercase hexadecimal digits, so that a pasted id says what it names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use crate::cart::CartId;
use crate::pricing::Place;

/// How many slots keys are hashed into. Fixed forever: it is part of every order id.
pub const SLOTS: u16 = 4096;

/// A text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {what} id: expected `{prefix}` and {digits} lowercase hexadecimal digits")]
pub struct BadId {
    /// What was expected, e.g. `product`.
    pub what: &'static str,
    /// The prefix it should have, e.g. `prod_`.
    pub prefix: &'static str,
    /// How many digits follow the prefix.
    pub digits: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:032x}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let bad = BadId { what: $what, prefix: $prefix, digits: 32 };
                let digits = text.strip_prefix($prefix).ok_or(bad.clone())?;
                Ok(Self(hex(digits, 32).ok_or(bad)?))
            }
        }
    };
}

id!(
    /// Names a product.
    ProductId, "product", "prod_"
);
id!(
    /// Names a collection of products.
    CollectionId, "collection", "col_"
);
id!(
    /// Names a hold that belongs to no order.
    HoldId, "hold", "hold_"
);

id!(
    /// Names an endpoint that webhooks are sent to.
    EndpointId, "webhook endpoint", "we_"
);
id!(
    /// Names a promotion. It follows from its code.
    PromotionId, "promotion", "promo_"
);
id!(
    /// Names a consumer of the feed. It follows from its name.
    ConsumerId, "consumer", "con_"
);
id!(
    /// Names a shipping method.
    ShippingMethodId, "shipping method", "ship_"
);
id!(
    /// Names a row of the tax table. It follows from its place and category.
    TaxRateId, "tax rate", "tax_"
);

id!(
    /// Names a location: where units are.
    LocationId, "location", "loc_"
);
id!(
    /// Names a fulfillment: units of an order that are sent together.
    FulfillmentId, "fulfillment", "ful_"
);
id!(
    /// Names a refund of an order.
    RefundId, "refund", "ref_"
);

id!(
    /// Names a return: units that a customer sends back.
    ReturnId, "return", "ret_"
);

/// Names an API key. It is part of the key's text, which is why it is short; it is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId(pub u64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key_{:016x}", self.0)
    }
}

impl FromStr for KeyId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = BadId { what: "key", prefix: "key_", digits: 16 };
        let digits = text.strip_prefix("key_").and_then(|digits| hex(digits, 16));
        digits.and_then(|id| u64::try_from(id).ok()).map(Self).ok_or(bad)
    }
}

/// Names an order. It carries the slot of its customer, so that any node can route it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderId {
    /// The slot of the customer who owns it.
    pub slot: Slot,
    /// H128 of owner, idempotency key, body hash and attempt.
    pub hash: u128,
}

impl OrderId {
    /// Derives the id that every retry of one request works on, on any node.
    pub fn derive(owner: &Owner, key: &str, body: u128, attempt: u32) -> Self {
        let hash = h128(&[
            owner.0.as_bytes(),
            key.as_bytes(),
            &body.to_be_bytes(),
            &attempt.to_be_bytes(),
        ]);
        Self { slot: owner.slot(), hash }
    }

    /// The id in a row's key: the slot, then the hash, big-endian.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (slot, hash) = bytes.split_first_chunk::<2>()?;
        let hash = hash.try_into().ok()?;
        Some(Self { slot: Slot(u16::from_be_bytes(*slot)), hash: u128::from_be_bytes(hash) })
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ord_{:03x}{:032x}", self.slot.0, self.hash)
    }
}

impl FromStr for OrderId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = BadId { what: "order", prefix: "ord_", digits: 35 };
        let digits = text.strip_prefix("ord_").filter(|digits| digits.is_ascii());
        let (slot, hash) =
            digits.and_then(|digits| digits.split_at_checked(3)).ok_or(bad.clone())?;
        let slot = hex(slot, 3).and_then(|slot| u16::try_from(slot).ok()).ok_or(bad.clone())?;
        Ok(Self { slot: Slot(slot), hash: hex(hash, 32).ok_or(bad)? })
    }
}

/// Names who an order belongs to: a customer (`cus_…`) or a guest (`gst_…`).
///
/// The text is the platform's own; 1 to [`Owner::BYTES_MAX`] bytes of letters, digits and `_-.:@`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner(String);

impl Owner {
    /// The longest owner, in bytes.
    pub const BYTES_MAX: usize = 64;
    /// What every guest begins with, and no customer.
    pub const GUEST_PREFIX: &str = "guest_";

    /// Accepts a text as an owner, or says nothing when it is not one.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len());
        let plain =
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:@".contains(&byte));
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Somebody without an account.
    pub fn is_guest(&self) -> bool {
        self.0.starts_with(Self::GUEST_PREFIX)
    }

    /// Where the owner's orders live.
    pub fn slot(&self) -> Slot {
        Slot::of(self.0.as_bytes())
    }

    /// A fixed-width stand-in for the text, in keys.
    pub fn hash(&self) -> u128 {
        h128(&[self.0.as_bytes()])
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A hash bucket of keys. A shard owns a range of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(pub u16);

impl Slot {
    /// The slot of a key.
    pub fn of(key: &[u8]) -> Self {
        Self((xxh3_64(key) % u64::from(SLOTS)) as u16)
    }
}

impl ProductId {
    /// Where the product and its stock live.
    pub fn slot(self) -> Slot {
        Slot::of(&self.0.to_be_bytes())
    }
}

impl LocationId {
    /// The one that every cluster has from the first: where units are that nobody put elsewhere.
    pub const DEFAULT: Self = Self(0);
}

impl PromotionId {
    /// The promotion of a code, as `pricing::normal_code` makes it.
    pub fn of(code: &str) -> Self {
        Self(h128(&[b"promotion", code.as_bytes()]))
    }

    /// Where the uses of the promotion are counted, if it has a limit.
    pub fn slot(self) -> Slot {
        Slot::of(&self.0.to_be_bytes())
    }
}

impl ConsumerId {
    /// The consumer of a name.
    pub fn of(name: &str) -> Self {
        Self(h128(&[b"consumer", name.as_bytes()]))
    }
}

impl TaxRateId {
    /// The rate of a place (none: everywhere) on a category. Those of one place sort together.
    pub fn of(place: Option<&Place>, category: &str) -> Self {
        let category = h128(&[b"tax category", category.as_bytes()]) >> 64;
        Self(Self::first_of(place).0 | category)
    }

    /// The first id that a rate of a place may have: of all its rates the upper half is the same.
    pub fn first_of(place: Option<&Place>) -> Self {
        let place = place.map_or_else(String::new, ToString::to_string);
        Self(h128(&[b"tax place", place.as_bytes()]) >> 64 << 64)
    }
}

/// A Raft group: [`ShardId::META`], or one that owns a range of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShardId(pub u16);

impl ShardId {
    /// The group that holds the definitions: collections, API keys, and webhook endpoints.
    pub const META: Self = Self(0);
}

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::META { f.write_str("meta") } else { write!(f, "{}", self.0) }
    }
}

/// How slots are spread over shards. Fixed when the cluster is initialized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// How many shards there are beside the meta group: 1 to [`Topology::SHARDS_MAX`].
    pub shards: u16,
}

impl Topology {
    /// The most shards a cluster can have.
    pub const SHARDS_MAX: u16 = 256;

    /// The shard that owns a slot.
    pub fn shard_of(self, slot: Slot) -> ShardId {
        let shard = u32::from(slot.0 % SLOTS) * u32::from(self.shards) / u32::from(SLOTS);
        ShardId(1 + shard as u16)
    }

    /// The shard of a product and its stock.
    pub fn of_product(self, product: ProductId) -> ShardId {
        self.shard_of(product.slot())
    }

    /// The shard that counts the uses of a promotion with a limit.
    pub fn of_promotion(self, promotion: PromotionId) -> ShardId {
        self.shard_of(promotion.slot())
    }

    /// The shard of an order.
    pub fn of_order(self, order: OrderId) -> ShardId {
        self.shard_of(order.slot)
    }

    /// The shard of a customer's orders, keys and limits.
    pub fn of_owner(self, owner: &Owner) -> ShardId {
        self.shard_of(owner.slot())
    }

    /// The shard of a cart: its owner's.
    pub fn of_cart(self, cart: CartId) -> ShardId {
        self.shard_of(cart.slot)
    }

    /// Every group: meta first, then the shards.
    pub fn groups(self) -> impl Iterator<Item = ShardId> {
        (0..=self.shards).map(ShardId)
    }
}

/// The first 128 bits of SHA-256 over the parts, each preceded by its length.
pub fn h128(parts: &[&[u8]]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    digest.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}

/// Exactly `digits` lowercase hexadecimal digits.
pub(crate) fn hex(text: &str, digits: usize) -> Option<u128> {
    let exact = text.len() == digits
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    exact.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    fn round_trip<T: FromStr<Err = BadId> + ToString + PartialEq + Debug>(id: T, text: &str) {
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn ids_read_as_they_are_told() {
        round_trip(ProductId(0x0d), "prod_0000000000000000000000000000000d");
        round_trip(CollectionId(u128::MAX), "col_ffffffffffffffffffffffffffffffff");
        round_trip(HoldId(0), "hold_00000000000000000000000000000000");
        round_trip(EndpointId(0x0d), "we_0000000000000000000000000000000d");
        round_trip(ConsumerId(0x0d), "con_0000000000000000000000000000000d");
        round_trip(PromotionId(0x0d), "promo_0000000000000000000000000000000d");
        round_trip(ShippingMethodId(0x0d), "ship_0000000000000000000000000000000d");
        round_trip(TaxRateId(0x0d), "tax_0000000000000000000000000000000d");
        round_trip(LocationId::DEFAULT, "loc_00000000000000000000000000000000");
        let order = OrderId { slot: Slot(0x0abc), hash: 0x0d };
        round_trip(order, "ord_abc0000000000000000000000000000000d");
        round_trip(KeyId(0x0d), "key_000000000000000d");
        round_trip(KeyId(u64::MAX), "key_ffffffffffffffff");
    }

    #[test]
    fn another_text_is_no_id() {
        for text in [
            "",
            "key_",
            "key_000000000000000",
            "key_0000000000000000d",
            "key_000000000000000D",
            "key_+00000000000000d",
            "key_000000000000000g",
            "key_00000000000000\u{e4}",
            "KEY_000000000000000d",
            "000000000000000d",
            " key_000000000000000d",
            "prod_000000000000000d",
            "hold_000000000000000d",
        ] {
            let error = text.parse::<KeyId>().unwrap_err();
            let said = "not a key id: expected `key_` and 16 lowercase hexadecimal digits";
            assert_eq!(error.to_string(), said, "{text:?}");
            assert!(text.parse::<ProductId>().is_err(), "{text:?}");
            assert!(text.parse::<OrderId>().is_err(), "{text:?}");
        }
    }
}
