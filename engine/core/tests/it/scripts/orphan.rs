//! Lines about intents that no order knows, and about what the provider's list says.

use engine_core::outbox::EffectId;
use engine_core::payment::{CallResult, Intent, IntentId, Orphan, orphan};
use engine_core::{Command, ReconcileIntent, Settle, ShardId, read};

use super::payment::status;
use super::world::World;
use super::{Said, fulfillment};

/// The intent of the order `o1` is `pi_o1`, if no other is named.
#[derive(goldenscript::Command)]
enum Line {
    /// What the provider's list says of an intent; `now=` true: an orphan is not waited for.
    Listed {
        order: String,
        status: String,
        #[arg(key)]
        intent: Option<String>,
        #[arg(key)]
        received: Option<i64>,
        #[arg(key)]
        now: Option<bool>,
    },
    /// Settles a call for an orphan: `unknown`, `refunded`, `refund_pending`, `refused`, or the
    /// intent's status.
    SettleOrphan {
        order: String,
        call: u32,
        answer: String,
        #[arg(key)]
        intent: Option<String>,
        #[arg(key)]
        received: Option<i64>,
        #[arg(key)]
        code: Option<String>,
    },
    /// Shows every orphan of a shard, 1 if it does not say.
    Orphans {
        #[arg(key)]
        shard: Option<u16>,
    },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        Line::Listed { order, status: name, intent, received, now } => {
            let (intent, id) = (intent_of(&order, intent), world.names.order(&order));
            world.names.orphan(id, &intent, &order);
            Command::ReconcileIntent(ReconcileIntent {
                order: id,
                intent,
                status: status(&name),
                received: received.unwrap_or(0),
                at_once: now.unwrap_or(false),
            })
        }
        Line::SettleOrphan { order, call, answer, intent, received, code } => {
            let (intent, id) = (intent_of(&order, intent), world.names.order(&order));
            world.names.orphan(id, &intent, &order);
            let effect = EffectId { order: orphan::id_of(id, &intent), number: call };
            let result = match answer.as_str() {
                "unknown" => CallResult::Unknown,
                "refunded" => CallResult::Refunded,
                "refund_pending" => CallResult::RefundPending,
                "refused" => CallResult::Refused { code: code.unwrap_or("disputed".into()) },
                name => CallResult::Intent(Intent {
                    id: intent,
                    status: status(name),
                    amount: 300,
                    capturable: 0,
                    received: received.unwrap_or(0),
                    decline: None,
                    capture_before: None,
                }),
            };
            Command::Settle(Settle { effect, result })
        }
        Line::Orphans { shard } => return show(world, ShardId(shard.unwrap_or(1))),
        Line::Other(line) => return fulfillment::run(world, &line),
    };
    world.run(command)
}

fn intent_of(order: &str, named: Option<String>) -> IntentId {
    IntentId(named.unwrap_or(format!("pi_{}", order.split('@').next().unwrap_or_default())))
}

fn show(world: &World, shard: ShardId) -> Said {
    let mut said = String::new();
    for row in read::orphans(world.cluster.rows(shard), None, usize::MAX)? {
        let Orphan { order, intent, state, due, received, code, .. } = row;
        let state = state.as_str();
        said += &format!("{} of {order:?}: {state}, {received} received, due {due:?}", intent.0);
        said += &if code.is_empty() { "\n".to_owned() } else { format!(", {code}\n") };
    }
    Ok(said)
}
