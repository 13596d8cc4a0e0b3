//! Compares orders with the provider's own lists, both ways: what it has and they have not, what
//! they have and it has not, and where they differ. Nothing is decided here: each difference
//! becomes a command, and that compares again, in the log.

use std::collections::{BTreeMap, BTreeSet};

use api_client::{PaymentDifference, PaymentReconciliation};
use engine_core::order::Order;
use engine_core::payment::orphan::{self, Difference};
use engine_core::payment::{IntentId, ReconcileIntent};
use engine_core::read::{self, Whose};
use engine_core::{Command, OrderId, ShardId};

use super::heard::unreachable;
use super::{ListedIntent, Page, Span, Stripe};
use crate::access::By;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::state::AppState;
use crate::time::rfc3339;

/// The most pages of each of the provider's lists that are read at once.
const PAGES_MAX: usize = 20;
/// The most differences that are told at once.
const DIFFERENCES_MAX: usize = 1_000;
/// The most things that the provider is asked about one by one.
const ASKED_MAX: usize = 200;
/// The most orders that are looked for at the provider at once.
const ORDERS_MAX: usize = 20_000;
/// How many orders are read at a time.
const ORDERS_PER_READ: usize = 500;

/// What is to be done with what differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Nothing: it is only told.
    pub dry_run: bool,
    /// Intents that no order knows are looked after now rather than in a while.
    pub at_once: bool,
    /// Orders are looked for at the provider, too.
    pub both_ways: bool,
}

impl Wish {
    /// What a node wishes by itself: orders that wait for the provider ask it anyway.
    pub const BY_ITSELF: Self = Self { dry_run: false, at_once: false, both_ways: false };
}

/// What was found, and how far the lists were read.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What differs.
    pub differences: Vec<PaymentDifference>,
    /// All was compared.
    pub complete: bool,
    /// Down to when everything was compared, if not all was, in Unix milliseconds.
    pub reached_ms: Option<u64>,
    /// How many intents of ours there were.
    pub intents: u64,
    /// How many refunds of theirs.
    pub refunds: u64,
    /// How many disputes of theirs.
    pub disputes: u64,
    /// How many orders were looked for.
    pub orders: u64,
}

impl Found {
    /// As it is told.
    pub fn told(self, span: Span, dry_run: bool) -> PaymentReconciliation {
        PaymentReconciliation {
            dry_run,
            since: rfc3339(span.since),
            complete: self.complete,
            reached: self.reached_ms.filter(|_| !self.complete).map(rfc3339),
            intents: self.intents,
            refunds: self.refunds,
            disputes: self.disputes,
            orders: self.orders,
            differences: self.differences,
        }
    }

    /// A list was read so far; if it was not read to its end, the rest is for another time.
    fn read_down_to<T>(&mut self, page: &Page<T>) {
        if page.next.is_some() {
            self.complete = false;
            self.reached_ms = self.reached_ms.max(page.oldest);
        }
    }

    fn add(&mut self, difference: PaymentDifference) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        } else {
            self.complete = false;
        }
    }
}

/// One comparison under way.
struct Run<'a> {
    app: &'a AppState,
    stripe: &'a Stripe,
    wish: Wish,
    span: Span,
    shards: Vec<ShardId>,
    found: Found,
    /// Of which order an intent is; none if it is nobody's here.
    known: BTreeMap<IntentId, Option<OrderId>>,
    seen: BTreeSet<IntentId>,
    asked: usize,
}

impl AppState {
    /// Compares what was created in a time.
    pub async fn reconcile(&self, span: Span, wish: Wish) -> Result<Found, Error> {
        let shards = self.topology.groups().filter(|id| *id != ShardId::META).collect();
        let mut run = Run {
            app: self,
            stripe: self.payments.stripe()?,
            wish,
            span,
            shards,
            found: Found { complete: true, ..Found::default() },
            known: BTreeMap::new(),
            seen: BTreeSet::new(),
            asked: 0,
        };
        run.intents().await?;
        run.refunds().await?;
        run.disputes().await?;
        if wish.both_ways {
            run.orders().await?;
        }
        Ok(run.found)
    }
}

impl Run<'_> {
    /// What the provider has is compared with what this replica has after that.
    async fn catch_up(&self) -> Result<(), Error> {
        let strong = Freshness { strong: true, ..Freshness::default() };
        self.app.fresh(&self.shards, &strong).await.map(|_| ())
    }

    fn order(&self, id: OrderId) -> Result<Option<Order>, Error> {
        let view = self.app.view(self.app.topology.of_order(id));
        read::order(&view, id, &Whose::Anybody).map_err(Error::fault)
    }

    async fn intents(&mut self) -> Result<(), Error> {
        let mut after = None;
        for number in 1..=PAGES_MAX {
            let asked = self.stripe.intents(self.span, after.as_deref()).await;
            let page = asked.map_err(unreachable)?;
            self.catch_up().await?;
            for listed in &page.data {
                self.found.intents += 1;
                self.known.insert(listed.intent.id.clone(), Some(listed.order));
                self.compare(listed).await?;
            }
            after = page.next.clone();
            if after.is_none() || number == PAGES_MAX {
                self.found.read_down_to(&page);
                break;
            }
        }
        Ok(())
    }

    /// One intent with its order.
    async fn compare(&mut self, listed: &ListedIntent) -> Result<(), Error> {
        let intent = &listed.intent;
        self.seen.insert(intent.id.clone());
        let order = self.order(listed.order)?;
        let differs =
            orphan::difference(order.as_ref(), &intent.id, intent.status, intent.received);
        let Some(differs) = differs else { return Ok(()) };
        if differs == Difference::MissingHere && self.is_over(listed)? {
            return Ok(());
        }
        let then = match differs {
            Difference::MissingHere => "orphan",
            Difference::Status => "ask",
            Difference::Amount => "review",
        };
        self.found.add(PaymentDifference {
            what: differs.as_str().to_owned(),
            order_id: listed.order.to_string(),
            intent_id: intent.id.0.clone(),
            here: order.as_ref().map(|order| order.payment.state.as_str().to_owned()),
            there: Some(status(intent.status).to_owned()),
            amount: intent.amount.max(0),
            then: then.to_owned(),
        });
        let command = ReconcileIntent {
            order: listed.order,
            intent: intent.id.clone(),
            status: intent.status,
            received: intent.received,
            at_once: self.wish.at_once,
        };
        self.write(listed.order, Command::ReconcileIntent(command)).await
    }

    /// An orphan that was looked after.
    fn is_over(&self, listed: &ListedIntent) -> Result<bool, Error> {
        let view = self.app.view(self.app.topology.of_order(listed.order));
        let id = orphan::id_of(listed.order, &listed.intent.id);
        let known = orphan::orphan(&view, id).map_err(Error::fault)?;
        Ok(known.is_some_and(|orphan| orphan.state.is_over()))
    }

    async fn write(&self, order: OrderId, command: Command) -> Result<(), Error> {
        if self.wish.dry_run {
            return Ok(());
        }
        let shard = self.app.topology.of_order(order);
        match self.app.write(By::THE_NODE, shard, command).await {
            // The order has gone on since: the next comparison sees how it is then.
            Err(error) if matches!(error.code, Code::NotCaptured | Code::OrderNotFound) => Ok(()),
            written => written.map(|_| ()),
        }
    }

    /// The order that an intent is of, if it knows that intent and has nothing under way.
    async fn order_of(&mut self, intent: &IntentId) -> Result<Option<Order>, Error> {
        let id = match self.known.get(intent) {
            Some(known) => *known,
            None if self.asked >= ASKED_MAX => {
                self.found.complete = false;
                return Ok(None);
            }
            None => {
                self.asked += 1;
                let listed = self.stripe.listed(intent).await.map_err(unreachable)?;
                let order = listed.map(|listed| listed.order);
                self.known.insert(intent.clone(), order);
                order
            }
        };
        let Some(id) = id else { return Ok(None) };
        let its = |order: &Order| {
            order.payment.intent.as_ref() == Some(intent)
                && order.calls_pending == 0
                && order.payment.state.has_come()
        };
        Ok(self.order(id)?.filter(its))
    }

    async fn refunds(&mut self) -> Result<(), Error> {
        let mut after = None;
        for number in 1..=PAGES_MAX {
            let asked = self.stripe.refunds(self.span, after.as_deref()).await;
            let page = asked.map_err(unreachable)?;
            self.catch_up().await?;
            for listed in &page.data {
                let Some(order) = self.order_of(&listed.intent).await? else { continue };
                self.found.refunds += 1;
                if listed.is_known(&order) {
                    continue;
                }
                let what = ("refund", listed.state.as_str(), listed.amount);
                self.found.add(later(&order, &listed.intent, what));
                let import = Command::ImportRefund(listed.import(order.id));
                self.write(order.id, import).await?;
            }
            after = page.next.clone();
            if after.is_none() || number == PAGES_MAX {
                self.found.read_down_to(&page);
                break;
            }
        }
        Ok(())
    }

    async fn disputes(&mut self) -> Result<(), Error> {
        let mut after = None;
        for number in 1..=PAGES_MAX {
            let asked = self.stripe.disputes(self.span, after.as_deref()).await;
            let page = asked.map_err(unreachable)?;
            self.catch_up().await?;
            for listed in &page.data {
                let Some(order) = self.order_of(&listed.intent).await? else { continue };
                self.found.disputes += 1;
                if listed.is_known(&order) {
                    continue;
                }
                let what = ("dispute", listed.state.as_str(), listed.amount);
                self.found.add(later(&order, &listed.intent, what));
                let note = Command::NoteDispute(listed.note(order.id));
                self.write(order.id, note).await?;
            }
            after = page.next.clone();
            if after.is_none() || number == PAGES_MAX {
                self.found.read_down_to(&page);
                break;
            }
        }
        Ok(())
    }

    /// Orders that were placed in that time, and whose intent was on no page.
    async fn orders(&mut self) -> Result<(), Error> {
        for shard in self.shards.clone() {
            let mut after = None;
            loop {
                let view = self.app.view(shard);
                let read = read::orders(&view, after, ORDERS_PER_READ).map_err(Error::fault)?;
                after = read.last().map(|order| order.id);
                if read.is_empty() {
                    break;
                }
                for order in read {
                    if self.found.orders >= ORDERS_MAX as u64 {
                        self.found.complete = false;
                        return Ok(());
                    }
                    self.found.orders += 1;
                    self.look_for(&order).await?;
                }
            }
        }
        Ok(())
    }

    async fn look_for(&mut self, order: &Order) -> Result<(), Error> {
        let Some(intent) = order.payment.intent.clone() else { return Ok(()) };
        let until = self.span.until.unwrap_or(u64::MAX);
        let in_span = (self.span.since..=until).contains(&order.placed_at);
        // What was not read yet is not missed.
        let unread = self.found.reached_ms.is_some_and(|reached| order.placed_at <= reached);
        if !in_span || unread || self.seen.contains(&intent) {
            return Ok(());
        }
        if self.asked >= ASKED_MAX {
            self.found.complete = false;
            return Ok(());
        }
        self.asked += 1;
        match self.stripe.listed(&intent).await.map_err(unreachable)? {
            Some(listed) => self.compare(&listed).await,
            None => {
                let missing = PaymentDifference {
                    there: None,
                    ..later(order, &intent, ("missing_there", "", order.total))
                };
                // There is nothing to ask the provider about: somebody must look.
                self.found.add(PaymentDifference { then: "nothing".to_owned(), ..missing });
                Ok(())
            }
        }
    }
}

/// What became of an order's money since it came.
fn later(
    order: &Order,
    intent: &IntentId,
    (what, there, amount): (&str, &str, i64),
) -> PaymentDifference {
    PaymentDifference {
        what: what.to_owned(),
        order_id: order.id.to_string(),
        intent_id: intent.0.clone(),
        here: Some(order.payment.state.as_str().to_owned()),
        there: Some(there.to_owned()),
        amount: amount.max(0),
        then: "import".to_owned(),
    }
}

/// The provider's word for a status.
fn status(status: engine_core::payment::IntentStatus) -> &'static str {
    use engine_core::payment::IntentStatus as Status;
    match status {
        Status::RequiresPaymentMethod => "requires_payment_method",
        Status::RequiresConfirmation => "requires_confirmation",
        Status::RequiresAction => "requires_action",
        Status::Processing => "processing",
        Status::RequiresCapture => "requires_capture",
        Status::Succeeded => "succeeded",
        Status::Canceled => "canceled",
    }
}
