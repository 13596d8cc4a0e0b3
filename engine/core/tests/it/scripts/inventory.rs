//! Lines about stock and holds.

use engine_core::inventory::{HoldLine, HoldRef};
use engine_core::{
    AdjustStock, Command, CommitHold, HoldStock, ReceiveStock, ReleaseHold, SetStock,
    SetStockPolicy, ShardId, read,
};

use super::world::World;
use super::{Said, catalog, pricing, show, time};

#[derive(goldenscript::Command)]
enum Line {
    /// Receives units.
    Receive { product: String, quantity: u32 },
    /// Adjusts the units on hand by a difference.
    Adjust {
        product: String,
        delta: i64,
        #[arg(key)]
        reason: Option<String>,
    },
    /// Compares and sets the units on hand.
    Set {
        product: String,
        #[arg(key)]
        expected: u32,
        #[arg(key)]
        to: u32,
        #[arg(key)]
        reason: Option<String>,
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
        Line::Receive { product, quantity } => {
            let product = world.names.product(&product);
            Command::ReceiveStock(ReceiveStock { product, quantity })
        }
        Line::Adjust { product, delta, reason } => {
            let product = world.names.product(&product);
            Command::AdjustStock(AdjustStock { product, delta, reason: self::reason(reason) })
        }
        Line::Set { product, expected, to, reason } => {
            let product = world.names.product(&product);
            let reason = self::reason(reason);
            Command::SetStock(SetStock { product, expected, on_hand: to, reason })
        }
        Line::Policy { product, expected, safety, backorders, low } => {
            Command::SetStockPolicy(SetStockPolicy {
                product: world.names.product(&product),
                expected_version: expected,
                safety: safety.unwrap_or(0),
                backorder_limit: backorders.unwrap_or(0),
                low_stock_threshold: low,
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
            let currency = engine_core::Currency::USD;
            let timer_ms = 1;
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

fn stock(world: &mut World, product: &str) -> Said {
    let id = world.names.product(product);
    let rows = world.cluster.rows(world.cluster.topology.of_product(id));
    let Some(stock) = read::stock(rows, id)? else { return Ok("no stock\n".into()) };
    let mut said = format!("{}\n", show::stock(&stock));
    for (number, movement) in read::movements(rows, id, 0, 100)? {
        let engine_core::inventory::Movement { at, delta, on_hand, reason } = movement;
        said += &format!("  {number}. at {at}: {delta:+} makes {on_hand}, {reason:?}\n");
    }
    Ok(said)
}
