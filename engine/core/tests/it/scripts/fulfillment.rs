//! Lines about orders that were confirmed: what is sent, what is canceled, what is given back.

use engine_core::order::{LineUnits, Order};
use engine_core::{
    CancelFulfillment, CancelLines, Command, CreateFulfillment, DeliverFulfillment,
    PackFulfillment, RefundOrder, ShipFulfillment,
};

use super::inventory::unquote;
use super::world::World;
use super::{Said, returns};

/// Lines of an order are told by their number, from 0: `0=2` is two units of the first.
#[derive(goldenscript::Command)]
enum Line {
    /// Begins a fulfillment; without lines, of all that is left.
    Fulfill {
        order: String,
        name: String,
        #[arg(key)]
        version: Option<u64>,
        #[arg(optional)]
        lines: Vec<(u32, u32)>,
    },
    /// Begins a fulfillment of nothing.
    FulfillNothing { order: String, name: String },
    Pack {
        order: String,
        name: String,
        #[arg(key)]
        version: Option<u64>,
    },
    Ship {
        order: String,
        name: String,
        #[arg(key)]
        by: Option<String>,
        #[arg(key)]
        tracking: Option<String>,
        #[arg(key)]
        version: Option<u64>,
    },
    Arrived {
        order: String,
        name: String,
        #[arg(key)]
        version: Option<u64>,
    },
    GiveUp {
        order: String,
        name: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Cancels units of lines.
    CancelLines {
        order: String,
        #[arg(key)]
        reason: Option<String>,
        #[arg(key)]
        write_off: Option<bool>,
        #[arg(key)]
        version: Option<u64>,
        #[arg(optional)]
        lines: Vec<(u32, u32)>,
    },
    /// Gives money back; without an amount, all that is left.
    Refund {
        order: String,
        name: String,
        amount: Option<i64>,
        #[arg(key)]
        reason: Option<String>,
        #[arg(key)]
        version: Option<u64>,
    },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let line = Line::try_from(line)?;
    if let Line::Other(line) = &line {
        return returns::run(world, line);
    }
    let names = &mut world.names;
    let command = match line {
        Line::Fulfill { order, name, version, lines } => {
            let (order, id) = (names.order(&order), names.fulfillment(&name));
            let lines = (!lines.is_empty()).then(|| units(&lines));
            let expected_version = version;
            Command::CreateFulfillment(CreateFulfillment { order, expected_version, id, lines })
        }
        Line::FulfillNothing { order, name } => {
            let (order, id) = (names.order(&order), names.fulfillment(&name));
            let (lines, expected_version) = (Some(Vec::new()), None);
            Command::CreateFulfillment(CreateFulfillment { order, expected_version, id, lines })
        }
        Line::Pack { order, name, version: expected_version } => {
            let (order, id) = (names.order(&order), names.fulfillment(&name));
            Command::PackFulfillment(PackFulfillment { order, expected_version, id })
        }
        Line::Ship { order, name, by, tracking, version: expected_version } => {
            let (order, id) = (names.order(&order), names.fulfillment(&name));
            let carrier = unquote(by.as_deref().unwrap_or("UPS"));
            let tracking = unquote(tracking.as_deref().unwrap_or("1Z"));
            Command::ShipFulfillment(ShipFulfillment {
                order,
                expected_version,
                id,
                carrier,
                tracking,
            })
        }
        Line::Arrived { order, name, version: expected_version } => {
            let (order, id) = (names.order(&order), names.fulfillment(&name));
            Command::DeliverFulfillment(DeliverFulfillment { order, expected_version, id })
        }
        Line::GiveUp { order, name, version: expected_version } => {
            let (order, id) = (names.order(&order), names.fulfillment(&name));
            Command::CancelFulfillment(CancelFulfillment { order, expected_version, id })
        }
        Line::Other(_) => return Err("another's line".into()),
        line => less(world, line)?,
    };
    world.run(command)
}

/// Less is sent, or less is paid.
fn less(world: &mut World, line: Line) -> Result<Command, Box<dyn std::error::Error>> {
    let names = &mut world.names;
    Ok(match line {
        Line::CancelLines { order, reason, write_off, version, lines } => {
            Command::CancelLines(CancelLines {
                order: names.order(&order),
                expected_version: version,
                lines: units(&lines),
                reason: unquote(reason.as_deref().unwrap_or("broken")),
                write_off: write_off.unwrap_or(false),
            })
        }
        Line::Refund { order, name, amount, reason, version } => {
            Command::RefundOrder(RefundOrder {
                order: names.order(&order),
                expected_version: version,
                id: names.refund(&name),
                amount,
                reason: unquote(reason.as_deref().unwrap_or("sorry")),
            })
        }
        _ => return Err("another's line".into()),
    })
}

pub fn units(lines: &[(u32, u32)]) -> Vec<LineUnits> {
    lines.iter().map(|(line, quantity)| LineUnits { line: *line, quantity: *quantity }).collect()
}

/// The lines of which something became, the fulfillments and the refunds of an order, each on a
/// line of its own.
pub fn parts(order: &Order) -> String {
    let mut said = String::new();
    for (number, line) in order.lines.iter().enumerate() {
        let done = line.progress;
        let all = [
            (done.canceled, "canceled"),
            (done.shipped, "shipped"),
            (done.delivered, "delivered"),
            (done.lost, "lost"),
            (done.returned, "returned"),
        ];
        let told: Vec<_> = all.iter().filter(|(count, _)| *count > 0).collect();
        if !told.is_empty() {
            let told: Vec<_> = told.iter().map(|(count, what)| format!("{count} {what}")).collect();
            said += &format!("\n  line {number} of {}: {}", line.quantity, told.join(", "));
        }
    }
    for fulfillment in &order.progress.fulfillments {
        let lines = fulfillment.lines.iter().map(|it| format!("{}={}", it.line, it.quantity));
        let lines = lines.collect::<Vec<_>>().join(" ");
        said += &format!("\n  {:?} {}: {lines}", fulfillment.id, fulfillment.state.as_str());
        if fulfillment.shipped_at.is_some() {
            said += &format!(" by {} {}", fulfillment.carrier, fulfillment.tracking);
        }
    }
    said += &returns::parts(order);
    for refund in &order.progress.refunds {
        let code =
            if refund.code.is_empty() { String::new() } else { format!(": {}", refund.code) };
        let (amount, state) = (refund.amount, refund.state.as_str());
        said += &format!("\n  {amount} back ({}) {state}{code}", refund.reason);
    }
    said
}
