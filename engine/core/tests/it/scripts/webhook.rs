//! Lines about webhooks: endpoints, and what becomes of deliveries to them.

use engine_core::webhook::{
    Delivery, DeliveryOutcome, DisabledBy, EventType, Notice, Position, WebhookEndpoint,
};
use engine_core::{
    CloseDeliveries, Command, CreateWebhook, DeleteWebhook, DisableWebhook, NoteDeliveries,
    OpenDeliveries, ReplayDeadLetters, RotateWebhookSecret, ShardId, UpdateWebhook, feed, read,
};

use super::inventory::unquote;
use super::world::World;
use super::{Said, search, show};

/// What tells the master key, unless a line says otherwise.
const CHECK: u64 = 7;

#[derive(goldenscript::Command)]
enum Line {
    /// Creates an endpoint.
    CreateWebhook {
        id: String,
        #[arg(key)]
        url: Option<String>,
        /// `order.changed,stock.changed`; `order.changed` if there is none.
        #[arg(key)]
        events: Option<String>,
        #[arg(key)]
        description: Option<String>,
    },
    /// Changes an endpoint.
    UpdateWebhook {
        id: String,
        #[arg(key)]
        version: Option<u64>,
        #[arg(key)]
        url: Option<String>,
        #[arg(key)]
        events: Option<String>,
        #[arg(key)]
        enabled: Option<bool>,
    },
    /// Gives an endpoint a new secret.
    RotateWebhookSecret {
        id: String,
        #[arg(key)]
        overlap: u64,
        #[arg(key)]
        check: Option<u64>,
    },
    /// A sender disables an endpoint: `gone` or `failing`.
    DisableWebhook {
        id: String,
        #[arg(key)]
        version: u64,
        #[arg(key)]
        by: String,
    },
    /// Deletes an endpoint.
    DeleteWebhook {
        id: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Opens an endpoint in a shard.
    OpenDeliveries {
        shard: u16,
        id: String,
        #[arg(key)]
        sender: u64,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Notes outcomes: `7.0=parked`, `7.1=dead`, `7.2=delivered`, each about a product.
    NoteDeliveries {
        shard: u16,
        id: String,
        #[arg(key)]
        sender: u64,
        /// `7.0`, or `end`.
        #[arg(key)]
        through: String,
        #[arg(key)]
        delivered: Option<u32>,
        #[arg(optional)]
        outcomes: Vec<(String, String)>,
    },
    /// Closes an endpoint in a shard.
    CloseDeliveries {
        shard: u16,
        id: String,
        /// None if it was deleted.
        #[arg(key)]
        version: Option<u64>,
    },
    /// Makes dead letters deliveries again.
    ReplayDeadLetters { shard: u16, id: String },
    /// Tells how far a shard has told an endpoint.
    Deliveries { shard: u16, id: String },
    /// Tells how far the feed of a shard has been trimmed, and where it ends.
    Feed(u16),
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    match Line::try_from(line)? {
        Line::CreateWebhook { id, url, events, description } => {
            let command = CreateWebhook {
                id: world.names.endpoint(&id),
                url: url.as_deref().map_or_else(|| format!("https://{id}.example/"), unquote),
                description: description.as_deref().map(unquote).unwrap_or_default(),
                events: self::events(events.as_deref().unwrap_or("order.changed"))?,
                check: CHECK,
            };
            world.run(Command::CreateWebhook(command))
        }
        Line::UpdateWebhook { id, version, url, events, enabled } => {
            let command = UpdateWebhook {
                id: world.names.endpoint(&id),
                expected_version: version,
                url: url.as_deref().map(unquote),
                description: None,
                events: events.as_deref().map(self::events).transpose()?,
                enabled,
            };
            world.run(Command::UpdateWebhook(command))
        }
        Line::RotateWebhookSecret { id, overlap: overlap_ms, check } => {
            let (id, check) = (world.names.endpoint(&id), check.unwrap_or(CHECK));
            world.run(Command::RotateWebhookSecret(RotateWebhookSecret { id, overlap_ms, check }))
        }
        Line::DisableWebhook { id, version, by } => {
            let by = if by == "gone" { DisabledBy::Gone } else { DisabledBy::Failing };
            let id = world.names.endpoint(&id);
            world.run(Command::DisableWebhook(DisableWebhook { id, version, by }))
        }
        Line::DeleteWebhook { id, version: expected_version } => {
            let id = world.names.endpoint(&id);
            world.run(Command::DeleteWebhook(DeleteWebhook { id, expected_version }))
        }
        Line::Deliveries { shard, id } => deliveries(world, ShardId(shard), &id),
        Line::Feed(shard) => Ok(format!("{:?}\n", feed::head(world.cluster.rows(ShardId(shard)))?)),
        Line::Other(line) => search::run(world, &line),
        line => of_shard(world, line),
    }
}

/// The lines about one shard's deliveries.
fn of_shard(world: &mut World, line: Line) -> Said {
    let (shard, command) = match line {
        Line::OpenDeliveries { shard, id, sender, version } => {
            let endpoint = world.names.endpoint(&id);
            let version = version.unwrap_or(1);
            (shard, Command::OpenDeliveries(OpenDeliveries { endpoint, version, sender }))
        }
        Line::NoteDeliveries { shard, id, sender, through, delivered, outcomes } => {
            let endpoint = world.names.endpoint(&id);
            let end = feed::head(world.cluster.rows(ShardId(shard)))?.last;
            let through =
                if through == "end" { Position::end_of(end) } else { position(&through)? };
            let delivered = delivered.unwrap_or(0);
            let outcomes = outcomes.iter().map(|(at, what)| outcome(world, at, what));
            let outcomes = outcomes.collect::<Result<_, _>>()?;
            let note = NoteDeliveries { endpoint, sender, through, outcomes, delivered };
            (shard, Command::NoteDeliveries(note))
        }
        Line::CloseDeliveries { shard, id, version } => {
            let endpoint = world.names.endpoint(&id);
            (shard, Command::CloseDeliveries(CloseDeliveries { endpoint, version }))
        }
        Line::ReplayDeadLetters { shard, id } => {
            let endpoint = world.names.endpoint(&id);
            (shard, Command::ReplayDeadLetters(ReplayDeadLetters { endpoint }))
        }
        _ => return Err("no line about a shard".into()),
    };
    world.run_in(ShardId(shard), command)
}

/// An endpoint: where, of what, whether, and with which secrets.
pub fn endpoint(endpoint: &WebhookEndpoint) -> String {
    let WebhookEndpoint { id, version, url, events, secret, .. } = endpoint;
    let events: Vec<_> = events.iter().map(|kind| kind.as_str()).collect();
    let mut text = format!("{id:?} v{version} {} of {}", show::quoted(url), events.join(", "));
    if let Some(disabled) = endpoint.disabled {
        text += &format!(", disabled {} by {:?}", disabled.at, disabled.by);
    }
    text += &format!("; secret {}", secret.generation);
    if let Some(previous) = secret.previous {
        text += &format!(", and {} until {}", previous.generation, previous.until);
    }
    text
}

fn deliveries(world: &mut World, shard: ShardId, id: &str) -> Said {
    let id = world.names.endpoint(id);
    let rows = world.cluster.rows(shard);
    let Some(row) = read::deliveries(rows, id)? else { return Ok("not told\n".into()) };
    let through = row.through.map_or("closed".into(), |at| format!("told up to {}", place(at)));
    let mut said = format!("{through} by {}, {} delivered\n", row.sender, row.delivered);
    for (what, found) in [
        ("parked", read::parked_deliveries(rows, id, None, usize::MAX)?),
        ("dead", read::dead_letters(rows, id, None, usize::MAX)?),
    ] {
        for (at, delivery) in found {
            let Delivery { attempts, due, .. } = delivery;
            said += &format!("  {what} {}: {attempts} attempts, due {due}\n", place(at));
        }
    }
    Ok(said)
}

fn place(at: Position) -> String {
    match at.ordinal {
        u32::MAX => format!("{}.end", at.index),
        ordinal => format!("{}.{ordinal}", at.index),
    }
}

fn position(text: &str) -> Result<Position, Box<dyn std::error::Error>> {
    let (index, ordinal) = text.split_once('.').ok_or("a position is 7.0")?;
    let ordinal = if ordinal == "end" { u32::MAX } else { ordinal.parse()? };
    Ok(Position { index: index.parse()?, ordinal })
}

fn outcome(
    world: &mut World,
    at: &str,
    what: &str,
) -> Result<(Position, DeliveryOutcome), Box<dyn std::error::Error>> {
    let product = world.names.product("pen");
    let notice = Notice::StockChanged { product, available: 1 };
    let now = world.cluster.now;
    let delivery = Delivery { at: now, notice, attempts: 1, due: now + 5_000, status: Some(500) };
    let outcome = match what {
        "delivered" => DeliveryOutcome::Delivered,
        "parked" => DeliveryOutcome::Parked(delivery),
        "dead" => DeliveryOutcome::Dead(Delivery { due: now, ..delivery }),
        what => return Err(format!("no such outcome: {what}").into()),
    };
    Ok((position(at)?, outcome))
}

fn events(text: &str) -> Result<Vec<EventType>, Box<dyn std::error::Error>> {
    let each = text.split(',').filter(|each| !each.is_empty());
    Ok(each.map(str::parse).collect::<Result<_, _>>()?)
}
