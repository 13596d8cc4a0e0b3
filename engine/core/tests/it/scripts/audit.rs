//! Lines about the audit trail: who sends the next command, and what the trail says.

use engine_core::audit::{Actor, Change, Fields, Operation, Value, Who};
use engine_core::{Command, RecordOperation, ShardId, read};

use super::world::World;
use super::{Said, show, time};

#[derive(goldenscript::Command)]
enum Line {
    /// The next command is sent by `local`, `anonymous` or the key of a name.
    By {
        who: String,
        #[arg(key)]
        from: String,
        #[arg(key)]
        request: u64,
    },
    /// Records that a leadership is moved.
    RecordOperation {
        #[arg(key)]
        shard: u16,
        #[arg(key)]
        to: u64,
    },
    /// Tells the trail of a shard, from a number on.
    Trail {
        shard: u16,
        #[arg(key)]
        first: Option<u64>,
    },
    /// Tells which row of the trail is the first since a time.
    FirstSince { shard: u16, at: u64 },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    match Line::try_from(line)? {
        Line::By { who, from, request } => {
            let who = match who.as_str() {
                "local" => Who::Local,
                "anonymous" => Who::Anonymous,
                name => Who::Key(world.names.key(name)),
            };
            world.actor = Some(Actor { who, address: from.parse()?, request });
            Ok(String::new())
        }
        Line::RecordOperation { shard, to } => {
            let operation = Operation::TransferLeader { shard: ShardId(shard), to };
            world.run(Command::RecordOperation(RecordOperation { operation }))
        }
        Line::Trail { shard, first } => trail(world, ShardId(shard), first.unwrap_or(1)),
        Line::FirstSince { shard, at } => {
            Ok(format!("{}\n", read::audit_first_since(world.cluster.rows(ShardId(shard)), at)?))
        }
        Line::Other(line) => time::run(world, &line),
    }
}

fn trail(world: &World, shard: ShardId, first: u64) -> Said {
    let rows = world.cluster.rows(shard);
    let end = read::audit_last(rows)? + 1;
    let mut said = String::new();
    for (number, row) in read::audit_rows(rows, first, end)? {
        let Actor { who, address, request } = row.actor;
        said += &format!("{number}. at {} {who:?} from {address} in request {request}: ", row.at);
        said += &format!("{} of {:?}", row.command, row.target);
        if let Some(rejection) = &row.refused {
            said += &format!(", refused: {rejection:?}");
        }
        if row.left_out_bytes != 0 {
            said += &format!(", {} bytes left out", row.left_out_bytes);
        }
        said.push('\n');
        for Change { of, before, after } in &row.changes {
            said += &format!("  {of:?}: {} -> {}\n", side(before), side(after));
        }
    }
    Ok(said)
}

fn side(fields: &Option<Fields>) -> String {
    let Some(fields) = fields else { return "nothing".into() };
    let field = |(name, value): &(String, Value)| match value {
        Value::Text(text) => format!("{name} {}", show::quoted(text)),
        value => format!("{name} {value:?}"),
    };
    let fields: Vec<_> = fields.iter().map(field).collect();
    format!("{{{}}}", fields.join(", "))
}
