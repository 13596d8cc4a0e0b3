//! T2–T4, T6–T9, T11–T13: what the provider answered becomes the order's state.

use serde::{Deserialize, Serialize};

use super::CallResult;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::outbox::EffectId;

/// Settles a call to the provider. A repeat, or one for a call settled before, is a no-op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// Which call.
    pub effect: EffectId,
    /// What the provider answered.
    pub result: CallResult,
}

impl Settle {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
