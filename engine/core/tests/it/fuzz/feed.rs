//! Random commands about consumers of the feed, and about what is kept of it.

use engine_core::feed::{
    FEED_AGE_MS_MAX, FEED_AGE_MS_MIN, FEED_BYTES_MAX, FEED_BYTES_MIN, FeedRetention,
};
use engine_core::webhook::Position;
use engine_core::{Command, ConsumerId, DeleteConsumer, PutConsumer, SetFeedRetention, ShardId};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let name = match v.random.random_range(0..10) {
        0 => v.text(),
        // Now and then there are too many.
        1..4 => format!("consumer-{}", v.random.random_range(0..80)),
        _ => v.one_of(&["mailer", "shop"]).to_owned(),
    };
    if v.random.random_bool(0.2) {
        let age_ms = v.one_of(&[0, FEED_AGE_MS_MIN, FEED_AGE_MS_MAX, u64::MAX]);
        let bytes = v.one_of(&[0, FEED_BYTES_MIN, FEED_BYTES_MAX, u64::MAX]);
        let kept = FeedRetention { age_ms, bytes };
        return Command::SetFeedRetention(SetFeedRetention { kept });
    }
    if v.random.random_bool(0.2) {
        return Command::DeleteConsumer(DeleteConsumer { id: ConsumerId::of(&name) });
    }
    let read = match v.random.random_bool(0.2) {
        true => v.many(4, |v| (v.shard(), place(v))),
        false => (0..=2).map(|shard| (ShardId(shard), place(v))).collect(),
    };
    Command::PutConsumer(PutConsumer { name, read, reset: v.random.random_bool(0.2) })
}

fn place(v: &mut Values) -> Position {
    let index = if v.random.random_bool(0.1) { v.u64() } else { v.random.random_range(0..50) };
    Position { index, ordinal: v.one_of(&[0, 1, u32::MAX, u32::MAX]) }
}
