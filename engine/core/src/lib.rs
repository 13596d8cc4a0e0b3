//! The commerce state machine: pure, synchronous, deterministic.
//!
//! A [`Batch`] of [`Command`]s goes in, each with its [`Stamp`]; an [`Applied`] comes out for each.
//! Every replica of a shard applies the same batches in the same order, so this crate must give the
//! same answer everywhere: it reads no clock, rolls no dice, opens no file, and never asks who
//! leads.
//!
//! Start at [`fn@apply`]; then read one handler, `inventory/hold_stock.rs`, and its script,
//! `tests/scripts/inventory/hold_stock`. What the API may read is in [`read`].

pub mod access;
mod apply;
pub mod audit;
pub mod cart;
pub mod catalog;
mod clock;
pub mod codec;
mod command;
pub mod dedup;
mod deliver;
mod digest;
mod due;
mod fault;
pub mod feed;
mod ids;
pub mod invariants;
pub mod inventory;
mod keys;
mod money;
mod nature;
pub mod notice;
pub mod order;
pub mod outbox;
pub mod payment;
pub mod pricing;
mod pulse;
pub mod read;
mod rejection;
pub mod search;
mod txn;
pub mod v1;
pub mod webhook;

pub use apply::{Applied, Outcome, Shard, apply};
pub use clock::{Clock, PULSE_EVERY_MS};
pub use command::*;
pub use digest::digest_after;
pub use due::{Timer, TimerKind, is_due, next_deadline};
pub use fault::Fault;
pub use ids::{
    BadId, CollectionId, ConsumerId, EndpointId, FulfillmentId, HoldId, KeyId, LocationId, OrderId,
    Owner, ProductId, PromotionId, RefundId, ReturnId, SLOTS, ShardId, ShippingMethodId, Slot,
    TaxRateId, Topology, h128,
};
pub use money::{BadCurrency, Currency, Money};
pub use rejection::{Blocked, Field, Rejection, ShortLine};
pub use txn::{Row, Txn, View, Write};
