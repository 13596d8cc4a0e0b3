//! The books: what may be done with an intent in which state, and what follows. No clock, no I/O,
//! no chance: times are given, ids are counted.
//!
//! Invariant: of an intent at most one charge is paid; what was captured is at most what was
//! reserved; refunds that have not failed are at most what was captured.

mod after;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cards::{self, Card, Decline, Later};
use crate::error::Refusal;
use crate::model::{Charge, Dispute, DisputeStatus, Event, Intent, Metadata, Refund, Status};

use crate::render;
pub use after::NewRefund;

/// How long money stays reserved, in seconds: 7 days.
const RESERVED_S: u64 = 7 * 24 * 3_600;
/// How long an event can be read, in seconds: 30 days, as at Stripe.
const EVENTS_KEPT_S: u64 = 30 * 24 * 3_600;
/// How many events can be read at most: it is all in memory.
const EVENTS_MAX: usize = 20_000;
/// The least and the most that can be paid, in minor units.
const AMOUNTS: std::ops::RangeInclusive<i64> = 50..=99_999_999;
/// Why an intent may be canceled by who made it.
const REASONS: [&str; 4] = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"];

/// Everything that the simulator knows.
#[derive(Debug, Default)]
pub struct Book {
    /// Payments by their ids.
    pub intents: BTreeMap<String, Intent>,
    /// Refunds by their ids.
    pub refunds: BTreeMap<String, Refund>,
    /// Disputes by their ids.
    pub disputes: BTreeMap<String, Dispute>,
    /// What has happened, in order, as far back as it is kept.
    pub events: VecDeque<Event>,
    counted: u64,
    changed: Changes,
}

/// What one call has changed: a line of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Intents as they are now.
    pub intents: Vec<Intent>,
    /// Refunds.
    pub refunds: Vec<Refund>,
    /// Disputes.
    pub disputes: Vec<Dispute>,
    /// What has happened.
    pub events: Vec<Event>,
    /// How many ids were given.
    pub counted: u64,
}

/// A call: when it comes, under which key, and where the simulator is reached.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    /// Unix seconds.
    pub now: u64,
    /// The idempotency key.
    pub key: Option<&'a str>,
    /// The simulator's URL.
    pub base: &'a str,
}

/// What an intent is made of.
#[derive(Debug, Clone, Default)]
pub struct NewIntent {
    /// In minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// What its maker attaches.
    pub metadata: Metadata,
    /// What its maker says of it.
    pub description: Option<String>,
    /// The money is only to be reserved at first.
    pub captures_by_hand: bool,
    /// The token of a card.
    pub method: Option<String>,
}

impl Book {
    /// What has changed since the last time this was asked.
    pub fn changes(&mut self) -> Option<Changes> {
        let changes = std::mem::take(&mut self.changed);
        let any = !changes.events.is_empty();
        any.then_some(Changes { counted: self.counted, ..changes })
    }

    /// Does again what a line of the journal says.
    pub fn restore(&mut self, changes: Changes) {
        let Changes { intents, refunds, disputes, events, counted } = changes;
        self.intents.extend(intents.into_iter().map(|it| (it.id.clone(), it)));
        self.refunds.extend(refunds.into_iter().map(|it| (it.id.clone(), it)));
        self.disputes.extend(disputes.into_iter().map(|it| (it.id.clone(), it)));
        events.into_iter().for_each(|event| self.note(event));
        self.counted = self.counted.max(counted);
    }

    /// Makes an intent. Nothing is asked of a bank.
    pub fn create(&mut self, call: Call<'_>, new: NewIntent) -> Result<Intent, Refusal> {
        if !AMOUNTS.contains(&new.amount) {
            let code = if new.amount < *AMOUNTS.start() { "small" } else { "large" };
            let refusal = Refusal::parameter("amount", format!("Amount is too {code}."));
            let code = if code == "small" { "amount_too_small" } else { "amount_too_large" };
            return Err(Refusal { code: Some(code), ..refusal });
        }
        let currency = new.currency.to_ascii_lowercase();
        if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_lowercase()) {
            return Err(Refusal::parameter("currency", format!("Invalid currency: {currency}.")));
        }
        if let Some(method) = &new.method {
            known(method)?;
        }
        let status = match new.method {
            Some(_) => Status::RequiresConfirmation,
            None => Status::RequiresPaymentMethod,
        };
        let intent = Intent {
            id: self.id("pi"),
            created: call.now,
            amount: new.amount,
            currency,
            metadata: new.metadata,
            description: new.description,
            captures_by_hand: new.captures_by_hand,
            status,
            method: new.method,
            return_url: None,
            declined: None,
            canceled_at: None,
            cancellation_reason: None,
            charges: Vec::new(),
        };
        Ok(self.put(call, "payment_intent.created", intent))
    }

    /// Asks the card. A decline is a refusal, and the intent is then as it was without a card.
    pub fn confirm(
        &mut self,
        call: Call<'_>,
        id: &str,
        method: Option<String>,
        return_url: Option<String>,
    ) -> Result<Intent, Refusal> {
        let mut intent = self.intent(id)?.clone();
        let open = [Status::RequiresPaymentMethod, Status::RequiresConfirmation];
        if !open.contains(&intent.status) {
            return Err(self.unexpected(call, &intent, "confirm"));
        }
        if let Some(method) = &method {
            known(method)?;
        }
        intent.method = method.or(intent.method);
        intent.return_url = return_url.or(intent.return_url);
        let Some(token) = &intent.method else {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment \
                           method.";
            let object = render::intent(&intent, call.base);
            return Err(Refusal { intent: Some(Box::new(object)), ..Refusal::state(message) });
        };
        match known(token)? {
            Card::Pays(_) => Ok(self.reserve(call, intent)),
            Card::Declines(decline) => Err(self.decline(call, intent, decline)),
            Card::Asks(_) => {
                intent.status = Status::RequiresAction;
                intent.declined = None;
                Ok(self.put(call, "payment_intent.requires_action", intent))
            }
        }
    }

    /// The customer has proved who they are, or could not.
    pub fn authenticate(
        &mut self,
        call: Call<'_>,
        id: &str,
        proved: bool,
    ) -> Result<Intent, Refusal> {
        let intent = self.intent(id)?.clone();
        if intent.status != Status::RequiresAction {
            return Err(self.unexpected(call, &intent, "authenticate"));
        }
        let failed = Decline {
            code: "payment_intent_authentication_failure",
            decline_code: "authentication_required",
        };
        let card = intent.method.as_deref().and_then(cards::card);
        let declined = match card {
            _ if !proved => Some(failed),
            Some(Card::Asks(declined)) => declined,
            _ => None,
        };
        Ok(match declined {
            None => self.reserve(call, intent),
            Some(decline) => {
                // The customer's page learns it: no caller of the API waits for it.
                let _told = self.decline(call, intent, decline);
                self.intent(id)?.clone()
            }
        })
    }

    /// Takes what was reserved, or a part of it; the rest is no longer reserved.
    pub fn capture(
        &mut self,
        call: Call<'_>,
        id: &str,
        amount: Option<i64>,
    ) -> Result<Intent, Refusal> {
        let mut intent = self.intent(id)?.clone();
        if intent.status != Status::RequiresCapture {
            return Err(self.unexpected(call, &intent, "capture"));
        }
        let Some(charge) = intent.charges.last_mut() else {
            return Err(Refusal::broken());
        };
        let taken = amount.unwrap_or(charge.amount);
        if !(1..=charge.amount).contains(&taken) {
            let refusal = Refusal::parameter(
                "amount_to_capture",
                format!("The amount must be from 1 to {}.", charge.amount),
            );
            return Err(Refusal { code: Some("amount_too_large"), ..refusal });
        }
        if charge.capture_before <= call.now {
            self.expire(call, id)?;
            let message = "The authorization of this charge has expired.";
            return Err(Refusal::request("charge_expired_for_capture", message));
        }
        charge.captured = Some(taken);
        intent.status = Status::Succeeded;
        Ok(self.taken(call, intent, true))
    }

    /// Ends an intent; what was reserved is no longer.
    pub fn cancel(
        &mut self,
        call: Call<'_>,
        id: &str,
        reason: Option<String>,
    ) -> Result<Intent, Refusal> {
        if let Some(reason) = reason.as_deref().filter(|reason| !REASONS.contains(reason)) {
            let message = format!("Invalid cancellation_reason: {reason}.");
            return Err(Refusal::parameter("cancellation_reason", message));
        }
        let intent = self.intent(id)?.clone();
        if [Status::Succeeded, Status::Canceled].contains(&intent.status) {
            return Err(self.unexpected(call, &intent, "cancel"));
        }
        Ok(self.end(call, intent, reason))
    }

    /// The bank ends what was reserved: its time is over, or for a reason of its own.
    pub fn expire(&mut self, call: Call<'_>, id: &str) -> Result<Intent, Refusal> {
        let intent = self.intent(id)?.clone();
        if intent.status != Status::RequiresCapture {
            return Err(self.unexpected(call, &intent, "expire"));
        }
        Ok(self.end(call, intent, Some("automatic".to_owned())))
    }

    /// An intent, as it is.
    pub fn intent(&self, id: &str) -> Result<&Intent, Refusal> {
        self.intents.get(id).ok_or_else(|| Refusal::unknown("payment_intent", id))
    }

    /// The card has said yes.
    fn reserve(&mut self, call: Call<'_>, mut intent: Intent) -> Intent {
        let by_hand = intent.captures_by_hand;
        intent.declined = None;
        intent.charges.push(Charge {
            id: self.id("ch"),
            created: call.now,
            amount: intent.amount,
            paid: true,
            captured: (!by_hand).then_some(intent.amount),
            refunded: 0,
            capture_before: call.now.saturating_add(RESERVED_S),
            disputed: false,
        });
        intent.status = if by_hand { Status::RequiresCapture } else { Status::Succeeded };
        self.tell_charge(call, "charge.succeeded", &intent);
        match by_hand {
            true => self.put(call, "payment_intent.amount_capturable_updated", intent),
            false => self.taken(call, intent, false),
        }
    }

    /// The card has said no.
    fn decline(&mut self, call: Call<'_>, mut intent: Intent, decline: Decline) -> Refusal {
        let Decline { code, decline_code } = decline;
        intent.declined = Some((code.to_owned(), decline_code.to_owned()));
        intent.charges.push(Charge {
            id: self.id("ch"),
            created: call.now,
            amount: intent.amount,
            paid: false,
            captured: None,
            refunded: 0,
            capture_before: call.now,
            disputed: false,
        });
        self.tell_charge(call, "charge.failed", &intent);
        (intent.status, intent.method) = (Status::RequiresPaymentMethod, None);
        let intent = self.put(call, "payment_intent.payment_failed", intent);
        let object = render::intent(&intent, call.base);
        Refusal { intent: Some(Box::new(object)), ..Refusal::card(code, decline_code) }
    }

    /// Money was taken: some owners dispute that.
    fn taken(&mut self, call: Call<'_>, mut intent: Intent, by_hand: bool) -> Intent {
        if by_hand {
            self.tell_charge(call, "charge.captured", &intent);
        }
        let card = intent.method.as_deref().and_then(cards::card);
        let (Some(Card::Pays(Later::Disputed(reason))), Some(charge)) =
            (card, intent.charges.last_mut())
        else {
            return self.put(call, "payment_intent.succeeded", intent);
        };
        charge.disputed = true;
        let dispute = Dispute {
            id: String::new(),
            created: call.now,
            amount: charge.captured.unwrap_or(0),
            intent: intent.id.clone(),
            charge: charge.id.clone(),
            currency: intent.currency.clone(),
            reason: reason.to_owned(),
            status: DisputeStatus::NeedsResponse,
        };
        let dispute = Dispute { id: self.id("dp"), ..dispute };
        let intent = self.put(call, "payment_intent.succeeded", intent);
        self.put_dispute(call, "charge.dispute.created", dispute);
        intent
    }

    fn end(&mut self, call: Call<'_>, mut intent: Intent, reason: Option<String>) -> Intent {
        let reserved = intent.status == Status::RequiresCapture;
        intent.status = Status::Canceled;
        intent.canceled_at = Some(call.now);
        intent.cancellation_reason = reason;
        if let Some(charge) = intent.charges.last_mut().filter(|_| reserved) {
            charge.refunded = charge.amount;
            self.tell_charge(call, "charge.refunded", &intent);
        }
        self.put(call, "payment_intent.canceled", intent)
    }

    fn unexpected(&self, call: Call<'_>, intent: &Intent, verb: &str) -> Refusal {
        let message = format!(
            "You cannot {verb} this PaymentIntent because it has a status of {}.",
            intent.status.as_str()
        );
        let object = render::intent(intent, call.base);
        Refusal { intent: Some(Box::new(object)), ..Refusal::state(message) }
    }

    fn put(&mut self, call: Call<'_>, kind: &str, intent: Intent) -> Intent {
        self.tell(call, kind, render::intent(&intent, call.base));
        self.keep(intent.clone());
        intent
    }

    fn keep(&mut self, intent: Intent) {
        self.changed.intents.push(intent.clone());
        self.intents.insert(intent.id.clone(), intent);
    }

    fn put_refund(&mut self, call: Call<'_>, kind: &str, refund: Refund) -> Refund {
        self.tell(call, kind, render::refund(&refund));
        self.changed.refunds.push(refund.clone());
        self.refunds.insert(refund.id.clone(), refund.clone());
        refund
    }

    fn put_dispute(&mut self, call: Call<'_>, kind: &str, dispute: Dispute) -> Dispute {
        self.tell(call, kind, render::dispute(&dispute));
        self.changed.disputes.push(dispute.clone());
        self.disputes.insert(dispute.id.clone(), dispute.clone());
        dispute
    }

    fn tell_charge(&mut self, call: Call<'_>, kind: &str, intent: &Intent) {
        if let Some(charge) = intent.charges.last() {
            self.tell(call, kind, render::charge(intent, charge));
        }
    }

    fn tell(&mut self, call: Call<'_>, kind: &str, object: Value) {
        let id = self.id("evt");
        let key = call.key.map(str::to_owned);
        let event = Event { id, created: call.now, kind: kind.to_owned(), object, key };
        self.changed.events.push(event.clone());
        self.note(event);
    }

    /// Keeps an event, and forgets those that are too old or too many.
    fn note(&mut self, event: Event) {
        let oldest = event.created.saturating_sub(EVENTS_KEPT_S);
        self.events.push_back(event);
        while self.events.len() > EVENTS_MAX
            || self.events.front().is_some_and(|first| first.created < oldest)
        {
            self.events.pop_front();
        }
    }

    fn id(&mut self, prefix: &str) -> String {
        self.counted += 1;
        format!("{prefix}_sim{:013}", self.counted)
    }
}

/// The card of a token.
fn known(token: &str) -> Result<Card, Refusal> {
    cards::card(token).ok_or_else(|| Refusal {
        status: 404,
        code: Some("resource_missing"),
        ..Refusal::parameter("payment_method", format!("No such PaymentMethod: '{token}'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(book: &mut Book, now: u64) {
        book.tell(Call { now, ..Call::default() }, "test", Value::Null);
    }

    #[test]
    fn events_are_forgotten_when_they_are_old_or_many() {
        let mut book = Book::default();
        tell(&mut book, 1_000);
        tell(&mut book, 1_001);
        tell(&mut book, 1_000 + EVENTS_KEPT_S);
        assert_eq!(book.events.len(), 3, "30 days to the second");
        tell(&mut book, 1_001 + EVENTS_KEPT_S);
        assert_eq!(book.events.front().map(|it| it.created), Some(1_001));
        for _ in 0..EVENTS_MAX {
            tell(&mut book, 1_001 + EVENTS_KEPT_S);
        }
        assert_eq!(book.events.len(), EVENTS_MAX);
        let mut again = Book::default();
        again.restore(book.changes().unwrap_or_default());
        assert_eq!(again.events.len(), EVENTS_MAX, "the journal has more than is read");
        let last = |book: &Book| book.events.back().map(|it| it.id.clone());
        assert_eq!(last(&again), last(&book));
    }
}
