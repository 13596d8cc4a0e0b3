//! The simulated card provider and its driver: books that survive, calls that happen once.

use api_server::payment::{CallError, Driver, PaymentProvider, Simulator};
use engine_core::outbox::{Call, EffectId, ProviderCall};
use engine_core::payment::{CallResult, Intent, IntentStatus, PaymentMethod};
use engine_core::{Currency, Money, OrderId, Slot};
use raft::ProviderDriver as _;

use crate::harness::{Tested, alone, fresh_dir};

const ORDER: OrderId = OrderId { slot: Slot(7), hash: 9 };
const PRICE: Money = Money { amount: 2_999, currency: Currency::USD };

fn method(token: &str) -> PaymentMethod {
    PaymentMethod(token.to_owned())
}

fn refused(code: &str) -> CallError {
    CallError::Refused(code.to_owned())
}

#[test]
fn an_intent_goes_from_created_to_captured_and_back() -> Tested {
    alone(async || {
        let dir = fresh_dir("provider-way")?;
        let sim = Simulator::open(&dir)?;
        let made = sim.create("k1", PRICE, ORDER).await?;
        assert_eq!((made.status, made.amount), (IntentStatus::RequiresPaymentMethod, 2_999));
        let paid = sim.confirm("k2", &made.id, &method("pm_card_visa")).await?;
        assert_eq!((paid.status, paid.capturable), (IntentStatus::RequiresCapture, 2_999));
        assert_eq!(sim.refund("k3", &made.id, 1).await, Err(refused("charge_already_refunded")));
        assert_eq!(sim.capture("k4", &made.id, 3_000).await, Err(refused("amount_too_large")));
        let taken = sim.capture("k5", &made.id, 2_999).await?;
        assert_eq!((taken.status, taken.received), (IntentStatus::Succeeded, 2_999));
        assert_eq!(sim.cancel("k6", &made.id).await, Err(CallError::State));
        sim.refund("k7", &made.id, 2_999).await?;
        sim.refund("k7", &made.id, 2_999).await?;
        assert!(sim.is_refunded("k7", &made.id).await?);
        assert_eq!(sim.refund("k8", &made.id, 1).await, Err(refused("charge_already_refunded")));
        Ok(())
    })
}

#[test]
fn a_key_is_one_call_also_for_another_process() -> Tested {
    alone(async || {
        let dir = fresh_dir("provider-keys")?;
        let (one, two) = (Simulator::open(&dir)?, Simulator::open(&dir)?);
        let made = one.create("k1", PRICE, ORDER).await?;
        assert_eq!(two.create("k1", PRICE, ORDER).await?.id, made.id);
        let other = Money { amount: 1, ..PRICE };
        assert_eq!(two.create("k1", other, ORDER).await, Err(refused("idempotency_error")));
        let declined = one.confirm("k2", &made.id, &method("pm_card_chargeDeclined")).await?;
        assert_eq!(declined.decline.map(|decline| decline.code).as_deref(), Some("card_declined"));
        let visa = method("pm_card_visa");
        assert_eq!(two.confirm("k2", &made.id, &visa).await, Err(refused("idempotency_error")));
        let lost = one.confirm("k3", &made.id, &method("pm_sim_lost_answer")).await;
        assert!(matches!(lost, Err(CallError::Unknown(_))), "{lost:?}");
        assert_eq!(two.get(&made.id).await?.status, IntentStatus::RequiresCapture);
        assert_eq!(two.confirm("k4", &made.id, &visa).await, Err(CallError::State));
        let strange = method("pm_card_strange");
        assert_eq!(two.confirm("k5", &made.id, &strange).await, Err(refused("resource_missing")));
        Ok(())
    })
}

#[test]
fn the_driver_asks_before_it_repeats() -> Tested {
    alone(async || {
        let driver = Driver::new(Simulator::open(&fresh_dir("provider-driver")?)?);
        let run = async |number: u32, call: Call, repeated: bool| {
            let call = ProviderCall { at: 0, call, repeated };
            driver.call(EffectId { order: ORDER, number }, &call, repeated).await
        };
        let create = Call::CreateIntent { amount: PRICE };
        let CallResult::Intent(Intent { id: intent, .. }) = run(0, create.clone(), false).await
        else {
            return Err("no intent".into());
        };
        let again = run(0, create, true).await;
        assert!(matches!(again, CallResult::Intent(Intent { ref id, .. }) if *id == intent));
        let method = method("pm_sim_lost_answer");
        let confirm = Call::ConfirmIntent { intent: intent.clone(), method };
        assert_eq!(run(1, confirm.clone(), false).await, CallResult::Unknown);
        let CallResult::Intent(found) = run(1, confirm, true).await else {
            return Err("a repeat did not ask".into());
        };
        assert_eq!(found.status, IntentStatus::RequiresCapture);
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
