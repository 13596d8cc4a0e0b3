//! Samples of consumers of the feed, and of the commands about them.

use engine_core::feed::Consumer;
use engine_core::webhook::Position;
use engine_core::{Command, ConsumerId, DeleteConsumer, PutConsumer, ShardId};

use super::Golden;
use super::values::AT;

pub fn hold(golden: &mut Golden) {
    golden.hold(vec![("sample".into(), consumer())]);
}

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
    ]
}
