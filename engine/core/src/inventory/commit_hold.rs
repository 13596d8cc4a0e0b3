//! The order is confirmed: its units wait for shipping.

use serde::{Deserialize, Serialize};

use super::HoldRef;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;

/// Turns held units into committed ones. Refused: `HoldNotFound`, `HoldEnded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitHold {
    /// Which hold.
    pub hold: HoldRef,
}

impl CommitHold {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
