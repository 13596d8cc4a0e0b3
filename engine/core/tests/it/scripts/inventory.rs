//! Lines about stock, holds and locations.

use std::error::Error;

use engine_core::inventory::{Allocation, HoldLine, HoldRef, Location, LocationDetails};
use engine_core::{
    AdjustStock, Command, CommitHold, HoldStock, PutLocation, ReceiveStock, ReleaseHold, SetStock,
    SetStockPolicy, ShardId, TransferStock, read,
};

use super::world::World;
use super::{Said, catalog, pricing, show, time};

#[derive(goldenscript::Command)]
enum Line {
    /// Receives units; `at=` a location, as the meta group knows it.
    Receive {
        product: String,
        quantity: u32,
        #[arg(key)]
        at: Option<String>,
    },
    /// Adjusts the units on hand by a difference.
    Adjust {
        product: String,
        delta: i64,
        #[arg(key)]
        reason: Option<String>,
        #[arg(key)]
        at: Option<String>,
    },
    /// Moves units from one location to another.
    Transfer {
        product: String,
        quantity: u32,
        #[arg(key)]
        from: String,
        #[arg(key)]
        to: String,
        #[arg(key)]
        reason: Option<String>,
    },
    /// Puts a location: `new`, `any` or a version.
    PutLocation {
        location: String,
        expect: String,
        #[arg(key)]
        name: Option<String>,
        #[arg(key)]
        priority: Option<u16>,
        #[arg(key)]
        active: Option<bool>,
    },
    /// Creates so many products of the first shard, with one unit each at a location.
    ManyAt { count: u32, location: String },
    /// Tells how many units of a product were ever sold.
    Sold(String),
    /// Tells how many products of a shard have units that are idle.
    Idle(u16),
    /// Tells what is known of a location in a shard.
    Known { location: String, shard: u16 },

    /// Compares and sets the units on hand.
    Set {
        product: String,
        #[arg(key)]
        expected: u32,
        #[arg(key)]
        to: u32,
        #[arg(key)]
        reason: Option<String>,
        #[arg(key)]
        at: Option<String>,
    },
    /// Replaces the policy of a product's stock.
    Policy {
        product: String,
        #[arg(key)]
        expected: Option<u64>,
        #[arg(key)]
        safety: Option<u32>,
        #[arg(key)]
        backorders: Option<u32>,
        #[arg(key)]
        low: Option<u32>,
        /// Orders are served from where most is.
        #[arg(key, optional)]
        most: bool,
    },
    /// Holds units: `order=` for an order, or else a name for the hold itself.
    Hold {
        name: Option<String>,
        #[arg(key)]
        order: Option<String>,
        #[arg(key)]
        ms: Option<u64>,
        #[arg(key)]
        currency: Option<String>,
        #[arg(key)]
        times: Option<usize>,
        /// The code of a promotion of which a use is held.
        #[arg(key)]
        promotion: Option<String>,
        #[arg(optional)]
        lines: Vec<(String, u32)>,
    },
    /// Holds nothing.
    HoldNothing(String),
    /// Commits the units of a hold.
    Commit {
        name: Option<String>,
        #[arg(key)]
        order: Option<String>,
    },
    /// Releases the units of a hold.
    Release {
        name: Option<String>,
        #[arg(key)]
        order: Option<String>,
    },
    /// Tells a product's stock and its movements.
    Stock(String),
    /// Tells what a shard's row of a hold says.
    ShowHold {
        name: Option<String>,
        #[arg(key)]
        order: Option<String>,
        #[arg(key)]
        shard: Option<u16>,
    },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        Line::Receive { product, quantity, at } => {
            let (product, at) = (world.names.product(&product), self::at(world, at)?);
            Command::ReceiveStock(ReceiveStock { product, quantity, at })
        }
        Line::Adjust { product, delta, reason, at } => {
            let (product, at) = (world.names.product(&product), self::at(world, at)?);
            Command::AdjustStock(AdjustStock { product, delta, reason: self::reason(reason), at })
        }
        Line::Set { product, expected, to, reason, at } => {
            let (product, at) = (world.names.product(&product), self::at(world, at)?);
            let reason = self::reason(reason);
            Command::SetStock(SetStock { product, expected, on_hand: to, reason, at })
        }
        Line::Transfer { product, quantity, from, to, reason } => {
            let (product, to) = (world.names.product(&product), at(world, Some(to))?);
            let (from, reason) = (world.names.location(&from), self::reason(reason));
            Command::TransferStock(TransferStock { product, from, to, quantity, reason })
        }
        Line::PutLocation { location, expect, name, priority, active } => {
            let name = name.as_deref().map_or_else(|| location.clone(), unquote);
            let (priority, active) = (priority.unwrap_or(100), active.unwrap_or(true));
            Command::PutLocation(PutLocation {
                id: world.names.location(&location),
                expect: pricing::expect(&expect)?,
                details: LocationDetails { name, priority, active },
            })
        }
        Line::ManyAt { count, location } => return many_at(world, count, &location),
        Line::Sold(product) => return sold(world, &product),
        Line::Idle(shard) => return idle(world, ShardId(shard)),
        Line::Known { location, shard } => return known(world, &location, ShardId(shard)),
        Line::Policy { product, expected, safety, backorders, low, most } => {
            Command::SetStockPolicy(SetStockPolicy {
                product: world.names.product(&product),
                expected_version: expected,
                safety: safety.unwrap_or(0),
                backorder_limit: backorders.unwrap_or(0),
                low_stock_threshold: low,
                allocation: if most { Allocation::MostStock } else { Allocation::Priority },
            })
        }
        Line::Hold { name, order, ms, currency, times, promotion, lines } => {
            let hold = hold_ref(world, name, order);
            let lines = hold_lines(world, &lines, times.unwrap_or(1));
            let currency = currency.as_deref().unwrap_or("USD").parse()?;
            let timer_ms = ms.unwrap_or(60_000);
            let promotion = promotion.map(|code| pricing::named(world, &code)).transpose()?;
            let promotion = promotion.map(Box::new);
            Command::HoldStock(HoldStock { hold, lines, currency, timer_ms, promotion })
        }
        Line::HoldNothing(name) => {
            let (hold, lines) = (hold_ref(world, Some(name), None), Vec::new());
            let (currency, timer_ms) = (engine_core::Currency::USD, 1);
            Command::HoldStock(HoldStock { hold, lines, currency, timer_ms, promotion: None })
        }
        Line::Commit { name, order } => {
            Command::CommitHold(CommitHold { hold: hold_ref(world, name, order) })
        }
        Line::Release { name, order } => {
            Command::ReleaseHold(ReleaseHold { hold: hold_ref(world, name, order) })
        }
        Line::Stock(product) => return stock(world, &product),
        Line::ShowHold { name, order, shard } => {
            let hold = hold_ref(world, name, order);
            return time::hold(world, ShardId(shard.unwrap_or(1)), hold);
        }
        Line::Other(line) => return catalog::run(world, &line),
    };
    world.run(command)
}

/// The lines `pen@1=2 cap=1`, so many times over.
pub fn hold_lines(world: &mut World, lines: &[(String, u32)], times: usize) -> Vec<HoldLine> {
    let line = |(product, quantity): &(String, u32)| HoldLine {
        product: world.names.product(product),
        quantity: *quantity,
    };
    let lines: Vec<_> = lines.iter().map(line).collect();
    lines.repeat(times)
}

/// `long-300` stands for a text of 300 bytes, `bell` for one with a control character.
pub fn unquote(text: &str) -> String {
    match text.strip_prefix("long-").and_then(|length| length.parse().ok()) {
        Some(length) => "x".repeat(length),
        None if text == "bell" => "\u{7}".into(),
        None => text.into(),
    }
}

fn reason(reason: Option<String>) -> String {
    unquote(reason.as_deref().unwrap_or("counted"))
}

fn hold_ref(world: &mut World, name: Option<String>, order: Option<String>) -> HoldRef {
    match (name, order) {
        (Some(name), None) => HoldRef::Free(world.names.hold(&name)),
        (None, Some(order)) => HoldRef::Order(world.names.order(&order)),
        _ => panic!("a hold has a name, or an order"),
    }
}

/// A location as the meta group knows it; one that it does not know is there, and active.
fn at(world: &mut World, name: Option<String>) -> Result<Option<Box<Location>>, Box<dyn Error>> {
    let Some(name) = name.filter(|name| name != "default") else { return Ok(None) };
    let id = world.names.location(&name);
    let known = read::location(world.cluster.rows(ShardId::META), id)?;
    Ok(Some(Box::new(known.unwrap_or(Location { id, ..Location::default_one() }))))
}

fn many_at(world: &mut World, count: u32, location: &str) -> Said {
    let at = at(world, Some(location.to_owned()))?;
    for number in 0..count {
        let product = world.names.product(&format!("many{number}"));
        world.run(catalog::new_product(product))?;
        let receive = ReceiveStock { product, quantity: 1, at: at.clone() };
        world.run(Command::ReceiveStock(receive))?;
    }
    Ok(format!("{count} products\n"))
}

fn sold(world: &mut World, product: &str) -> Said {
    let id = world.names.product(product);
    let rows = world.cluster.rows(world.cluster.topology.of_product(id));
    Ok(format!("{} sold\n", read::stock(rows, id)?.unwrap_or_default().sold))
}

fn idle(world: &World, shard: ShardId) -> Said {
    let rows = world.cluster.rows(shard);
    let mut idle = 0;
    for product in read::products(rows, None, usize::MAX)? {
        let stock = read::stock(rows, product.id)?;
        idle += u32::from(stock.is_some_and(|stock| stock.idle > 0));
    }
    Ok(format!("{idle} products\n"))
}

fn known(world: &mut World, location: &str, shard: ShardId) -> Said {
    let id = world.names.location(location);
    let rows = world.cluster.rows(shard);
    let known = match shard {
        ShardId::META => read::location(rows, id)?,
        _ => read::known_location(rows, id)?,
    };
    Ok(known.map_or("unknown\n".to_owned(), |known| format!("{}\n", show::location(&known))))
}

fn stock(world: &mut World, product: &str) -> Said {
    let id = world.names.product(product);
    let rows = world.cluster.rows(world.cluster.topology.of_product(id));
    let Some(stock) = read::stock(rows, id)? else { return Ok("no stock\n".into()) };
    let mut said = format!("{}\n", show::stock(&stock));
    if stock.located {
        for place in read::places(rows, id, &stock)? {
            said += &format!("  {}\n", show::place(&place));
        }
    }
    for (number, movement) in read::movements(rows, id, 0, 100)? {
        let engine_core::inventory::Movement { at, delta, on_hand, reason, location } = movement;
        let place = location.map(|location| format!(" in {location:?}")).unwrap_or_default();
        said += &format!("  {number}. at {at}: {delta:+}{place} makes {on_hand}, {reason:?}\n");
    }
    Ok(said)
}
