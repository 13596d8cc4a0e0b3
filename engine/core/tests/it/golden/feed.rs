//! Samples of what is kept of the feed, of its consumers, and of the commands about them.

use engine_core::codec::{decode_since, encode};
use engine_core::feed::{Consumer, FeedHead, FeedRetention};
use engine_core::webhook::Position;
use engine_core::{
    Command, ConsumerId, DeleteConsumer, PutConsumer, SetFeedRetention, ShardId, v1,
};

use super::Golden;
use super::values::AT;

pub fn hold(golden: &mut Golden) {
    golden.hold(vec![("sample".into(), consumer())]);
    let head = FeedHead { last: 43, trimmed: 40, bytes: 5_000, counted_from: 41 };
    golden.hold(vec![("sample".into(), head)]);
    golden.hold(vec![("sample".into(), KEPT)]);
    let old = encode(&v1::FeedHead { last: 43, trimmed: 40 });
    let read: FeedHead = decode_since::<v1::FeedHead, FeedHead>(&old).expect("an old head");
    assert_eq!(read, FeedHead { last: 43, trimmed: 40, bytes: 0, counted_from: 43 });
}

/// A day, and 3 MiB.
const KEPT: FeedRetention = FeedRetention { age_ms: 86_400_000, bytes: 3 << 20 };

/// One that has read an entry in part.
pub fn consumer() -> Consumer {
    Consumer {
        id: ConsumerId(0x0c05),
        name: "mailer".into(),
        version: 3,
        read: vec![(ShardId::META, Position::end_of(4)), (ShardId(1), AT)],
        created_at: 1_000,
        updated_at: 2_000,
    }
}

/// One of each.
pub fn commands() -> Vec<Command> {
    let Consumer { id, name, read, .. } = consumer();
    vec![
        Command::PutConsumer(PutConsumer { name, read, reset: true }),
        Command::DeleteConsumer(DeleteConsumer { id }),
        Command::SetFeedRetention(SetFeedRetention { kept: KEPT }),
    ]
}
