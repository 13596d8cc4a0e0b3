//! Lines about the feed's consumers, and about how much of it is kept.

use engine_core::catalog::{DESCRIPTION_BYTES_MAX, ProductChange};
use engine_core::feed::{Consumer, FeedRetention, ReadTo};
use engine_core::webhook::Position;
use engine_core::{
    Command, ConsumerId, DeleteConsumer, PutConsumer, SetFeedRetention, ShardId, UpdateProduct,
    read,
};

use super::inventory::unquote;
use super::world::World;
use super::{Said, webhook};

#[derive(goldenscript::Command)]
enum Line {
    /// A consumer says how far it has read: `0:3,1:7.2,2:0`.
    PutConsumer {
        name: String,
        read: String,
        #[arg(key, optional)]
        reset: bool,
    },
    /// Forgets a consumer.
    DeleteConsumer(String),
    /// Tells every consumer.
    Consumers,
    /// Says how much of a shard's feed is kept: hours, and MiB.
    KeepFeed {
        shard: u16,
        #[arg(key)]
        hours: u64,
        #[arg(key)]
        mib: u64,
    },
    /// Gives a product its longest description so often: each is an entry of the feed.
    Grow {
        product: String,
        #[arg(key)]
        times: u32,
    },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    match Line::try_from(line)? {
        Line::PutConsumer { name, read, reset } => {
            let (name, read) = (unquote(&name), places(&read)?);
            world.names.consumer(&name);
            world.run(Command::PutConsumer(PutConsumer { name, read, reset }))
        }
        Line::DeleteConsumer(name) => {
            let id = ConsumerId::of(&name);
            world.names.consumer(&name);
            world.run_in(ShardId::META, Command::DeleteConsumer(DeleteConsumer { id }))
        }
        Line::KeepFeed { shard, hours, mib } => {
            let age_ms = hours.saturating_mul(3_600_000);
            let kept = FeedRetention { age_ms, bytes: mib.saturating_mul(1 << 20) };
            world.run_in(ShardId(shard), Command::SetFeedRetention(SetFeedRetention { kept }))
        }
        Line::Grow { product, times } => {
            for _ in 0..times {
                let change = ProductChange {
                    description: Some("x".repeat(DESCRIPTION_BYTES_MAX)),
                    ..ProductChange::default()
                };
                let id = world.names.product(&product);
                let update = UpdateProduct { id, expected_version: None, change, available: None };
                world.run(Command::UpdateProduct(update))?;
            }
            Ok(String::new())
        }
        Line::Consumers => {
            let rows = read::consumers(world.cluster.rows(ShardId::META))?;
            Ok(rows.iter().map(|row| consumer(row) + "\n").collect())
        }
        Line::Other(line) => webhook::run(world, &line),
    }
}

/// A consumer: its version, how far it has read, and when it moved.
pub fn consumer(row: &Consumer) -> String {
    let Consumer { id, name, version, created_at, updated_at, .. } = row;
    let read: Vec<_> =
        row.read.iter().map(|(shard, at)| format!("{shard}:{}", place(*at))).collect();
    format!("{id:?} {name:?} v{version} at {}, {created_at} to {updated_at}", read.join(" "))
}

fn place(at: Position) -> String {
    match at.ordinal {
        u32::MAX => at.index.to_string(),
        ordinal => format!("{}.{ordinal}", at.index),
    }
}

fn places(text: &str) -> Result<Vec<ReadTo>, Box<dyn std::error::Error>> {
    let place = |part: &str| {
        let (shard, at) = part.split_once(':').ok_or("a place is 1:7 or 1:7.2")?;
        let (index, ordinal) = at.split_once('.').unwrap_or((at, "4294967295"));
        let at = Position { index: index.parse()?, ordinal: ordinal.parse()? };
        Ok((ShardId(shard.parse()?), at))
    };
    text.split(',').filter(|part| !part.is_empty()).map(place).collect()
}
