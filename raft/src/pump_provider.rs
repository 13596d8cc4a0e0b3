//! Makes the calls to the payment provider that a shard has ordered, at its leader.
//!
//! A committed row counts as possibly sent. The driver calls under the effect's id as idempotency
//! key, and what it hears is proposed as `Settle`, which deletes the row. Rows that a new leader
//! finds are repeated at once, and the driver is told so: it asks before it repeats what may have
//! happened. One call of an order is under way at a time; all orders together, a bounded number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine_core::outbox::{self, EffectId, ProviderCall};
use engine_core::payment::{CallResult, Settle};
use engine_core::{Command, OrderId};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::sleep;
use tracing::{Instrument as _, Span};

use crate::group::Group;
use crate::node::Inner;
use crate::proposal::{Proposal, ProposeError};

/// The most calls of one shard that are under way at a time.
const CALLS_MAX: usize = 64;
/// The most rows that are looked at once.
const ROWS_PER_LOOK: usize = 256;
/// Hints may be lost: so often the rows are looked at anyway.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long one settlement may take.
const SETTLE_DEADLINE: Duration = Duration::from_secs(5);

/// Calls the payment provider. The leader of a shard does, for the shard's orders.
pub trait ProviderDriver: Send + Sync {
    /// Makes a call, under the effect's id as idempotency key. `repeated` says that it may have
    /// been made before, by a leader that is gone. Whatever is not certain is
    /// [`CallResult::Unknown`].
    fn call<'a>(
        &'a self,
        effect: EffectId,
        call: &'a ProviderCall,
        repeated: bool,
    ) -> BoxFuture<'a, CallResult>;
}

/// What became of a call.
type Ended = (EffectId, Result<(), ProposeError>);

/// Makes calls until it is canceled.
pub(crate) async fn run(inner: Arc<Inner>, group: Arc<Group>) {
    let mut pump = Pump {
        inner,
        group,
        busy: BTreeSet::new(),
        settled: BTreeMap::new(),
        unsettled: BTreeSet::new(),
        first_look: true,
    };
    let mut calls: FuturesUnordered<BoxFuture<'static, Ended>> = FuturesUnordered::new();
    let mut applied = pump.group.replica.watch_applied();
    loop {
        applied.mark_unchanged();
        pump.look(&mut calls);
        tokio::select! {
            Some(ended) = calls.next() => pump.ended(ended),
            changed = applied.changed() => if changed.is_err() {
                return;
            },
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

struct Pump {
    inner: Arc<Inner>,
    group: Arc<Group>,
    /// Orders with a call under way.
    busy: BTreeSet<OrderId>,
    /// The last settled call of an order, while its row may still be seen here.
    settled: BTreeMap<OrderId, u32>,
    /// Calls that were made, and whose settlement failed.
    unsettled: BTreeSet<EffectId>,
    /// Rows found now were there before this node led.
    first_look: bool,
}

impl Pump {
    /// Begins the calls that may begin.
    fn look(&mut self, calls: &mut FuturesUnordered<BoxFuture<'static, Ended>>) {
        let mut after = None;
        while calls.len() < CALLS_MAX {
            let rows = match outbox::provider_calls(&self.group.view, after, ROWS_PER_LOOK) {
                Ok(rows) => rows,
                Err(fault) => {
                    tracing::error!(shard = %self.group.id, %fault, "cannot read provider calls");
                    return;
                }
            };
            let full = rows.len() == ROWS_PER_LOOK;
            after = rows.last().map(|(effect, _)| *effect);
            for (effect, call) in rows {
                if calls.len() < CALLS_MAX && self.may_begin(effect) {
                    calls.push(self.begin(effect, call));
                }
            }
            if !full {
                break;
            }
        }
        self.first_look = false;
    }

    fn may_begin(&mut self, effect: EffectId) -> bool {
        let done = self.settled.get(&effect.order).is_some_and(|last| effect.number <= *last);
        !done && self.busy.insert(effect.order)
    }

    fn begin(&self, effect: EffectId, call: ProviderCall) -> BoxFuture<'static, Ended> {
        let repeated = self.first_look || self.unsettled.contains(&effect);
        let (inner, shard) = (self.inner.clone(), self.group.id);
        let span = self.group.traces.of(effect.order).map_or_else(Span::none, |trace| {
            let (shard, effect) = (tracing::field::display(shard), tracing::field::display(effect));
            trace.adopts(tracing::info_span!("provider_call", trace_id = trace.id(), shard, effect))
        });
        let call = async move {
            let result = inner.provider.call(effect, &call, repeated).await;
            let command = Command::Settle(Settle { effect, result });
            let settled = inner.propose(shard, Proposal::from(command), SETTLE_DEADLINE).await;
            let outcome = settled.map(|settled| {
                if let Err(rejection) = settled.applied.outcome {
                    tracing::error!(%shard, %effect, ?rejection, "a settlement was refused");
                }
            });
            (effect, outcome)
        };
        Box::pin(call.instrument(span))
    }

    fn ended(&mut self, (effect, outcome): Ended) {
        self.busy.remove(&effect.order);
        metrics::counter!("stoa_raft_provider_calls_total",
            "shard" => self.group.id.to_string(), "settled" => outcome.is_ok().to_string())
        .increment(1);
        match outcome {
            // It is applied here: the row is gone from the next look on.
            Ok(()) => {
                self.unsettled.remove(&effect);
                self.settled.insert(effect.order, effect.number);
                if self.settled.len() > ROWS_PER_LOOK {
                    self.settled.pop_first();
                }
            }
            Err(error) => {
                tracing::warn!(shard = %self.group.id, %effect, %error, "not settled yet");
                self.unsettled.insert(effect);
            }
        }
    }
}
