//! Lines about what the payment provider answers, tells, and is asked again.

use engine_core::outbox::EffectId;
use engine_core::payment::{CallResult, Decline, Intent, IntentId, IntentStatus, PaymentMethod};
use engine_core::{
    BeginEpoch, Command, NotePaymentEvent, RetryPayment, Settle, ShardId, h128, read,
};

use super::inventory::unquote;
use super::world::World;
use super::{Said, orphan};

/// A call of an order, and what the provider says to it: `unknown`, `refunded`, `refused`, or the
/// intent's status. Amounts are the order's unless the line says something else.
#[derive(goldenscript::Command)]
enum Line {
    /// Settles a call.
    Settle {
        order: String,
        call: u32,
        answer: String,
        #[arg(key)]
        code: Option<String>,
        #[arg(key)]
        intent: Option<String>,
        #[arg(key)]
        amount: Option<i64>,
        #[arg(key)]
        capturable: Option<i64>,
        #[arg(key)]
        received: Option<i64>,
        #[arg(key)]
        decline: Option<String>,
        #[arg(key)]
        last: Option<bool>,
        #[arg(key)]
        capture_before: Option<u64>,
    },
    /// Notes an event by its id: the intent of an order, if no other is named, stood so.
    Hear {
        event: String,
        order: String,
        status: String,
        #[arg(key)]
        intent: Option<String>,
    },
    /// Pays with another method: `by=` the order's owner, or else an operator.
    Pay {
        order: String,
        method: String,
        #[arg(key)]
        by: Option<String>,
    },
    /// Begins an epoch in a shard, 1 if it does not say.
    Epoch {
        epoch: u8,
        #[arg(key)]
        shard: Option<u16>,
    },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        line @ Line::Settle { .. } => settle(world, line)?,
        Line::Hear { event, order, status, intent } => {
            let ours = format!("pi_{}", order.split('@').next().unwrap_or_default());
            Command::NotePaymentEvent(NotePaymentEvent {
                event: h128(&[event.as_bytes()]),
                order: world.names.order(&order),
                intent: IntentId(intent.unwrap_or(ours)),
                status: self::status(&status),
            })
        }
        Line::Pay { order, method, by } => {
            let owner = by.map(|by| world.names.owner(&by));
            let method = PaymentMethod(unquote(&method));
            Command::RetryPayment(RetryPayment { order: world.names.order(&order), owner, method })
        }
        Line::Epoch { epoch, shard } => {
            let command = Command::BeginEpoch(BeginEpoch { epoch });
            return world.run_in(ShardId(shard.unwrap_or(1)), command);
        }
        Line::Other(line) => return orphan::run(world, &line),
    };
    world.run(command)
}

fn settle(world: &mut World, line: Line) -> Result<Command, Box<dyn std::error::Error>> {
    let Line::Settle {
        order,
        call,
        answer,
        code,
        intent,
        amount,
        capturable,
        received,
        decline,
        last,
        capture_before,
    } = line
    else {
        return Err("not a settlement".into());
    };
    let id = world.names.order(&order);
    let rows = world.cluster.rows(world.cluster.topology.of_order(id));
    let total = read::order(rows, id, &read::Whose::Anybody)?.map_or(0, |order| order.total);
    let code = unquote(code.as_deref().unwrap_or("card_error"));
    let ours = format!("pi_{}", order.split('@').next().unwrap_or_default());
    let intent = IntentId(intent.as_deref().map(unquote).unwrap_or(ours));
    let decline = decline.map(|code| Decline { code, is_final: last.unwrap_or(false) });
    let when = |wanted| if answer == wanted { total } else { 0 };
    let result = match answer.as_str() {
        "unknown" => CallResult::Unknown,
        "refunded" => CallResult::Refunded,
        "refund_pending" => CallResult::RefundPending,
        "refused" => CallResult::Refused { code },
        status => CallResult::Intent(Intent {
            id: intent,
            status: self::status(status),
            amount: amount.unwrap_or(total),
            capturable: capturable.unwrap_or(when("requires_capture")),
            received: received.unwrap_or(when("succeeded")),
            decline,
            capture_before,
        }),
    };
    let effect = EffectId { order: id, number: call };
    Ok(Command::Settle(Settle { effect, result }))
}

pub fn status(name: &str) -> IntentStatus {
    match name {
        "requires_payment_method" => IntentStatus::RequiresPaymentMethod,
        "requires_confirmation" => IntentStatus::RequiresConfirmation,
        "requires_action" => IntentStatus::RequiresAction,
        "processing" => IntentStatus::Processing,
        "requires_capture" => IntentStatus::RequiresCapture,
        "succeeded" => IntentStatus::Succeeded,
        "canceled" => IntentStatus::Canceled,
        name => panic!("no such status: {name}"),
    }
}
