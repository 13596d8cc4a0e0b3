//! No provider: what a node without `--stripe-key` calls.
//!
//! It places no order by card. One that another node has placed may come to be led here: its calls
//! stay unknown, and are made by the next leader that can.

use engine_core::outbox::{EffectId, ProviderCall};
use engine_core::payment::CallResult;
use futures::future::{BoxFuture, FutureExt as _, ready};
use raft::ProviderDriver;

/// Calls nobody.
pub struct Nobody;

impl ProviderDriver for Nobody {
    fn call<'a>(
        &'a self,
        effect: EffectId,
        _call: &'a ProviderCall,
        _repeated: bool,
    ) -> BoxFuture<'a, CallResult> {
        tracing::warn!(%effect, "an order by card is led by a node that has no --stripe-key");
        ready(CallResult::Unknown).boxed()
    }
}
