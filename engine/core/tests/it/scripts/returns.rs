//! Lines about what comes back of an order, what is lost, and what its customer's bank disputes.

use engine_core::order::{Condition, DisputeState, Lost, Order, Received, RefundState};
use engine_core::{
    ApproveReturn, CancelReturn, Command, ImportRefund, LoseFulfillment, NoteDispute,
    ReceiveReturn, RejectReturn, RequestReturn, ReshipFulfillment,
};

use super::Said;
use super::fulfillment::units;
use super::inventory::unquote;
use super::world::World;

#[derive(goldenscript::Command)]
enum Line {
    /// Asks for a return: `by=` its owner, or else somebody of the shop.
    Return {
        order: String,
        name: String,
        #[arg(key)]
        by: Option<String>,
        #[arg(key)]
        reason: Option<String>,
        #[arg(optional)]
        lines: Vec<(u32, u32)>,
    },
    Approve {
        order: String,
        name: String,
        #[arg(key)]
        version: Option<u64>,
    },
    Reject {
        order: String,
        name: String,
        #[arg(key)]
        reason: Option<String>,
        #[arg(key)]
        version: Option<u64>,
    },
    KeepIt {
        order: String,
        name: String,
        #[arg(key)]
        by: Option<String>,
    },
    /// Takes in a return: all of it, or the lines that came, `damaged=` so many of the first.
    TakeIn {
        order: String,
        name: String,
        #[arg(key)]
        damaged: Option<u32>,
        #[arg(key)]
        refund: Option<i64>,
        #[arg(key)]
        version: Option<u64>,
        #[arg(optional)]
        lines: Vec<(u32, u32)>,
    },
    TakeInNothing {
        order: String,
        name: String,
    },
    /// A fulfillment is `gone`, or `back`.
    Lost {
        order: String,
        name: String,
        how: String,
        #[arg(key)]
        refund: Option<bool>,
        #[arg(key)]
        version: Option<u64>,
    },
    /// What never arrived is sent once more.
    Reship {
        order: String,
        name: String,
        again: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// A dispute is `open`, `won` or `lost`.
    Dispute {
        order: String,
        id: String,
        state: String,
        #[arg(key)]
        amount: Option<i64>,
    },
    /// A refund was seen at the provider: `pending`, `succeeded` or `failed`.
    Import {
        order: String,
        name: String,
        amount: i64,
        state: String,
        #[arg(key)]
        call: Option<u32>,
    },
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let names = &mut world.names;
    let command = match Line::try_from(line)? {
        Line::Return { order, name, by, reason, lines } => Command::RequestReturn(RequestReturn {
            order: names.order(&order),
            owner: by.map(|by| names.owner(&by)),
            id: names.return_(&name),
            lines: units(&lines),
            reason: unquote(reason.as_deref().unwrap_or("too small")),
        }),
        Line::Approve { order, name, version: expected_version } => {
            let (order, id) = (names.order(&order), names.return_(&name));
            Command::ApproveReturn(ApproveReturn { order, expected_version, id })
        }
        Line::Reject { order, name, reason, version: expected_version } => {
            let (order, id) = (names.order(&order), names.return_(&name));
            let reason = unquote(reason.as_deref().unwrap_or("worn"));
            Command::RejectReturn(RejectReturn { order, expected_version, id, reason })
        }
        Line::KeepIt { order, name, by } => {
            let owner = by.map(|by| names.owner(&by));
            let (order, id) = (names.order(&order), names.return_(&name));
            Command::CancelReturn(CancelReturn { order, owner, id })
        }
        Line::TakeIn { order, name, damaged, refund, version: expected_version, lines } => {
            let (order, id) = (names.order(&order), names.return_(&name));
            let received = (!lines.is_empty()).then(|| came(&lines, damaged.unwrap_or(0)));
            Command::ReceiveReturn(ReceiveReturn { order, expected_version, id, received, refund })
        }
        Line::TakeInNothing { order, name } => {
            let (order, id) = (names.order(&order), names.return_(&name));
            let (received, expected_version, refund) = (Some(Vec::new()), None, None);
            Command::ReceiveReturn(ReceiveReturn { order, expected_version, id, received, refund })
        }
        Line::Lost { order, name, how, refund, version: expected_version } => {
            let (order, id) = (names.order(&order), names.fulfillment(&name));
            let how = if how == "back" { Lost::CameBack } else { Lost::Gone };
            let refund = refund.unwrap_or(true);
            Command::LoseFulfillment(LoseFulfillment { order, expected_version, id, how, refund })
        }
        Line::Reship { order, name, again, version: expected_version } => {
            let (id, again) = (names.fulfillment(&name), names.fulfillment(&again));
            let order = names.order(&order);
            Command::ReshipFulfillment(ReshipFulfillment { order, expected_version, id, again })
        }
        line => heard(world, line)?,
    };
    world.run(command)
}

/// What the provider says by itself.
fn heard(world: &mut World, line: Line) -> Result<Command, Box<dyn std::error::Error>> {
    let names = &mut world.names;
    Ok(match line {
        Line::Dispute { order, id, state, amount } => Command::NoteDispute(NoteDispute {
            order: names.order(&order),
            id: unquote(&id),
            state: DisputeState::ALL
                .into_iter()
                .find(|known| known.as_str() == state)
                .ok_or("no such state of a dispute")?,
            amount: amount.unwrap_or(300),
        }),
        Line::Import { order, name, amount, state, call } => Command::ImportRefund(ImportRefund {
            order: names.order(&order),
            id: names.refund(&name),
            amount,
            state: RefundState::ALL
                .into_iter()
                .find(|known| known.as_str() == state)
                .ok_or("no such state of a refund")?,
            code: String::new(),
            call,
        }),
        _ => return Err("another's line".into()),
    })
}

/// What came; so many units of the first line are damaged.
fn came(lines: &[(u32, u32)], damaged: u32) -> Vec<Received> {
    let condition = Condition::Sellable;
    let unit =
        |(line, quantity): &(u32, u32)| Received { line: *line, quantity: *quantity, condition };
    let mut came: Vec<_> = lines.iter().map(unit).collect();
    if damaged > 0
        && let Some(first) = came.first().copied()
    {
        came[0].quantity = first.quantity - damaged;
        let condition = Condition::Damaged;
        came.push(Received { quantity: damaged, condition, ..first });
        came.retain(|units| units.quantity > 0);
    }
    came
}

/// The returns and the dispute of an order, each on a line of its own.
pub fn parts(order: &Order) -> String {
    let mut said = String::new();
    for it in &order.progress.returns {
        let lines = it.lines.iter().map(|units| format!("{}={}", units.line, units.quantity));
        let lines = lines.collect::<Vec<_>>().join(" ");
        said += &format!("\n  {:?} {}: {lines}", it.id, it.state.as_str());
        for units in &it.received {
            let Received { line, quantity, condition } = units;
            said += &format!("; came {line}={quantity} {}", condition.as_str());
        }
    }
    if let Some(dispute) = &order.progress.dispute {
        let state = dispute.state.as_str();
        said += &format!("\n  {} over {} {state}", dispute.id, dispute.amount);
    }
    said
}
