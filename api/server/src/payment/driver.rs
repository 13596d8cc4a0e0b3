//! Makes the calls that orders have ordered, and says what became of them.
//!
//! The key of a call is its effect's id. A call that may have been made before is asked about
//! first, except Create, whose key finds the intent again. Once a key is so old that the provider
//! may have forgotten it, nothing is done under it any more: it is only looked what was. A key that
//! is answered with the same 5xx again is given up earlier, where that does nothing twice: errors
//! are remembered, too (<https://docs.stripe.com/api/idempotent_requests>).

use std::time::Duration;

use engine_core::OrderId;
use engine_core::outbox::{Call, EffectId, ProviderCall};
use engine_core::payment::{CallResult, IntentId, IntentStatus, NEVER_REFUNDED, PROVIDER_KEY_MS};
use futures::future::BoxFuture;
use raft::ProviderDriver;

use super::{CallError, PaymentProvider, Refunded};
use crate::time::now_ms;

/// How long a call may take before its outcome counts as unknown, in milliseconds.
const CALL_TIMEOUT_MS: u64 = 10_000;

/// Under how many further keys a call is made that is answered with 5xx: one more each time that
/// its outcome is asked for.
const TURNS_MAX: u32 = 8;

/// Drives a provider.
pub struct Driver<P> {
    provider: P,
}

impl<P: PaymentProvider> Driver<P> {
    /// A driver of this provider.
    pub fn new(provider: P) -> Self {
        Self { provider }
    }

    async fn run(
        &self,
        effect: EffectId,
        made: &ProviderCall,
        repeated: bool,
    ) -> Result<CallResult, CallError> {
        let key = effect.to_string();
        let call = &made.call;
        if repeated && made.at.saturating_add(PROVIDER_KEY_MS) <= now_ms() {
            return self.look(effect, made).await;
        }
        if let Some(known) = self.known(&key, call, repeated).await? {
            return Ok(known);
        }
        let mut now = self.make(&key, effect.order, call).await;
        for turn in 1..=TURNS_MAX {
            if !matches!(now, Err(CallError::Replayed(_))) {
                break;
            }
            now = self.make_anew(effect, made, turn).await;
        }
        now
    }

    async fn make(&self, key: &str, order: OrderId, call: &Call) -> Result<CallResult, CallError> {
        let provider = &self.provider;
        let intent = match call {
            Call::CreateIntent { amount } => provider.create(key, *amount, order).await,
            Call::ConfirmIntent { intent, method } => {
                self.or_as_it_is(intent, provider.confirm(key, intent, method).await).await
            }
            Call::CancelIntent { intent } => {
                self.or_as_it_is(intent, provider.cancel(key, intent).await).await
            }
            Call::GetIntent { intent } => provider.get(intent).await,
            Call::CaptureIntent { intent, amount } => {
                self.or_as_it_is(intent, provider.capture(key, intent, amount.amount).await).await
            }
            Call::Refund { intent, amount, .. } => {
                return provider.refund(key, intent, Some(amount.amount)).await.map(refunded);
            }
            Call::RefundRest { intent } => {
                return provider.refund(key, intent, None).await.map(refunded);
            }
        };
        intent.map(CallResult::Intent)
    }

    /// A call whose key the provider answers with a failure of its own, as it will for as long as
    /// it knows the key. What was not done is done under another one: an intent is confirmed,
    /// captured and canceled once, whatever the key, and one too many that was created is found
    /// and canceled (T37). A refund could be made twice: it waits until the key is forgotten, and
    /// is looked for.
    async fn make_anew(
        &self,
        effect: EffectId,
        made: &ProviderCall,
        turn: u32,
    ) -> Result<CallResult, CallError> {
        let key = effect.to_string();
        let known = match &made.call {
            Call::CreateIntent { .. } => {
                let found = self.provider.find(effect.order, made.at).await?;
                found.map(CallResult::Intent)
            }
            Call::Refund { .. } | Call::RefundRest { .. } => {
                let known = self.known(&key, &made.call, true).await?;
                return known.ok_or_else(|| CallError::Unknown("a refund waits".to_owned()));
            }
            call => self.known(&key, call, true).await?,
        };
        match known {
            Some(known) => Ok(known),
            None => self.make(&format!("{key}-{turn}"), effect.order, &made.call).await,
        }
    }

    /// What became of a call whose key is not honored any more. What was not done is not done now.
    async fn look(&self, effect: EffectId, made: &ProviderCall) -> Result<CallResult, CallError> {
        let provider = &self.provider;
        let never = |code: &str| CallResult::Refused { code: code.to_owned() };
        Ok(match &made.call {
            Call::CreateIntent { .. } => match provider.find(effect.order, made.at).await? {
                Some(intent) => CallResult::Intent(intent),
                None => never("never_created"),
            },
            Call::Refund { intent, .. } | Call::RefundRest { intent } => {
                let made = provider.find_refund(&effect.to_string(), intent).await?;
                made.map_or_else(|| never(NEVER_REFUNDED), refunded)
            }
            Call::ConfirmIntent { intent, .. }
            | Call::CancelIntent { intent }
            | Call::CaptureIntent { intent, .. }
            | Call::GetIntent { intent } => CallResult::Intent(provider.get(intent).await?),
        })
    }

    /// What an earlier try of the call has done already, if it was one and did something.
    async fn known(
        &self,
        key: &str,
        call: &Call,
        repeated: bool,
    ) -> Result<Option<CallResult>, CallError> {
        use IntentStatus::{Canceled, RequiresCapture};
        use IntentStatus::{RequiresConfirmation, RequiresPaymentMethod};
        match call {
            _ if !repeated => Ok(None),
            Call::CreateIntent { .. } | Call::GetIntent { .. } => Ok(None),
            Call::ConfirmIntent { intent, .. } => {
                let now = self.provider.get(intent).await?;
                let open = matches!(now.status, RequiresPaymentMethod | RequiresConfirmation);
                Ok((!open).then_some(CallResult::Intent(now)))
            }
            Call::CancelIntent { intent } => {
                let now = self.provider.get(intent).await?;
                Ok((now.status == Canceled).then_some(CallResult::Intent(now)))
            }
            Call::CaptureIntent { intent, .. } => {
                let now = self.provider.get(intent).await?;
                Ok((now.status != RequiresCapture).then_some(CallResult::Intent(now)))
            }
            Call::Refund { intent, .. } | Call::RefundRest { intent } => {
                let made = self.provider.find_refund(key, intent).await?;
                Ok(made.map(refunded))
            }
        }
    }

    /// A call that the intent's state does not allow is answered with that state.
    async fn or_as_it_is(
        &self,
        id: &IntentId,
        called: Result<engine_core::payment::Intent, CallError>,
    ) -> Result<engine_core::payment::Intent, CallError> {
        match called {
            Err(CallError::State) => self.provider.get(id).await,
            called => called,
        }
    }
}

/// What a refund that the provider has means for the order.
fn refunded(refund: Refunded) -> CallResult {
    match refund {
        Refunded::Succeeded => CallResult::Refunded,
        Refunded::Pending => CallResult::RefundPending,
        Refunded::Failed(code) => CallResult::Refused { code },
    }
}

impl<P: PaymentProvider> ProviderDriver for Driver<P> {
    fn call<'a>(
        &'a self,
        effect: EffectId,
        call: &'a ProviderCall,
        repeated: bool,
    ) -> BoxFuture<'a, CallResult> {
        Box::pin(async move {
            let run = self.run(effect, call, repeated || call.repeated);
            let timeout = Duration::from_millis(CALL_TIMEOUT_MS);
            match tokio::time::timeout(timeout, run).await {
                Ok(Ok(result)) => result,
                Ok(Err(CallError::Refused(code))) => CallResult::Refused { code },
                Ok(Err(error)) => {
                    tracing::warn!(%effect, %error, "a payment call has an unknown outcome");
                    CallResult::Unknown
                }
                Err(_) => {
                    tracing::warn!(%effect, "a payment call took too long");
                    CallResult::Unknown
                }
            }
        })
    }
}
