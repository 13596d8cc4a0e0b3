//! Asks again: what was unclear until it is clear, and some of what was clear, which must not
//! change.

use std::time::{Duration, Instant};

use super::{Ledger, Verdict};
use crate::http::{Apis, crew};
use crate::load::{Acknowledged, Answer};
use crate::stoa::ask_again;
use crate::workload::OrderAsk;

/// How long one unclear order is asked for.
const CLEAR_WITHIN: Duration = Duration::from_secs(60);
/// How long to wait before the next try.
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// How many acknowledged orders are asked for again.
const REPLAYS: usize = 2_000;

/// Makes unclear orders clear: those that exist go into the ledger.
pub(super) async fn unclear(ledger: &mut Ledger<'_>, verdict: &mut Verdict) {
    let unclear = std::mem::take(&mut ledger.unclear);
    let (addrs, catalog) = (ledger.addrs, ledger.catalog);
    let answers = crew(addrs, &unclear, async |apis, index, ask| {
        let begun = Instant::now();
        loop {
            let (_, answer) = ask_again(apis.node(index), ask, catalog).await;
            match answer {
                Answer::Unclear(_) if begun.elapsed() < CLEAR_WITHIN => {
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                answer => return answer,
            }
        }
    });
    for (index, (answer, ask)) in answers.await.into_iter().zip(unclear).enumerate() {
        match answer {
            Answer::Placed(order) => {
                verdict.resolved_placed += 1;
                ledger.acknowledged.push(Acknowledged { ask, client: index, order });
            }
            Answer::Unclear(code) => verdict.still_unclear.note(format!("{}: {code}", ask.key)),
            Answer::Refused(_) | Answer::Done => verdict.resolved_refused += 1,
        }
    }
}

/// The same key gives the same order, from another node, and says that it is not a new one.
pub(super) async fn same_key_same_order(ledger: &Ledger<'_>, verdict: &mut Verdict) {
    let step = ledger.acknowledged.len().div_ceil(REPLAYS).max(1);
    let some: Vec<&Acknowledged> = ledger.acknowledged.iter().step_by(step).collect();
    let findings = crew(ledger.addrs, &some, async |apis, _, known| {
        replay(apis, known.client + 1, &known.ask, ledger).await.and_then(|answer| match answer {
            Answer::Placed(order) if order == known.order => None,
            other => Some(format!("key {}: {} and then {other:?}", known.ask.key, known.order)),
        })
    });
    verdict.replayed = some.len() as u64;
    for finding in findings.await.into_iter().flatten() {
        verdict.doubled.note(finding);
    }
}

/// The answer to an order that is asked for again; none when it is right but for its payment.
async fn replay(
    apis: &mut Apis,
    node: usize,
    ask: &OrderAsk,
    ledger: &Ledger<'_>,
) -> Option<Answer> {
    let begun = Instant::now();
    loop {
        let (replayed, answer) = ask_again(apis.node(node), ask, ledger.catalog).await;
        match answer {
            Answer::Unclear(_) if begun.elapsed() < CLEAR_WITHIN => {
                tokio::time::sleep(RETRY_AFTER).await;
            }
            Answer::Placed(_) if !replayed => {
                return Some(Answer::Unclear("an order that says it is new".to_owned()));
            }
            answer => return Some(answer),
        }
    }
}
