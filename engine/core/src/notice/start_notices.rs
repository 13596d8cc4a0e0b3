//! Notes that notices are being sent, before anybody is asked to take them.

use serde::{Deserialize, Serialize};

use super::{NOTICES_AT_ONCE, NoticeId, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::rejection::Rejection;

/// Begins to send notices: the first [`NOTICES_AT_ONCE`] of those that are named and still wait
/// under that name. The rows that then say so are what the sender may send; the answer says how
/// many.
///
/// Refused: `SenderReplaced` (another sender has taken over).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartNotices {
    /// Who sends, as it named itself.
    pub sender: u64,
    /// Which notices, each with the time that it is due.
    pub notices: Vec<(u64, NoticeId)>,
}

impl StartNotices {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if self.sender == 0 || rows::head(ctx.txn)?.sender != self.sender {
            return Err(Rejection::SenderReplaced.into());
        }
        let mut started = 0;
        for (due, id) in self.notices.iter().take(NOTICES_AT_ONCE) {
            let Some(mut notice) = rows::take_waiting(ctx.txn, *due, *id)? else { continue };
            started += 1;
            notice.attempts = notice.attempts.saturating_add(1);
            (notice.due, notice.sender) = (ctx.now(), self.sender);
            rows::put_sending(ctx.txn, *id, &notice);
        }
        Ok(Reply::Moved { rows: started, more: false })
    }
}
