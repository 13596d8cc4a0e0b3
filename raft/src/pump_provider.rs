//! Makes the calls to the payment provider that a shard has ordered, at its leader.
//!
//! A committed row counts as possibly sent. The driver calls under the effect's id as idempotency
//! key, and what it hears is proposed as `Settle`, which deletes the row. Rows that a new leader
//! finds are repeated at once, and the driver is told so: it asks before it repeats what may have
//! happened. One call of an order is under way at a time; all orders together, a bounded number.
//!
//! Which calls are ordered is told by hints of the replica. To look for them in the rows means to
//! wade through all that were settled and not yet compacted away, so that is done now and then, and
//! where hints may have been lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine_core::outbox::{self, EffectId, ProviderCall};
use engine_core::payment::{CallResult, Settle};
use engine_core::{Command, Fault, OrderId};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{Instrument as _, Span};

use crate::group::Group;
use crate::node::Inner;
use crate::proposal::{Proposal, ProposeError};

/// The most calls of one shard that are under way at a time.
const CALLS_MAX: usize = 64;
/// The most rows that are looked at once.
const ROWS_PER_LOOK: usize = 256;
/// The most hints that wait for their turn; what is beyond is found in the rows.
const HINTS_MAX: usize = 4_096;
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

/// What became of a call: at which log index it was settled.
type Ended = (EffectId, Result<u64, ProposeError>);
/// Calls under way.
type Calls = FuturesUnordered<BoxFuture<'static, Ended>>;

/// Makes calls until it is canceled.
pub(crate) async fn run(inner: Arc<Inner>, group: Arc<Group>) {
    let mut pump = Pump {
        inner,
        group,
        busy: BTreeSet::new(),
        hinted: BTreeMap::new(),
        settled: BTreeMap::new(),
        unsettled: BTreeSet::new(),
        first_look: true,
    };
    let mut calls = Calls::new();
    let mut applied = pump.group.replica.watch_applied();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some(ended) = calls.next() => pump.ended(ended),
            changed = applied.changed() => if changed.is_err() {
                return;
            },
            _ = looks.tick() => pump.look(&mut calls),
        }
        pump.take_hints(&mut calls);
    }
}

struct Pump {
    inner: Arc<Inner>,
    group: Arc<Group>,
    /// Orders with a call under way.
    busy: BTreeSet<OrderId>,
    /// Calls that were ordered, perhaps, and not begun.
    hinted: BTreeMap<OrderId, EffectId>,
    /// At which log index the last call of an order was settled, until its row is gone here.
    settled: BTreeMap<OrderId, u64>,
    /// Calls that may have been made: by the leader before, or here, and their settlement failed.
    unsettled: BTreeSet<EffectId>,
    /// Rows found now were there before this node led.
    first_look: bool,
}

impl Pump {
    /// Begins the calls that may begin, as the rows have them.
    fn look(&mut self, calls: &mut Calls) {
        let mut after = None;
        while calls.len() < CALLS_MAX || self.first_look {
            let seen = self.group.replica.applied();
            let rows = match outbox::provider_calls(&self.group.view, after, ROWS_PER_LOOK) {
                Ok(rows) => rows,
                Err(fault) => return self.unreadable(&fault),
            };
            let full = rows.len() == ROWS_PER_LOOK;
            after = rows.last().map(|(effect, _)| *effect);
            for (effect, call) in rows {
                if self.first_look {
                    // The leader before may have made it.
                    self.unsettled.insert(effect);
                }
                if calls.len() < CALLS_MAX && self.may_begin(effect, seen) {
                    calls.push(self.begin(effect, call));
                }
            }
            if !full {
                break;
            }
        }
        self.first_look = false;
    }

    /// Begins the calls that may begin, as far as they were heard of.
    fn take_hints(&mut self, calls: &mut Calls) {
        if self.first_look {
            return;
        }
        let seen = self.group.replica.applied();
        for effect in self.group.replica.take_hints() {
            if self.hinted.len() < HINTS_MAX {
                self.hinted.insert(effect.order, effect);
            }
        }
        let free = CALLS_MAX.saturating_sub(calls.len());
        let waiting = self.hinted.values().filter(|effect| !self.busy.contains(&effect.order));
        let next: Vec<EffectId> = waiting.take(free).copied().collect();
        for effect in next {
            if !self.may_begin(effect, seen) {
                continue;
            }
            self.hinted.remove(&effect.order);
            match outbox::provider_call(&self.group.view, effect) {
                Ok(Some(call)) => calls.push(self.begin(effect, call)),
                // It was settled meanwhile.
                Ok(None) => {
                    self.busy.remove(&effect.order);
                }
                Err(fault) => {
                    self.busy.remove(&effect.order);
                    return self.unreadable(&fault);
                }
            }
        }
    }

    fn unreadable(&self, fault: &Fault) {
        tracing::error!(shard = %self.group.id, %fault, "cannot read provider calls");
    }

    /// Notes that a call begins, unless another of its order is under way, or was settled after
    /// what this replica had applied when the row was looked for.
    fn may_begin(&mut self, effect: EffectId, seen: u64) -> bool {
        match self.settled.get(&effect.order) {
            Some(index) if *index > seen => return false,
            Some(_) => {
                self.settled.remove(&effect.order);
            }
            None => {}
        }
        self.busy.insert(effect.order)
    }

    fn begin(&self, effect: EffectId, call: ProviderCall) -> BoxFuture<'static, Ended> {
        let repeated = self.unsettled.contains(&effect);
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
                settled.index
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
            Ok(index) => {
                self.unsettled.remove(&effect);
                if index > self.group.replica.applied() {
                    self.settled.insert(effect.order, index);
                }
            }
            Err(error) => {
                tracing::warn!(shard = %self.group.id, %effect, %error, "not settled yet");
                // The next look begins it again.
                self.unsettled.insert(effect);
            }
        }
    }
}
