//! Says what has become of notices that were being sent.

use serde::{Deserialize, Serialize};

use super::{NoticeId, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;

/// Settles attempts. What was sent is forgotten; what failed is tried again later, by
/// [`super::RETRY_STEPS_MS`], or is dead after the last attempt; what was refused for good is dead.
/// An outcome for what is not being sent by this sender is a no-op: a repeat, or somebody else has
/// taken over. Old dead notices are forgotten on the way.
///
/// Never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleNotices {
    /// Who has sent, as it named itself.
    pub sender: u64,
    /// What came of which.
    pub outcomes: Vec<(NoticeId, NoticeOutcome)>,
}

/// What came of an attempt. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeOutcome {
    /// The mail server has taken it.
    Sent,
    /// Not now, or nobody knows.
    Failed {
        /// What the mail server answered, e.g. 451; none if there was no answer.
        code: Option<u16>,
    },
    /// Never.
    Refused {
        /// What the mail server answered, e.g. 550; none if it was not asked.
        code: Option<u16>,
    },
}

impl SettleNotices {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let before = rows::head(ctx.txn)?;
        let (mut head, now) = (before, ctx.now());
        for (id, outcome) in &self.outcomes {
            let row = rows::being_sent(ctx.txn, *id)?;
            let Some(mut notice) = row.filter(|row| row.sender == self.sender) else { continue };
            rows::delete_sending(ctx.txn, *id);
            notice.sender = 0;
            let wait_ms = match outcome {
                NoticeOutcome::Sent => {
                    head.sent = head.sent.saturating_add(1);
                    head.sent_at = now;
                    continue;
                }
                NoticeOutcome::Failed { code } => {
                    notice.code = *code;
                    notice.wait_ms()
                }
                NoticeOutcome::Refused { code } => {
                    notice.code = *code;
                    None
                }
            };
            notice.due = now.saturating_add(wait_ms.unwrap_or(0));
            if wait_ms.is_some() {
                rows::put_waiting(ctx.txn, *id, &notice);
            } else {
                rows::bury(ctx.txn, &mut head, *id, &notice)?;
            }
        }
        rows::forget_old(ctx.txn, &mut head, now)?;
        if head != before {
            rows::put_head(ctx.txn, &head);
        }
        Ok(Reply::Nothing)
    }
}
