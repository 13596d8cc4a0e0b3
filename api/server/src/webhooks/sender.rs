//! Tells one endpoint of the events of one shard, at the shard's leader.
//!
//! It names itself to the shard first: from then on the notes of whoever sent before are refused,
//! and the rows are as they are read here. What was delivered and not noted when a leader dies is
//! delivered again: at least once, never not at all.

use std::time::Duration;

use engine_core::webhook::{
    Delivery, DisableWebhook, DisabledBy, NoteDeliveries, Notice, OpenDeliveries, Position,
    WebhookEndpoint,
};
use engine_core::{Command, EndpointId, Rejection, ShardId, feed, read};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use raft::{Proposal, ProposeError};
use tokio::time::{Instant, sleep_until};

use super::payload;
use super::plan::{News, Plan};
use super::poster::{Answer, Message};
use super::schedule;
use crate::state::App;
use crate::time::now_ms;

/// How many attempts of one shard at one endpoint are under way at once.
const AT_ONCE: usize = 8;
/// How many deliveries are read ahead of those that are settled.
const WINDOW: usize = 256;
/// How many may be parked before the feed is left unread: it keeps what comes.
const PARKED_MAX: usize = 10_000;
/// How many entries of the feed, and how many rows, are read at once.
const ENTRIES_AT_ONCE: usize = 16;
const ROWS_AT_ONCE: usize = 1_000;
/// How long news gather before they are noted …
const NOTE_AFTER: Duration = Duration::from_millis(200);
/// … unless there are so many …
const NEWS_MAX: usize = 128;
/// … and how long if there is nothing but that the position has moved on.
const MOVE_AFTER: Duration = Duration::from_secs(5);
/// After a hint, so long is waited for more to read at once.
const GATHER: Duration = Duration::from_millis(25);
/// Hints may be lost: so often the feed is looked at anyway.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a command may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Why a sender has ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// It is disabled, or deleted.
    #[error("the endpoint is not there, or disabled")]
    Closed,
    /// Another node leads.
    #[error("another sender has taken over")]
    Replaced,
    /// The shard does not answer.
    #[error("the shard does not answer: {0}")]
    NotWritten(#[from] ProposeError),
    /// The rows cannot be read.
    #[error("the rows cannot be read: {0}")]
    Unreadable(String),
}

impl From<engine_core::Fault> for Ended {
    fn from(fault: engine_core::Fault) -> Self {
        Self::Unreadable(fault.to_string())
    }
}

/// An attempt that has ended: which, at which version of the endpoint, and what came of it.
type Attempted = (Position, Delivery, u64, Answer);
/// News, and whether they were noted.
type Noted = (News, Result<(), Ended>);

/// Tells an endpoint of a shard's events until that ends.
pub struct Sender {
    app: App,
    shard: ShardId,
    id: EndpointId,
    token: u64,
    plan: Plan,
    /// How often dead letters had been made deliveries again when rows were read last.
    revived: u64,
    /// When something was delivered last, in Unix milliseconds.
    delivered_at: u64,
    /// The endpoint, at this version, is to be disabled once all is noted: who closes it then makes
    /// dead letters of what it has not taken.
    ending: Option<(u64, DisabledBy)>,
}

impl Sender {
    /// Takes over, and reads where to go on.
    pub async fn open(app: App, shard: ShardId, id: EndpointId) -> Result<Self, Ended> {
        let endpoint = read::webhook(&app.view(ShardId::META), id)?.ok_or(Ended::Closed)?;
        let token = rand::random::<u64>().max(1);
        let open = OpenDeliveries { endpoint: id, version: endpoint.version, sender: token };
        let command = Command::OpenDeliveries(open);
        let opened = app.node.propose(shard, Proposal::from(command), DEADLINE).await?;
        let applied = app.node.wait_applied(shard, opened.index, DEADLINE).await;
        applied.map_err(|error| Ended::Unreadable(error.to_string()))?;
        let row = read::deliveries(&app.view(shard), id)?.filter(|row| row.sender == token);
        let row = row.ok_or(Ended::Replaced)?;
        let plan = Plan::new(row.through.ok_or(Ended::Closed)?);
        let (revived, delivered_at) = (row.revived, row.delivered_at);
        let ending = None;
        let mut sender = Self { app, shard, id, token, plan, revived, delivered_at, ending };
        sender.read_parked()?;
        Ok(sender)
    }

    /// Sends until it is told to stop, or cannot go on.
    pub async fn send(mut self) -> Result<(), Ended> {
        let mut hints = self.app.node.feed_changed();
        let mut attempts: FuturesUnordered<BoxFuture<'static, Attempted>> = FuturesUnordered::new();
        let mut note: Option<BoxFuture<'static, Noted>> = None;
        let (mut look_at, mut noted_at) = (Instant::now(), Instant::now());
        loop {
            let now = Instant::now();
            if look_at <= now {
                hints.mark_unchanged();
                self.look(note.is_none())?;
                look_at = now + LOOK_EVERY;
            }
            while attempts.len() < AT_ONCE && self.ending.is_none() {
                let Some((at, delivery)) = self.plan.next(now_ms()) else { break };
                attempts.push(self.attempt(at, delivery)?);
            }
            let note_at = self.note_at(noted_at);
            if note.is_none() && note_at.is_some_and(|at| at <= now) {
                (note, noted_at) = (Some(self.note()), now);
            }
            if note.is_none() {
                self.end_if_noted().await;
            }
            let wake = self.wake(look_at, note_at.filter(|_| note.is_none()));
            tokio::select! {
                Some(attempted) = attempts.next() => {
                    if self.settle(attempted) {
                        // There is room for more.
                        look_at = look_at.min(Instant::now() + GATHER);
                    }
                }
                (news, noted) = of(&mut note) => {
                    note = None;
                    self.noted(news, noted)?;
                }
                changed = hints.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    look_at = look_at.min(now + GATHER);
                }
                () = sleep_until(wake) => {}
            }
        }
    }

    /// When there is something to do that nobody tells of.
    fn wake(&self, look_at: Instant, note_at: Option<Instant>) -> Instant {
        let due = self.plan.next_due().map(|due| {
            Instant::now() + Duration::from_millis(due.saturating_sub(now_ms())).max(GATHER)
        });
        [Some(look_at), note_at, due].into_iter().flatten().min().unwrap_or(look_at)
    }

    /// When the news are to be noted.
    fn note_at(&self, noted_at: Instant) -> Option<Instant> {
        Some(match self.plan.has_news()? {
            1.. if self.ending.is_some() => noted_at,
            0 => noted_at + MOVE_AFTER,
            NEWS_MAX.. => noted_at,
            _ => noted_at + NOTE_AFTER,
        })
    }

    /// Reads on in the feed, and what was made a delivery again.
    fn look(&mut self, is_quiet: bool) -> Result<(), Ended> {
        let endpoint = self.endpoint()?;
        let row = read::deliveries(&self.app.view(self.shard), self.id)?;
        let row = row.filter(|row| row.sender == self.token).ok_or(Ended::Replaced)?;
        // Rows that are being changed say what was.
        if row.revived != self.revived && is_quiet && self.plan.has_news().is_none_or(|it| it == 0)
        {
            self.revived = row.revived;
            self.read_parked()?;
        }
        while self.plan.fresh() < WINDOW && self.plan.parked() < PARKED_MAX {
            let after = self.plan.read();
            let entries = feed::entries(&self.app.view(self.shard), after, ENTRIES_AT_ONCE)?;
            if entries.is_empty() {
                break;
            }
            for (index, entry) in entries {
                if entry.previous > self.plan.read() {
                    let (shard, endpoint) = (self.shard, self.id);
                    tracing::error!(%shard, %endpoint, index, "events before this were trimmed");
                }
                for (ordinal, event) in (0..).zip(&entry.events) {
                    let notice = Notice::of(event);
                    if endpoint.events.contains(&notice.kind()) {
                        let at = entry.at;
                        let new = Delivery { at, notice, attempts: 0, due: at, status: None };
                        self.plan.take_in(Position { index, ordinal }, new);
                    }
                }
                self.plan.has_read(index);
            }
        }
        Ok(())
    }

    fn read_parked(&mut self) -> Result<(), Ended> {
        let view = self.app.view(self.shard);
        let mut after = None;
        loop {
            let rows = read::parked_deliveries(&view, self.id, after, ROWS_AT_ONCE)?;
            after = rows.last().map(|(at, _)| *at);
            let full = rows.len() == ROWS_AT_ONCE;
            rows.into_iter().for_each(|(at, delivery)| self.plan.take_parked(at, delivery));
            if !full {
                return Ok(());
            }
        }
    }

    /// The endpoint as it is now.
    fn endpoint(&self) -> Result<WebhookEndpoint, Ended> {
        let found = read::webhook(&self.app.view(ShardId::META), self.id)?;
        found.filter(|endpoint| endpoint.disabled.is_none()).ok_or(Ended::Closed)
    }

    /// One attempt, signed with the secrets of now.
    fn attempt(
        &self,
        at: Position,
        delivery: Delivery,
    ) -> Result<BoxFuture<'static, Attempted>, Ended> {
        let endpoint = self.endpoint()?;
        let Ok(master) = self.app.webhooks.master() else { return Err(Ended::Closed) };
        let now = now_ms();
        let id = payload::id(self.shard, at, self.id);
        let body = payload::body(self.shard, at, &delivery);
        let at_s = i64::try_from(now / 1_000).unwrap_or(i64::MAX);
        let sign = |generation| master.secret(self.id, generation).sign(&id, at_s, &body);
        let signatures: Vec<_> = endpoint.generations_at(now).filter_map(sign).collect();
        let message = Message { signatures: signatures.join(" "), id, at_s, body };
        let app = self.app.clone();
        Ok(Box::pin(async move {
            let began = Instant::now();
            let answer = app.webhooks.poster.post(&endpoint.url, message).await;
            metrics::counter!("stoa_webhook_attempts_total", "outcome" => answer.name())
                .increment(1);
            metrics::histogram!("stoa_webhook_attempt_seconds").record(began.elapsed());
            (at, delivery, endpoint.version, answer)
        }))
    }

    /// Acts on what came of an attempt; says whether something is settled.
    fn settle(&mut self, (at, delivery, version, answer): Attempted) -> bool {
        let (status, after) = match answer {
            Answer::Taken => {
                self.delivered_at = now_ms();
                self.plan.delivered(at);
                return true;
            }
            Answer::Gone => (Some(410), None),
            Answer::Refused => {
                let (shard, endpoint) = (self.shard, self.id);
                tracing::warn!(%shard, %endpoint, "its address is none that webhooks may go to");
                (None, None)
            }
            Answer::Failed { status, after } => (status, after),
        };
        let (now, attempts) = (now_ms(), delivery.attempts.saturating_add(1));
        let tried = Delivery { attempts, status, ..delivery };
        let wait = schedule::wait(attempts, after, rand::random());
        if let Some(wait) = wait {
            tracing::debug!(shard = %self.shard, endpoint = %self.id, ?status, "not taken");
            let due = now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            self.plan.failed(at, Delivery { due, ..tried });
        } else {
            tracing::warn!(shard = %self.shard, endpoint = %self.id, ?status, "given up");
            self.plan.gave_up(at, Delivery { due: now, ..tried });
        }
        let quiet_ms = now.saturating_sub(self.delivered_at.max(delivery.at));
        if answer == Answer::Gone {
            self.ending = Some((version, DisabledBy::Gone));
        } else if wait.is_none() && quiet_ms >= schedule::whole_ms() {
            self.ending = Some((version, DisabledBy::Failing));
        }
        wait.is_none()
    }

    /// Has the endpoint disabled, if it is to be and all is noted. Where that fails, the next
    /// attempt says so again.
    async fn end_if_noted(&mut self) {
        let noted = self.plan.has_news().is_none_or(|count| count == 0);
        let Some((version, by)) = self.ending.take_if(|_| noted) else { return };
        tracing::warn!(endpoint = %self.id, by = by.as_str(), "the endpoint is disabled");
        let command = Command::DisableWebhook(DisableWebhook { id: self.id, version, by });
        let proposed = self.app.node.propose(ShardId::META, Proposal::from(command), DEADLINE);
        if let Err(error) = proposed.await {
            tracing::warn!(endpoint = %self.id, %error, "it is not disabled yet");
        }
    }

    /// Notes the news.
    fn note(&mut self) -> BoxFuture<'static, Noted> {
        let news = self.plan.take_news();
        let command = Command::NoteDeliveries(NoteDeliveries {
            endpoint: self.id,
            sender: self.token,
            through: news.through,
            outcomes: news.outcomes.iter().map(|(at, outcome)| (*at, *outcome)).collect(),
            delivered: news.delivered,
        });
        let (app, shard) = (self.app.clone(), self.shard);
        Box::pin(async move {
            let proposed = app.node.propose(shard, Proposal::from(command), DEADLINE).await;
            let noted = proposed.map_err(Ended::from).and_then(|it| match it.applied.outcome {
                Ok(_) => Ok(()),
                Err(Rejection::SenderReplaced) => Err(Ended::Replaced),
                Err(other) => Err(Ended::Unreadable(format!("{other:?}"))),
            });
            (news, noted)
        })
    }

    fn noted(&mut self, news: News, noted: Result<(), Ended>) -> Result<(), Ended> {
        match noted {
            Err(Ended::NotWritten(error)) => {
                tracing::debug!(shard = %self.shard, endpoint = %self.id, %error, "not noted yet");
                self.plan.put_back(news);
                Ok(())
            }
            noted => noted,
        }
    }
}

/// What comes of a note; nothing ever where there is none.
async fn of(note: &mut Option<BoxFuture<'static, Noted>>) -> Noted {
    match note {
        Some(note) => note.await,
        None => std::future::pending().await,
    }
}
