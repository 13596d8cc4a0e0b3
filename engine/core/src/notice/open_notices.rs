//! A sender takes a shard's notices over.

use serde::{Deserialize, Serialize};

use super::{NOTICE_ROWS_AT_ONCE, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;

/// From here on this sender is the only one that begins anything. What another one was sending,
/// nobody knows the outcome of: it is tried again at once, unless that was its last attempt. It
/// may thus arrive twice, under one `Message-ID`. At most [`NOTICE_ROWS_AT_ONCE`] go back at once;
/// the answer says whether there are more.
///
/// Never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenNotices {
    /// Who is going to send: a number that the sender has made up, not 0.
    pub sender: u64,
}

impl OpenNotices {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let mut head = rows::head(ctx.txn)?;
        head.sender = self.sender;
        let now = ctx.now();
        let found = rows::sending(ctx.txn, None, NOTICE_ROWS_AT_ONCE)?;
        let more = found.len() == NOTICE_ROWS_AT_ONCE;
        let mut moved = 0;
        for (id, mut notice) in found.into_iter().filter(|(_, row)| row.sender != self.sender) {
            moved += 1;
            rows::delete_sending(ctx.txn, id);
            notice.sender = 0;
            notice.due = now;
            if notice.wait_ms().is_some() {
                rows::put_waiting(ctx.txn, id, &notice);
            } else {
                rows::bury(ctx.txn, &mut head, id, &notice)?;
            }
        }
        rows::put_head(ctx.txn, &head);
        Ok(Reply::Moved { rows: moved, more: more && moved > 0 })
    }
}
