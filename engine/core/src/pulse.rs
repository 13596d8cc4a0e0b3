//! Time as a command: fires what is overdue, and forgets what has served its time.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
/// Fires overdue timers and trims memory, a bounded number at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// The most timers one command fires, so that apply stays short.
    pub limit: u16,
}

impl Pulse {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
