//! Lines about notices: who sends them, and what becomes of them.

use engine_core::notice::{Notice, NoticeId, NoticeOutcome};
use engine_core::{
    Command, OpenNotices, ReplayDeadNotices, SettleNotices, ShardId, StartNotices, read,
};

use super::world::World;
use super::{Said, cart};

#[derive(goldenscript::Command)]
enum Line {
    /// A sender takes a shard's notices over.
    OpenNotices {
        shard: u16,
        #[arg(key)]
        sender: u64,
    },
    /// Begins to send notices: `tea.0` is the first one of the order tea; all that are due if none
    /// is named.
    StartNotices {
        shard: u16,
        #[arg(key)]
        sender: u64,
        /// When those that are named are due; now if they do not say.
        #[arg(key)]
        due: Option<u64>,
        #[arg(optional)]
        notices: Vec<String>,
    },
    /// Settles attempts: `tea.0=sent`, `tea.1=failed451`, `tea.2=refused550`, `tea.3=failed`.
    SettleNotices {
        shard: u16,
        #[arg(key)]
        sender: u64,
        #[arg(optional)]
        outcomes: Vec<(String, String)>,
    },
    /// Makes dead notices wait again.
    ReplayDeadNotices { shard: u16 },
    /// Starts and settles whatever is due, in the same way, so many times; time runs between.
    TryNotices {
        shard: u16,
        #[arg(key)]
        sender: u64,
        #[arg(key)]
        outcome: String,
        #[arg(key)]
        times: u32,
    },
    /// Tells where a shard stands with its notices.
    Notices(u16),
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let (shard, command) = match Line::try_from(line)? {
        Line::OpenNotices { shard, sender } => {
            (shard, Command::OpenNotices(OpenNotices { sender }))
        }
        Line::StartNotices { shard, sender, due, notices } => {
            let due = due.unwrap_or(world.cluster.now);
            let mut named = Vec::new();
            for name in &notices {
                named.push((due, notice(world, name)?));
            }
            if notices.is_empty() {
                named = all_due(world, ShardId(shard))?;
            }
            (shard, Command::StartNotices(StartNotices { sender, notices: named }))
        }
        Line::SettleNotices { shard, sender, outcomes } => {
            let mut settled = Vec::new();
            for (name, what) in &outcomes {
                settled.push((notice(world, name)?, outcome(what)?));
            }
            (shard, Command::SettleNotices(SettleNotices { sender, outcomes: settled }))
        }
        Line::ReplayDeadNotices { shard } => {
            (shard, Command::ReplayDeadNotices(ReplayDeadNotices {}))
        }
        Line::TryNotices { shard, sender, outcome, times } => {
            return try_all(world, ShardId(shard), sender, &outcome, times);
        }
        Line::Notices(shard) => return notices(world, ShardId(shard)),
        Line::Other(line) => return cart::run(world, &line),
    };
    world.run_in(ShardId(shard), command)
}

/// Tells when each attempt was made.
fn try_all(world: &mut World, shard: ShardId, sender: u64, what: &str, times: u32) -> Said {
    let mut said = String::new();
    for _ in 0..times {
        let first = read::notices_waiting(world.cluster.rows(shard), None, 1)?;
        let Some((_, first)) = first.first() else { break };
        world.cluster.now = world.cluster.now.max(first.due);
        let notices = all_due(world, shard)?;
        let outcomes = notices.iter().map(|(_, id)| Ok((*id, outcome(what)?)));
        let outcomes = outcomes.collect::<Result<_, Box<dyn std::error::Error>>>()?;
        said += &format!("at {}: {} due\n", world.cluster.now, notices.len());
        world.run_in(shard, Command::StartNotices(StartNotices { sender, notices }))?;
        world.run_in(shard, Command::SettleNotices(SettleNotices { sender, outcomes }))?;
    }
    Ok(said)
}

fn all_due(world: &World, shard: ShardId) -> Result<Vec<(u64, NoticeId)>, engine_core::Fault> {
    let rows = read::notices_waiting(world.cluster.rows(shard), None, usize::MAX)?;
    let due = rows.into_iter().filter(|(_, row)| row.due <= world.cluster.now);
    Ok(due.map(|(id, row)| (row.due, id)).collect())
}

fn notices(world: &World, shard: ShardId) -> Said {
    let rows = world.cluster.rows(shard);
    let head = read::notice_head(rows)?;
    let mut said = format!("by {}: {} sent, {} dead\n", head.sender, head.sent, head.dead);
    for (what, found) in [
        ("waiting", read::notices_waiting(rows, None, usize::MAX)?),
        ("being sent", read::notices_sending(rows, None, usize::MAX)?),
        ("dead", read::notices_dead(rows, None, usize::MAX)?),
    ] {
        for (id, notice) in found {
            let Notice { kind, at, attempts, due, sender, code } = notice;
            said += &format!("  {what} {id}: {kind:?} of {at}, {attempts} attempts, due {due}");
            said += &if sender == 0 { String::new() } else { format!(", by {sender}") };
            said += &code.map_or("\n".into(), |code| format!(", answered {code}\n"));
        }
    }
    Ok(said)
}

fn notice(world: &mut World, name: &str) -> Result<NoticeId, Box<dyn std::error::Error>> {
    let (order, number) = name.split_once('.').ok_or("a notice is tea.0")?;
    Ok(NoticeId { order: world.names.order(order), number: number.parse()? })
}

fn outcome(text: &str) -> Result<NoticeOutcome, Box<dyn std::error::Error>> {
    let code = |code: &str| (!code.is_empty()).then(|| code.parse()).transpose();
    Ok(match (text, text.strip_prefix("failed"), text.strip_prefix("refused")) {
        ("sent", ..) => NoticeOutcome::Sent,
        (_, Some(rest), _) => NoticeOutcome::Failed { code: code(rest)? },
        (.., Some(rest)) => NoticeOutcome::Refused { code: code(rest)? },
        _ => return Err(format!("no such outcome: {text}").into()),
    })
}
