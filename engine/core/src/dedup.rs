//! Outcomes kept for retries: a request id's for minutes, an idempotency key's for 72 hours.
//!
//! Orders keep theirs by owner and key, in `order`. Commands that are idempotent by themselves
//! (holds by order id, deliveries by number, settlements by effect) carry neither.

use serde::{Deserialize, Serialize};

use crate::apply::Outcome;

/// How long an idempotency key is honored, in milliseconds: 72 hours.
pub const KEY_RETENTION_MS: u64 = 72 * 3_600_000;
/// How long a request id is remembered, in milliseconds. Older ones are refused.
pub const REQUEST_RETENTION_MS: u64 = 10 * 60_000;

/// An idempotency key as a command carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// H128 of principal, route and key.
    pub key: u128,
    /// H128 of the request's body.
    pub body: u128,
}

/// An outcome that a retry gets again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// H128 of the request's body; 0 for a request id, whose retries are ours.
    pub body: u128,
    /// What was answered.
    pub outcome: Outcome,
}

/// A fresh request id: its time first, so that the old ones can be found and forgotten.
pub fn request_id(now: u64, random: u128) -> u128 {
    u128::from(now) << 80 | random >> 48
}

/// When a request id was made, in Unix milliseconds.
pub fn request_time(id: u128) -> u64 {
    (id >> 80) as u64
}
