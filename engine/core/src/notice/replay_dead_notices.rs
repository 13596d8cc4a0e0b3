//! Makes dead notices wait again.

use serde::{Deserialize, Serialize};

use super::{NOTICE_ROWS_AT_ONCE, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;

/// Gives the dead notices of this shard all their attempts anew, the first at once: the oldest
/// [`NOTICE_ROWS_AT_ONCE`] of them. The answer says how many, and whether there are more.
///
/// Never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayDeadNotices {}

impl ReplayDeadNotices {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let mut head = rows::head(ctx.txn)?;
        let dead = rows::dead(ctx.txn, None, NOTICE_ROWS_AT_ONCE)?;
        let (rows, due) = (dead.len() as u32, ctx.now());
        for (id, mut notice) in dead {
            rows::dig_up(ctx.txn, &mut head, id, &notice);
            (notice.attempts, notice.due) = (0, due);
            rows::put_waiting(ctx.txn, id, &notice);
        }
        if rows > 0 {
            rows::put_head(ctx.txn, &head);
        }
        Ok(Reply::Moved { rows, more: head.dead > 0 })
    }
}
