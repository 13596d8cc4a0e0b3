//! Stripe as the provider, as far as its stand-in goes: docs/stripe-sim.md.

use api_server::StripeFlags;
use api_server::payment::{CallError, Driver, PaymentProvider as _, Refunded, Stripe};
use engine_core::outbox::{Call, EffectId, ProviderCall};
use engine_core::payment::{CallResult, Intent, IntentStatus, PROVIDER_KEY_MS, PaymentMethod};
use engine_core::{Currency, Money, OrderId, RefundId, Slot};
use raft::ProviderDriver as _;
use stripe_sim::Running;
use stripe_sim::knobs::Knobs;

use crate::harness::{Fault, STRIPE_KEY, Tested, alone, fresh_dir, stripe_key};

const ORDER: OrderId = OrderId { slot: Slot(7), hash: 9 };
const PRICE: Money = Money { amount: 2_999, currency: Currency::USD };

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

fn method(token: &str) -> PaymentMethod {
    PaymentMethod(token.to_owned())
}

/// A stand-in with these knobs, and the flags of a node that has it.
pub async fn stand_in(name: &str, knobs: Knobs) -> Result<(Running, StripeFlags), Fault> {
    let config = stripe_sim::Config { key: STRIPE_KEY.to_owned(), knobs, ..Default::default() };
    let sim = stripe_sim::start("127.0.0.1:0".parse()?, config).await?;
    let stripe_key = Some(stripe_key(&fresh_dir(name)?)?);
    let stripe_url = Some(sim.url.parse()?);
    let flags = StripeFlags { stripe_key, stripe_url, ..StripeFlags::default() };
    Ok((sim, flags))
}

/// Stripe at a stand-in with these knobs.
async fn stripe(name: &str, knobs: Knobs) -> Result<(Running, Stripe), Fault> {
    let (sim, flags) = stand_in(name, knobs).await?;
    Ok((sim, Stripe::new(&flags, "shop")?.ok_or("no Stripe")?))
}

/// Turns what goes wrong on and off.
pub async fn turn(sim: &Running, knobs: Knobs) -> Tested {
    let url = format!("{}/_sim/knobs", sim.url);
    let turned = reqwest::Client::new().put(url).json(&knobs).send().await?;
    turned.error_for_status()?;
    Ok(())
}

#[test]
fn an_intent_goes_from_created_to_captured_and_back() -> Tested {
    alone(async || {
        let (_sim, stripe) = stripe("stripe-way", Knobs::default()).await?;
        let made = stripe.create("k1", PRICE, ORDER).await?;
        assert_eq!((made.status, made.amount), (IntentStatus::RequiresPaymentMethod, 2_999));
        let declined = stripe.confirm("k2", &made.id, &method("pm_card_chargeDeclined")).await?;
        let why = declined.decline.ok_or("no decline")?;
        assert_eq!((why.code.as_str(), why.is_final), ("card_declined", false));
        let lost = method("pm_card_visa_chargeDeclinedLostCard");
        let declined = stripe.confirm("k3", &made.id, &lost).await?;
        assert!(declined.decline.is_some_and(|why| why.is_final && why.code == "lost_card"));
        let paid = stripe.confirm("k4", &made.id, &method("pm_card_visa")).await?;
        assert_eq!((paid.status, paid.capturable), (IntentStatus::RequiresCapture, 2_999));
        let large = stripe.capture("k5", &made.id, 3_000).await;
        assert_eq!(large, Err(CallError::Refused("amount_too_large".to_owned())));
        let taken = stripe.capture("k6", &made.id, 2_999).await?;
        assert_eq!((taken.status, taken.received), (IntentStatus::Succeeded, 2_999));
        assert_eq!(stripe.cancel("k7", &made.id).await, Err(CallError::State));
        assert_eq!(stripe.find_refund("k8", &made.id).await?, None);
        stripe.refund("k8", &made.id, Some(2_999)).await?;
        stripe.refund("k8", &made.id, Some(2_999)).await?;
        assert_eq!(stripe.find_refund("k8", &made.id).await?, Some(Refunded::Succeeded));
        let again = stripe.refund("k9", &made.id, None).await;
        assert_eq!(again, Err(CallError::Refused("charge_already_refunded".to_owned())));
        Ok(())
    })
}

#[test]
fn a_lost_answer_is_unknown_and_is_found_when_it_is_asked_about() -> Tested {
    alone(async || {
        let knobs = Knobs { answer_lost: 1_000, ..Knobs::default() };
        let (sim, stripe) = stripe("stripe-lost", knobs).await?;
        let driver = Driver::new(stripe);
        let run = async |number: u32, call: Call, repeated: bool| {
            let call = ProviderCall { at: now_ms(), call, repeated };
            driver.call(EffectId { order: ORDER, number }, &call, repeated).await
        };
        let create = Call::CreateIntent { amount: PRICE };
        assert_eq!(run(0, create.clone(), false).await, CallResult::Unknown);
        turn(&sim, Knobs::default()).await?;
        let CallResult::Intent(Intent { id: intent, .. }) = run(0, create, true).await else {
            return Err("a replay did not find it".into());
        };
        turn(&sim, knobs).await?;
        let visa = method("pm_card_visa");
        let confirm = Call::ConfirmIntent { intent: intent.clone(), method: visa };
        assert_eq!(run(1, confirm.clone(), false).await, CallResult::Unknown);
        let CallResult::Intent(found) = run(1, confirm, true).await else {
            return Err("a repeat did not ask".into());
        };
        assert_eq!(found.status, IntentStatus::RequiresCapture);
        assert!(found.capture_before.is_some(), "until when it can be captured is told");
        turn(&sim, Knobs::default()).await?;
        let cancel = Call::CancelIntent { intent };
        for (number, repeated) in [(2, false), (2, true), (3, false)] {
            let CallResult::Intent(void) = run(number, cancel.clone(), repeated).await else {
                return Err("a cancel was refused".into());
            };
            assert_eq!(void.status, IntentStatus::Canceled);
        }
        Ok(())
    })
}

#[test]
fn a_key_that_is_not_honored_any_more_is_only_looked_up() -> Tested {
    alone(async || {
        let (sim, stripe) = stripe("stripe-old", Knobs::default()).await?;
        let driver = Driver::new(stripe.clone());
        let run = async |number: u32, call: Call| {
            let call = ProviderCall { at: now_ms() - PROVIDER_KEY_MS, call, repeated: true };
            driver.call(EffectId { order: ORDER, number }, &call, true).await
        };
        let never = |code: &str| CallResult::Refused { code: code.to_owned() };
        let create = Call::CreateIntent { amount: PRICE };
        assert_eq!(run(0, create.clone()).await, never("never_created"));
        for number in 0..120 {
            let order = OrderId { hash: number, ..ORDER };
            stripe.create(&format!("other-{number}"), PRICE, order).await?;
        }
        let CallResult::Intent(made) = run(0, create).await else {
            return Err("it was not found on any page".into());
        };
        let intent = made.id.clone();
        let method = method("pm_card_visa");
        let confirm = Call::ConfirmIntent { intent: intent.clone(), method: method.clone() };
        assert_eq!(run(1, confirm).await, CallResult::Intent(made), "it is as it was");
        stripe.confirm("paid", &intent, &method).await?;
        stripe.capture("taken", &intent, PRICE.amount).await?;
        let refund = Call::Refund { intent: intent.clone(), amount: PRICE, refund: RefundId(9) };
        assert_eq!(run(2, refund.clone()).await, never("never_refunded"));
        let key = EffectId { order: ORDER, number: 2 }.to_string();
        stripe.refund(&key, &intent, Some(PRICE.amount)).await?;
        assert_eq!(run(2, refund).await, CallResult::Refunded);
        drop(sim);
        Ok(())
    })
}

#[test]
fn money_is_taken_and_given_back_once_however_often_it_is_asked_for() -> Tested {
    alone(async || {
        let (sim, stripe) = stripe("stripe-money", Knobs::default()).await?;
        let intent = stripe.create("m1", PRICE, ORDER).await?.id;
        stripe.confirm("m2", &intent, &method("pm_card_visa")).await?;
        turn(&sim, Knobs { answer_lost: 1_000, ..Knobs::default() }).await?;
        let driver = Driver::new(stripe);
        let run = async |number: u32, call: Call, repeated: bool| {
            let call = ProviderCall { at: 0, call, repeated };
            driver.call(EffectId { order: ORDER, number }, &call, repeated).await
        };
        let capture = Call::CaptureIntent { intent: intent.clone(), amount: PRICE };
        assert_eq!(run(2, capture.clone(), false).await, CallResult::Unknown);
        let CallResult::Intent(taken) = run(2, capture, true).await else {
            return Err("a repeat did not ask".into());
        };
        assert_eq!((taken.status, taken.received), (IntentStatus::Succeeded, 2_999));
        let refund = Call::Refund { intent, amount: PRICE, refund: RefundId(9) };
        assert_eq!(run(3, refund.clone(), false).await, CallResult::Unknown);
        assert_eq!(run(3, refund, true).await, CallResult::Refunded);
        Ok(())
    })
}

#[test]
fn a_key_that_is_answered_with_500_for_ever_is_given_up_where_that_does_nothing_twice() -> Tested {
    alone(async || {
        let (sim, stripe) = stripe("stripe-broken", Knobs::default()).await?;
        let driver = Driver::new(stripe.clone());
        let run = async |number: u32, call: &Call, repeated: bool| {
            let call = ProviderCall { at: now_ms(), call: call.clone(), repeated };
            driver.call(EffectId { order: ORDER, number }, &call, repeated).await
        };
        let before = Knobs { error_before: 1_000, ..Knobs::default() };
        let after = Knobs { error_after: 1_000, ..Knobs::default() };
        // Each is tried once, is broken, and is repeated when all is well again.
        let again = async |number: u32, call: Call, broken: Knobs| {
            turn(&sim, broken).await?;
            assert_eq!(run(number, &call, false).await, CallResult::Unknown);
            turn(&sim, Knobs::default()).await?;
            Ok::<_, Fault>(run(number, &call, true).await)
        };
        let create = Call::CreateIntent { amount: PRICE };
        let CallResult::Intent(made) = again(0, create.clone(), before).await? else {
            return Err("it was not created under another key".into());
        };
        let other = EffectId { order: OrderId { hash: 10, ..ORDER }, number: 0 };
        turn(&sim, after).await?;
        let call = ProviderCall { at: now_ms(), call: create, repeated: false };
        assert_eq!(driver.call(other, &call, false).await, CallResult::Unknown);
        turn(&sim, Knobs::default()).await?;
        let CallResult::Intent(found) = driver.call(other, &call, true).await else {
            return Err("it was not found".into());
        };
        let listed = reqwest::Client::new().get(format!("{}/_sim/ledger", sim.url)).send().await?;
        let listed: serde_json::Value = listed.json().await?;
        let ids: Vec<&str> = listed["intents"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|intent| intent["id"].as_str())
            .collect();
        assert_eq!(ids.len(), 2, "{ids:?}");
        assert!(ids.contains(&found.id.0.as_str()) && ids.contains(&made.id.0.as_str()));
        let (intent, method) = (made.id, method("pm_card_visa"));
        for (number, broken, intent) in [(1, before, &intent), (2, after, &found.id)] {
            let confirm = Call::ConfirmIntent { intent: intent.clone(), method: method.clone() };
            let CallResult::Intent(paid) = again(number, confirm, broken).await? else {
                return Err("it was not confirmed".into());
            };
            assert_eq!(paid.status, IntentStatus::RequiresCapture);
        }
        let capture = Call::CaptureIntent { intent: intent.clone(), amount: PRICE };
        let CallResult::Intent(taken) = again(3, capture, before).await? else {
            return Err("it was not captured".into());
        };
        assert_eq!((taken.status, taken.received), (IntentStatus::Succeeded, 2_999));
        let half = Money { amount: 1_000, ..PRICE };
        let refund =
            |id| Call::Refund { intent: intent.clone(), amount: half, refund: RefundId(id) };
        let waits = Knobs { refund_error_before: 1_000, ..Knobs::default() };
        assert_eq!(
            again(4, refund(1), waits).await?,
            CallResult::Unknown,
            "it could be made twice"
        );
        assert_eq!(again(5, refund(2), after).await?, CallResult::Refunded, "it was made");
        Ok(())
    })
}

#[test]
fn what_is_stripes_fault_or_ours_ends_no_order() -> Tested {
    alone(async || {
        let knobs = Knobs { too_many: 1_000, ..Knobs::default() };
        let (sim, busy) = stripe("stripe-busy", knobs).await?;
        assert!(matches!(busy.create("k1", PRICE, ORDER).await, Err(CallError::Unknown(_))));
        let file = fresh_dir("stripe-wrong-key")?.join("stripe-key");
        std::fs::write(&file, "sk_test_of_another")?;
        let url = Some(sim.url.parse()?);
        let stripe_key = Some(file.clone());
        let flags = StripeFlags { stripe_key, stripe_url: url, ..StripeFlags::default() };
        let stranger = Stripe::new(&flags, "shop")?.ok_or("no Stripe")?;
        assert!(matches!(stranger.create("k2", PRICE, ORDER).await, Err(CallError::Unknown(_))));
        std::fs::write(&file, "not a key")?;
        assert!(Stripe::new(&flags, "shop").is_err());
        Ok(())
    })
}
