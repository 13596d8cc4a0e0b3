//! Outcomes kept for retries: a request id's for minutes, an idempotency key's for 72 hours.
//!
//! A refusal is an outcome too, unless the request is wrong by itself
//! ([`crate::Rejection::is_bad_request`]). Orders keep theirs by owner and key, in `order`.
//! Commands that are idempotent by themselves (holds by order id, deliveries by number, settlements
//! by effect) carry neither.

use serde::{Deserialize, Serialize};

use crate::apply::Outcome;
use crate::fault::Fault;
use crate::keys::{Key, prefixed};
use crate::txn::{Txn, View};

/// How long an idempotency key is honored, in milliseconds: 72 hours.
pub const KEY_RETENTION_MS: u64 = 72 * 3_600_000;
/// How long a request id is remembered, in milliseconds. Older ones are refused.
pub const REQUEST_RETENTION_MS: u64 = 10 * 60_000;

/// How many random bits follow the time in a request id.
const TIME_SHIFT: u32 = 80;

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
    u128::from(now) << TIME_SHIFT | random >> (u128::BITS - TIME_SHIFT)
}

/// When a request id was made, in Unix milliseconds.
pub fn request_time(id: u128) -> u64 {
    (id >> TIME_SHIFT) as u64
}

/// Forgets requests older than the retention, at most `limit` of them. Says how many went.
pub(crate) fn trim(txn: &mut Txn<'_>, now: u64, limit: usize) -> Result<usize, Fault> {
    // A request expires once its time + retention < now: the same test as for refusing a new one.
    let Some(oldest) = now.checked_sub(REQUEST_RETENTION_MS) else { return Ok(0) };
    let end = Key::Request(u128::from(oldest) << TIME_SHIFT).encode();
    let rows = txn.scan(prefixed(b"rq").start..end, limit)?;
    let trimmed = rows.len();
    for (key, _) in rows {
        txn.delete_raw(key);
    }
    Ok(trimmed)
}
