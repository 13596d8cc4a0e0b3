//! Gives units back. An unknown hold leaves a marker, so that a late `HoldStock` cannot take it.

use serde::{Deserialize, Serialize};

use super::HoldRef;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;

/// Ends a hold, held or committed, and frees its units. Ending it twice is a no-op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseHold {
    /// Which hold.
    pub hold: HoldRef,
}

impl ReleaseHold {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
