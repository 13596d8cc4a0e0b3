//! A shard is told how much of its feed to keep.

use serde::{Deserialize, Serialize};

use super::retention::{
    FEED_AGE_MS_MAX, FEED_AGE_MS_MIN, FEED_BYTES_MAX, FEED_BYTES_MIN, FeedRetention, put_retention,
    retention,
};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate;
use crate::command::Reply;
use crate::rejection::Field;

/// Says how much of a shard's feed is kept from now on. What is kept no longer goes with the next
/// pulses.
///
/// Refused: `OutOfRange` (its age, then its size).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetFeedRetention {
    /// How much.
    pub kept: FeedRetention,
}

impl SetFeedRetention {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let kept = self.kept;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        for (field, value, [min, max]) in [
            (Field::FeedAgeMs, kept.age_ms, [FEED_AGE_MS_MIN, FEED_AGE_MS_MAX]),
            (Field::FeedBytes, kept.bytes, [FEED_BYTES_MIN, FEED_BYTES_MAX]),
        ] {
            validate::range(field, number(value), number(min), number(max))?;
        }
        if retention(ctx.txn)? != kept {
            put_retention(ctx.txn, kept);
        }
        Ok(Reply::Nothing)
    }
}
