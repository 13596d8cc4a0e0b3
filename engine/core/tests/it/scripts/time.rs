//! Lines about the world itself: time, retries, messages between shards, and what rows say.

use engine_core::outbox::Message;
use engine_core::{
    Acknowledge, Command, Deliver, PULSE_EVERY_MS, Pulse, ShardId, next_deadline, read,
};

use super::world::World;
use super::{Said, cart, inventory, show};

#[derive(goldenscript::Command)]
enum Line {
    /// Sets the clock that stamps the next commands.
    At(u64),
    /// The next command carries an idempotency key, and a body under it.
    Key { key: String, body: String },
    /// The next command carries a request id made at that time.
    Request(u32),
    /// From here on messages come from nobody: invariants hold within each shard only.
    Alone,
    /// Fires what is overdue in a shard.
    Pulse {
        shard: u16,
        #[arg(key)]
        limit: Option<u16>,
        /// What happens is not told.
        #[arg(key, optional)]
        quiet: bool,
    },
    /// A leader's pulse every five seconds; tells when it fires something.
    Ticks {
        shard: u16,
        #[arg(key)]
        until: u64,
    },
    /// Delivers all messages between all shards, and acknowledges them.
    Deliver,
    /// Delivers a message that is not, or no longer, in an outbox.
    DeliverRaw {
        #[arg(key)]
        from: u16,
        #[arg(key)]
        to: u16,
        #[arg(key)]
        first: u64,
        /// `commit=order`, `release=order`, `ask=order`, `cart=guest` of another shard
        messages: Vec<(String, String)>,
    },
    /// Forgets messages of a shard that another has.
    Acknowledge {
        shard: u16,
        #[arg(key)]
        to: u16,
        #[arg(key)]
        through: u64,
    },
    /// Tells when a shard's first timer is due.
    Deadline(u16),
    /// Tells a shard's clock.
    Clock(u16),
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    match Line::try_from(line)? {
        Line::At(now) => world.cluster.now = now,
        Line::Key { key, body } => world.idempotency = Some((key, body)),
        Line::Request(number) => world.request = Some(number),
        Line::Alone => world.alone = true,
        Line::Pulse { shard, limit, quiet } => {
            let pulse = Command::Pulse(Pulse { limit: limit.unwrap_or(100) });
            let said = world.run_in(ShardId(shard), pulse)?;
            let first = said.lines().next().unwrap_or_default();
            return Ok(if quiet { format!("{first}\n") } else { said });
        }
        Line::Ticks { shard, until } => return ticks(world, ShardId(shard), until),
        Line::Deliver => return deliver(world),
        Line::DeliverRaw { from, to, first, messages } => {
            let from = ShardId(from);
            let messages = messages.iter().map(|(what, order)| message(world, from, what, order));
            let messages = messages.collect();
            let command = Command::Deliver(Deliver { from, first, messages });
            return world.run_in(ShardId(to), command);
        }
        Line::Acknowledge { shard, to, through } => {
            let command = Command::Acknowledge(Acknowledge { to: ShardId(to), through });
            return world.run_in(ShardId(shard), command);
        }
        Line::Deadline(shard) => {
            let deadline = next_deadline(world.cluster.rows(ShardId(shard)))?;
            return Ok(format!("{deadline:?}\n"));
        }
        Line::Clock(shard) => {
            return Ok(format!("{:?}\n", read::clock(world.cluster.rows(ShardId(shard)))?));
        }
        Line::Other(line) => return inventory::run(world, &line),
    }
    Ok(String::new())
}

fn ticks(world: &mut World, shard: ShardId, until: u64) -> Said {
    let mut said = String::new();
    while world.cluster.now < until {
        world.cluster.now = until.min(world.cluster.now + PULSE_EVERY_MS);
        let told = world.run_in(shard, Command::Pulse(Pulse { limit: 100 }))?;
        if !told.starts_with("Pulsed { fired: 0") {
            said += &format!("at {}: {told}", world.cluster.now);
        }
    }
    Ok(said)
}

/// Delivers until no shard has anything to say to another.
fn deliver(world: &mut World) -> Said {
    let mut said = String::new();
    loop {
        let mut delivered = 0;
        for (from, to) in world.cluster.pairs() {
            let count = world.cluster.deliver(from, to)?;
            if count > 0 {
                said += &format!("{count} from shard {from} to shard {to}\n");
            }
            delivered += count;
        }
        if delivered == 0 {
            return Ok(said);
        }
    }
}

fn message(world: &mut World, from: ShardId, what: &str, order: &str) -> Message {
    if what == "cart" {
        return cart::message(world, order);
    }
    let order = world.names.order(order);
    match what {
        "commit" => Message::CommitHold(order),
        "release" => Message::ReleaseHold(order),
        "ask" => Message::AskOrder { order, from },
        what => panic!("no such message: {what}"),
    }
}

/// Used by lines that show a hold.
pub fn hold(world: &World, shard: ShardId, hold: engine_core::inventory::HoldRef) -> Said {
    Ok(match read::hold(world.cluster.rows(shard), hold)? {
        None => "no hold\n".into(),
        Some(hold) => {
            let (state, timer) = (hold.state, hold.timer_at);
            let shares = show::shares(&hold.shares);
            format!("{state:?}: {}; timer {timer}{shares}\n", show::held(&hold.lines))
        }
    })
}
