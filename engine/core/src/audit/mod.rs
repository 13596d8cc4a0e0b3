//! The audit trail: who did what to what, when, from where, and what was there before and after.
//!
//! A command that somebody who works for the shop sends carries its [`Actor`] in the stamp. Apply
//! then writes one [`AuditRow`] beside what the command changes, in the same batch, in the same
//! shard. Customers' own commands and the machine's carry none. See docs/adr/0010-audit-trail.md.
//!
//! Invariant: a row is never changed and never removed, and rows are numbered without a gap (I14).
//! No row holds a secret, a secret's hash, or a payment's token: `fields` names what is told.

mod definitions;
mod fields;
mod record;
mod record_operation;
pub(crate) mod rows;
mod target;

use core::net::IpAddr;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cart::CartId;
use crate::ids::{
    BadId, CollectionId, ConsumerId, EndpointId, HoldId, KeyId, LocationId, OrderId, ProductId,
    PromotionId, ShardId, ShippingMethodId, TaxRateId,
};
use crate::rejection::Rejection;

pub(crate) use record::record;
pub use record_operation::{Operation, RecordOperation};

/// The most that the changes of one row may have, in bytes of names and values: 64 KiB. What has
/// more is left out, and the row says how much it was.
pub const CHANGES_BYTES_MAX: usize = 64 << 10;

/// Who sent a command, from where, and with which request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// From which address.
    pub address: IpAddr,
    /// The number of the request that the node gave it: what its log calls `req_…`.
    pub request: u64,
}

/// Who can be named in the trail. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// Somebody without credentials: who makes a cluster's first key.
    Anonymous,
    /// Whoever was on the node's machine, where that was enough.
    Local,
    /// The holder of an API key.
    Key(KeyId),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Local => f.write_str("local"),
            Self::Key(id) => id.fmt(f),
        }
    }
}

impl FromStr for Who {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        match text {
            "anonymous" => Ok(Self::Anonymous),
            "local" => Ok(Self::Local),
            id => id.parse().map(Self::Key),
        }
    }
}

/// One command of somebody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Effective now, in Unix milliseconds.
    pub at: u64,
    /// Who sent it.
    pub actor: Actor,
    /// The command's name, e.g. `update_product`.
    pub command: String,
    /// What it was about.
    pub target: Resource,
    /// Why it was refused; it was accepted if there is no reason.
    pub refused: Option<Rejection>,
    /// What it changed.
    pub changes: Vec<Change>,
    /// 0; or the changes had so many bytes, more than [`CHANGES_BYTES_MAX`], and say only what they
    /// are about.
    pub left_out_bytes: u64,
}

/// What became of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Of which.
    pub of: Resource,
    /// What was there before, as far as it differs; none if it was not there.
    pub before: Option<Fields>,
    /// What is there now, as far as it differs; none if it is gone.
    pub after: Option<Fields>,
}

/// Fields by name.
pub type Fields = Vec<(String, Value)>;

/// What a field says. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// A time, in Unix milliseconds.
    Time(u64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    Texts(Vec<String>),
    /// Texts by name.
    Pairs(Vec<(String, String)>),
}

/// Something that can be changed. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resource {
    /// A product.
    Product(ProductId),
    /// The stock level of a product.
    Stock(ProductId),
    /// A movement of the stock of a product.
    Movement(ProductId),
    /// A collection.
    Collection(CollectionId),
    /// A hold without an order.
    Hold(HoldId),
    /// An order.
    Order(OrderId),
    /// An API key.
    Key(KeyId),
    /// A shard itself.
    Shard(ShardId),
    /// A webhook endpoint.
    Webhook(EndpointId),
    /// A cart.
    Cart(CartId),
    /// A promotion.
    Promotion(PromotionId),
    /// A shipping method.
    ShippingMethod(ShippingMethodId),
    /// A tax rate.
    TaxRate(TaxRateId),
    /// A location.
    Location(LocationId),
    /// A consumer of the feed.
    Consumer(ConsumerId),
}

impl Resource {
    /// What kind of thing it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Product(_) => "product",
            Self::Stock(_) => "stock",
            Self::Movement(_) => "movement",
            Self::Collection(_) => "collection",
            Self::Hold(_) => "hold",
            Self::Order(_) => "order",
            Self::Key(_) => "key",
            Self::Shard(_) => "shard",
            Self::Webhook(_) => "webhook",
            Self::Cart(_) => "cart",
            Self::Promotion(_) => "promotion",
            Self::ShippingMethod(_) => "shipping_method",
            Self::TaxRate(_) => "tax_rate",
            Self::Location(_) => "location",
            Self::Consumer(_) => "consumer",
        }
    }

    /// Its id. Stock and its movements go by their product's.
    pub fn id(&self) -> String {
        match self {
            Self::Product(id) | Self::Stock(id) | Self::Movement(id) => id.to_string(),
            Self::Collection(id) => id.to_string(),
            Self::Hold(id) => id.to_string(),
            Self::Order(id) => id.to_string(),
            Self::Key(id) => id.to_string(),
            Self::Shard(id) => format!("shard_{}", id.0),
            Self::Webhook(id) => id.to_string(),
            Self::Cart(id) => id.to_string(),
            Self::Promotion(id) => id.to_string(),
            Self::ShippingMethod(id) => id.to_string(),
            Self::TaxRate(id) => id.to_string(),
            Self::Location(id) => id.to_string(),
            Self::Consumer(id) => id.to_string(),
        }
    }
}

impl AuditRow {
    /// Whether it is about the thing of this id, or has changed it.
    pub fn is_about(&self, id: &str) -> bool {
        self.target.id() == id || self.changes.iter().any(|change| change.of.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_as_it_is_told() {
        for who in [Who::Anonymous, Who::Local, Who::Key(KeyId(0x0d))] {
            assert_eq!(who.to_string().parse(), Ok(who));
        }
        assert_eq!(Who::Key(KeyId(0x0d)).to_string(), "key_000000000000000d");
        assert!("Local".parse::<Who>().is_err());
    }
}
