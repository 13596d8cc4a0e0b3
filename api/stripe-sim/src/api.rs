//! The calls of Stripe's API that are understood, and the simulator's own under `/_sim`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::book::{Book, Call, NewIntent, NewRefund};
use crate::error::Refusal;
use crate::form::Form;
use crate::model::{Dispute, Event, Intent, Refund, RefundStatus};
use crate::render;

/// How long a page of a list is unless told otherwise, and at most.
const PAGE: i64 = 10;
const PAGE_MAX: i64 = 100;
/// How an intent may be captured.
const CAPTURES: [&str; 3] = ["manual", "automatic", "automatic_async"];
/// Why money may be given back.
const REFUND_REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];
/// What is taken, and means nothing here.
const MEANINGLESS: [&str; 6] = [
    "allowed_payment_method_types[",
    "automatic_payment_methods[",
    "payment_method_types[",
    "payment_method_options[",
    "receipt_email",
    "statement_descriptor",
];

/// What can be told whole and not only by its id.
const EXPANDED: &str = "latest_charge";

/// Does one call of the API.
pub fn perform(
    book: &mut Book,
    call: Call<'_>,
    route: (&str, &[&str]),
    mut form: Form,
) -> Result<Value, Refusal> {
    form.ignore(&MEANINGLESS);
    let expands = form.list("expand").iter().any(|name| name == EXPANDED);
    let mut answer = answer(book, call, route, form)?;
    if let Some(intent) = book.intents.get(answer["id"].as_str().unwrap_or("")).filter(|_| expands)
        && let Some(charge) = intent.charges.last()
    {
        answer[EXPANDED] = render::charge(intent, charge);
    }
    Ok(answer)
}

fn answer(
    book: &mut Book,
    call: Call<'_>,
    (method, path): (&str, &[&str]),
    mut form: Form,
) -> Result<Value, Refusal> {
    match (method, path) {
        ("POST", ["v1", "payment_intents"]) => create(book, call, form),
        ("GET", ["v1", "payment_intents"]) => {
            let all = book.intents.values().rev();
            page("payment_intents", all, form, |it: &Intent| render::intent(it, call.base))
        }
        ("GET", ["v1", "payment_intents", id]) => {
            form.text("client_secret");
            form.done()?;
            Ok(render::intent(book.intent(id)?, call.base))
        }
        ("POST", ["v1", "payment_intents", id, verb @ ("confirm" | "capture" | "cancel")]) => {
            change(book, call, (id, verb), form)
        }
        ("POST", ["v1", "refunds"]) => refund(book, call, form),
        ("GET", ["v1", "refunds"]) => {
            let intent = form.text("payment_intent");
            let is_of = |it: &&Refund| intent.as_ref().is_none_or(|intent| it.intent == *intent);
            page("refunds", book.refunds.values().rev().filter(is_of), form, render::refund)
        }
        ("GET", ["v1", "refunds", id]) => {
            form.done()?;
            let refund = book.refunds.get(*id).ok_or_else(|| Refusal::unknown("refund", id))?;
            Ok(render::refund(refund))
        }
        ("GET", ["v1", "events"]) => {
            let kind = form.text("type");
            let is_of = |it: &&Event| kind.as_ref().is_none_or(|kind| it.kind == *kind);
            page("events", book.events.iter().rev().filter(is_of), form, render::event)
        }
        ("GET", ["v1", "events", id]) => {
            form.done()?;
            let event = book.events.iter().rev().find(|event| event.id == *id);
            Ok(render::event(event.ok_or_else(|| Refusal::unknown("event", id))?))
        }
        ("GET", ["v1", "disputes"]) => {
            page("disputes", book.disputes.values().rev(), form, render::dispute)
        }
        ("GET", ["v1", "disputes", id]) => {
            form.done()?;
            let found = book.disputes.get(*id).ok_or_else(|| Refusal::unknown("dispute", id))?;
            Ok(render::dispute(found))
        }
        ("POST", ["v1", "disputes", id]) => evidence(book, call, id, form),
        ("GET", ["v1", "charges", id]) => {
            form.done()?;
            let all = book.intents.values();
            let mut all = all.flat_map(|it| it.charges.iter().map(move |charge| (it, charge)));
            let found = all.find(|(_, charge)| charge.id == *id);
            let (intent, charge) = found.ok_or_else(|| Refusal::unknown("charge", id))?;
            Ok(render::charge(intent, charge))
        }
        _ => Err(Refusal::no_route()),
    }
}

/// Does one call of the simulator's own: what customers and banks do.
pub fn steer(book: &mut Book, call: Call<'_>, path: &[&str]) -> Result<Value, Refusal> {
    match path {
        ["intents", id, "authenticate"] => {
            book.authenticate(call, id, true).map(|it| render::intent(&it, call.base))
        }
        ["intents", id, "fail_authentication"] => {
            book.authenticate(call, id, false).map(|it| render::intent(&it, call.base))
        }
        ["intents", id, "expire"] => book.expire(call, id).map(|it| render::intent(&it, call.base)),
        ["refunds", id, "settle"] => book.settle_refund(call, id).map(|it| render::refund(&it)),
        ["disputes", id, "win"] => {
            book.close_dispute(call, id, true).map(|it| render::dispute(&it))
        }
        ["disputes", id, "lose"] => {
            book.close_dispute(call, id, false).map(|it| render::dispute(&it))
        }
        _ => Err(Refusal::no_route()),
    }
}

/// The books in short: what each intent has reserved, taken and given back.
pub fn ledger(book: &Book) -> Value {
    let mut refunded: BTreeMap<&str, i64> = BTreeMap::new();
    for refund in book.refunds.values().filter(|it| it.status != RefundStatus::Failed) {
        *refunded.entry(&refund.intent).or_default() += refund.amount;
    }
    let row = |intent: &Intent| {
        let paid = intent.charges.iter().filter(|charge| charge.paid);
        let captured: i64 = paid.clone().filter_map(|charge| charge.captured).sum();
        let refunded = refunded.get(intent.id.as_str()).copied().unwrap_or(0);
        json!({"id": intent.id, "status": intent.status, "amount": intent.amount,
            "currency": intent.currency, "metadata": intent.metadata,
            "authorizations": paid.count(), "captured": captured, "refunded": refunded})
    };
    json!({"intents": book.intents.values().map(row).collect::<Vec<_>>()})
}

fn create(book: &mut Book, call: Call<'_>, mut form: Form) -> Result<Value, Refusal> {
    let amount = form.number("amount")?.ok_or_else(|| Refusal::missing("amount"))?;
    let currency = form.text("currency").ok_or_else(|| Refusal::missing("currency"))?;
    let capture = form.word("capture_method", &CAPTURES)?;
    let confirms = form.truth("confirm")?.unwrap_or(false);
    let return_url = form.text("return_url");
    let new = NewIntent {
        amount,
        currency,
        metadata: form.metadata()?,
        description: form.text("description"),
        captures_by_hand: capture.as_deref() == Some("manual"),
        method: form.text("payment_method"),
    };
    form.done()?;
    let mut intent = book.create(call, new)?;
    if confirms {
        intent = book.confirm(call, &intent.id, None, return_url)?;
    }
    Ok(render::intent(&intent, call.base))
}

fn change(
    book: &mut Book,
    call: Call<'_>,
    (id, verb): (&str, &str),
    mut form: Form,
) -> Result<Value, Refusal> {
    let intent = match verb {
        "confirm" => {
            let (method, url) = (form.text("payment_method"), form.text("return_url"));
            form.done()?;
            book.confirm(call, id, method, url)?
        }
        "capture" => {
            let amount = form.number("amount_to_capture")?;
            form.done()?;
            book.capture(call, id, amount)?
        }
        _ => {
            let reason = form.text("cancellation_reason");
            form.done()?;
            book.cancel(call, id, reason)?
        }
    };
    Ok(render::intent(&intent, call.base))
}

fn refund(book: &mut Book, call: Call<'_>, mut form: Form) -> Result<Value, Refusal> {
    let new = NewRefund {
        intent: form.text("payment_intent").ok_or_else(|| Refusal::missing("payment_intent"))?,
        amount: form.number("amount")?,
        metadata: form.metadata()?,
        reason: form.word("reason", &REFUND_REASONS)?,
    };
    form.done()?;
    book.refund(call, new).map(|refund| render::refund(&refund))
}

/// Evidence that Stripe's test mode knows by its words
/// (<https://docs.stripe.com/testing#disputes>).
fn evidence(book: &mut Book, call: Call<'_>, id: &str, mut form: Form) -> Result<Value, Refusal> {
    let name = "evidence[uncategorized_text]";
    let words = form.word(name, &["winning_evidence", "losing_evidence"])?;
    let words = words.ok_or_else(|| Refusal::missing(name))?;
    form.ignore(&["submit"]);
    form.done()?;
    let closed: Dispute = book.close_dispute(call, id, words == "winning_evidence")?;
    Ok(render::dispute(&closed))
}

/// What can be listed.
pub trait Listed {
    /// Its id.
    fn id(&self) -> &str;
    /// When it was made, in Unix seconds.
    fn created(&self) -> u64;
}

macro_rules! listed {
    ($($kind:ty),*) => {
        $(impl Listed for $kind {
            fn id(&self) -> &str {
                &self.id
            }

            fn created(&self) -> u64 {
                self.created
            }
        })*
    };
}

listed!(Intent, Refund, Dispute, Event);

/// A page of a list, the newest first.
fn page<'a, T: Listed + 'a>(
    name: &str,
    newest_first: impl Iterator<Item = &'a T>,
    mut form: Form,
    render: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let limit = form.number("limit")?.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&limit) {
        let message = format!("limit must be from 1 to {PAGE_MAX}");
        return Err(Refusal::parameter("limit", message));
    }
    let after = form.text("starting_after");
    let since = form.number("created[gte]")?.and_then(|at| u64::try_from(at).ok());
    let until = form.number("created[lte]")?.and_then(|at| u64::try_from(at).ok());
    form.done()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut begun = after.is_none();
    let wanted = newest_first.filter(|it| {
        let begins = begun;
        begun |= after.as_deref() == Some(it.id());
        let in_time = since.is_none_or(|since| it.created() >= since)
            && until.is_none_or(|until| it.created() <= until);
        begins && in_time
    });
    let mut found: Vec<Value> = wanted.take(limit + 1).map(render).collect();
    let has_more = found.len() > limit;
    found.truncate(limit);
    Ok(render::list(&format!("/v1/{name}"), found, has_more))
}
