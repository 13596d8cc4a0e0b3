//! A provider of our own, for demos and tests: its cards do what their tokens say, and it keeps
//! books like a real one.

use std::path::Path;
use std::time::Duration;

use engine_core::payment::{Decline, Intent, IntentId, IntentStatus, PaymentMethod};
use engine_core::{Money, OrderId, h128};

use super::ledger::{Entry, Ledger, Recorded};
use super::tokens::{Card, card};
use super::{CallError, Called, PaymentProvider};
use crate::time::now_ms;

/// How long a slow card takes, in milliseconds.
const SLOW_MS: u64 = 3_000;
/// How long an authorization can be captured, in milliseconds: 7 days.
const CAPTURE_WITHIN_MS: u64 = 7 * 24 * 3_600_000;

/// The provider's names of an intent's states.
const STATUSES: [(IntentStatus, &str); 7] = [
    (IntentStatus::RequiresPaymentMethod, "requires_payment_method"),
    (IntentStatus::RequiresConfirmation, "requires_confirmation"),
    (IntentStatus::RequiresAction, "requires_action"),
    (IntentStatus::Processing, "processing"),
    (IntentStatus::RequiresCapture, "requires_capture"),
    (IntentStatus::Succeeded, "succeeded"),
    (IntentStatus::Canceled, "canceled"),
];

/// The simulated provider.
pub struct Simulator {
    ledger: Ledger,
}

/// A call by its key.
struct Call<'a> {
    key: &'a str,
    call: String,
}

impl Simulator {
    /// A provider whose books are in a directory.
    pub fn open(dir: &Path) -> std::io::Result<Self> {
        Ok(Self { ledger: Ledger::open(dir)? })
    }

    /// Runs a call once under its key: a repeat finds what the first did.
    async fn call(
        &self,
        id: &str,
        call: Call<'_>,
        run: impl FnOnce(&mut Entry) -> Result<(), CallError> + Send + 'static,
    ) -> Result<Intent, CallError> {
        let (ledger, id) = (self.ledger.clone(), id.to_owned());
        let Call { key, call } = call;
        let key = key.to_owned();
        off_the_runtime(move || {
            ledger.change(&id, |entry| {
                let Some(entry) = entry else {
                    return Err(CallError::Refused("resource_missing".to_owned()));
                };
                once(entry, key, call, run)?;
                intent(entry)
            })
        })
        .await?
    }
}

/// Runs what was not run yet; answers a repeat as before, and refuses another call.
fn once(
    entry: &mut Entry,
    key: String,
    call: String,
    run: impl FnOnce(&mut Entry) -> Result<(), CallError>,
) -> Result<(), CallError> {
    if let Some(recorded) = entry.calls.get(&key) {
        if recorded.call != call {
            return Err(CallError::Refused("idempotency_error".to_owned()));
        }
        return match &recorded.refused {
            Some(code) => Err(CallError::Refused(code.clone())),
            None => Ok(()),
        };
    }
    let ran = run(entry);
    let refused = match &ran {
        Err(CallError::Refused(code)) => Some(code.clone()),
        // Not carried out, so not remembered: the state may allow it later.
        Err(_) => return ran,
        Ok(()) => None,
    };
    entry.calls.insert(key, Recorded { call, refused });
    ran
}

/// Books are files: they are read and written where a wait hurts nobody.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, CallError> {
    let unknown = |error: &dyn std::fmt::Display| CallError::Unknown(error.to_string());
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| unknown(&error))?;
    done.map_err(|error| unknown(&error))
}

fn status(entry: &Entry) -> Option<IntentStatus> {
    STATUSES.iter().find(|(_, name)| *name == entry.status).map(|(status, _)| *status)
}

fn set_status(entry: &mut Entry, status: IntentStatus) {
    if let Some((_, name)) = STATUSES.iter().find(|(known, _)| *known == status) {
        entry.status = (*name).to_owned();
    }
}

fn intent(entry: &Entry) -> Result<Intent, CallError> {
    let unreadable = || CallError::Unknown(format!("no such status: {}", entry.status));
    let is_final = entry.decline_is_final;
    Ok(Intent {
        id: IntentId(entry.id.clone()),
        status: status(entry).ok_or_else(unreadable)?,
        amount: entry.amount,
        capturable: entry.capturable,
        received: entry.received,
        decline: entry.decline.clone().map(|code| Decline { code, is_final }),
        capture_before: entry.capture_before,
    })
}

/// What the card makes of a confirmation.
fn confirm(entry: &mut Entry, card: Card) -> Result<(), CallError> {
    use IntentStatus::RequiresPaymentMethod;
    use IntentStatus::{RequiresAction, RequiresCapture, RequiresConfirmation};
    if !matches!(status(entry), Some(RequiresPaymentMethod | RequiresConfirmation)) {
        return Err(CallError::State);
    }
    entry.decline = None;
    entry.decline_is_final = false;
    match card {
        Card::Approves | Card::LosesAnswer | Card::Slow => {
            entry.capturable = entry.amount;
            entry.capture_before = Some(now_ms() + CAPTURE_WITHIN_MS);
            set_status(entry, RequiresCapture);
        }
        Card::Declines { code, is_final } => {
            entry.decline = Some(code.to_owned());
            entry.decline_is_final = is_final;
            set_status(entry, RequiresPaymentMethod);
        }
        Card::RequiresAction => set_status(entry, RequiresAction),
    }
    Ok(())
}

impl PaymentProvider for Simulator {
    fn create<'a>(&'a self, key: &'a str, amount: Money, order: OrderId) -> Called<'a, Intent> {
        Box::pin(async move {
            // The id follows from the key, so that a repeat finds the first.
            let id = format!("pi_sim_{:032x}", h128(&[key.as_bytes()]));
            let call = format!("create {} {} {order}", amount.amount, amount.currency);
            let (ledger, key) = (self.ledger.clone(), key.to_owned());
            off_the_runtime(move || {
                ledger.change(&id, |entry| {
                    let entry = entry.get_or_insert_with(|| Entry {
                        id: id.clone(),
                        order: order.to_string(),
                        amount: amount.amount,
                        currency: amount.currency.to_string(),
                        status: "requires_payment_method".to_owned(),
                        capturable: 0,
                        received: 0,
                        refunded: 0,
                        decline: None,
                        decline_is_final: false,
                        capture_before: None,
                        calls: [].into(),
                    });
                    once(entry, key, call, |_| Ok(()))?;
                    intent(entry)
                })
            })
            .await?
        })
    }

    fn confirm<'a>(
        &'a self,
        key: &'a str,
        id: &'a IntentId,
        method: &'a PaymentMethod,
    ) -> Called<'a, Intent> {
        Box::pin(async move {
            let call = Call { key, call: format!("confirm {}", method.0) };
            let Some(card) = card(&method.0) else {
                return Err(CallError::Refused("resource_missing".to_owned()));
            };
            if card == Card::Slow {
                tokio::time::sleep(Duration::from_millis(SLOW_MS)).await;
            }
            let confirmed = self.call(&id.0, call, move |entry| confirm(entry, card)).await?;
            if card == Card::LosesAnswer {
                return Err(CallError::Unknown("the answer was lost".to_owned()));
            }
            Ok(confirmed)
        })
    }

    fn cancel<'a>(&'a self, key: &'a str, id: &'a IntentId) -> Called<'a, Intent> {
        let call = Call { key, call: "cancel".to_owned() };
        Box::pin(self.call(&id.0, call, |entry| match status(entry) {
            Some(IntentStatus::Succeeded | IntentStatus::Canceled) => Err(CallError::State),
            _ => {
                entry.capturable = 0;
                set_status(entry, IntentStatus::Canceled);
                Ok(())
            }
        }))
    }

    fn capture<'a>(&'a self, key: &'a str, id: &'a IntentId, amount: i64) -> Called<'a, Intent> {
        let call = Call { key, call: format!("capture {amount}") };
        Box::pin(self.call(&id.0, call, move |entry| {
            if status(entry) != Some(IntentStatus::RequiresCapture) {
                return Err(CallError::State);
            }
            if !(1..=entry.capturable).contains(&amount) {
                return Err(CallError::Refused("amount_too_large".to_owned()));
            }
            entry.received = amount;
            entry.capturable = 0;
            set_status(entry, IntentStatus::Succeeded);
            Ok(())
        }))
    }

    fn get<'a>(&'a self, id: &'a IntentId) -> Called<'a, Intent> {
        Box::pin(async move {
            let (ledger, id) = (self.ledger.clone(), id.0.clone());
            let entry = off_the_runtime(move || ledger.read(&id)).await?;
            let missing = || CallError::Refused("resource_missing".to_owned());
            entry.as_ref().ok_or_else(missing).and_then(intent)
        })
    }

    fn refund<'a>(&'a self, key: &'a str, id: &'a IntentId, amount: i64) -> Called<'a, ()> {
        let call = Call { key, call: format!("refund {amount}") };
        Box::pin(async move {
            let refund = move |entry: &mut Entry| {
                let after = entry.refunded.checked_add(amount);
                match after.filter(|after| amount > 0 && *after <= entry.received) {
                    Some(after) => entry.refunded = after,
                    None => return Err(CallError::Refused("charge_already_refunded".to_owned())),
                }
                Ok(())
            };
            self.call(&id.0, call, refund).await.map(|_| ())
        })
    }

    fn is_refunded<'a>(&'a self, key: &'a str, id: &'a IntentId) -> Called<'a, bool> {
        Box::pin(async move {
            let (ledger, id) = (self.ledger.clone(), id.0.clone());
            let entry = off_the_runtime(move || ledger.read(&id)).await?;
            let call = entry.and_then(|mut entry| entry.calls.remove(key));
            Ok(call.is_some_and(|call| call.refused.is_none()))
        })
    }
}
