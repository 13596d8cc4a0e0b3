//! Random commands about notices, from senders that have taken over and from others.

use engine_core::notice::{Email, NoticeId, NoticeOutcome};
use engine_core::{Command, OpenNotices, ReplayDeadNotices, SettleNotices, StartNotices};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let sender = v.random.random_range(0..3);
    match v.random.random_range(0..10) {
        0 | 1 => Command::OpenNotices(OpenNotices { sender }),
        2..6 => {
            let notices = v.many(6, |v| (v.u64(), notice(v)));
            Command::StartNotices(StartNotices { sender, notices })
        }
        6..9 => {
            let outcomes = v.many(6, |v| (notice(v), outcome(v)));
            Command::SettleNotices(SettleNotices { sender, outcomes })
        }
        _ => Command::ReplayDeadNotices(ReplayDeadNotices {}),
    }
}

/// Mostly sound, or no order would ever exist.
pub fn email(v: &mut Values) -> Email {
    Email(if v.random.random_bool(0.9) { "ann@example.com".into() } else { v.text() })
}

fn notice(v: &mut Values) -> NoticeId {
    NoticeId { order: v.order(), number: v.random.random_range(0..3) }
}

fn outcome(v: &mut Values) -> NoticeOutcome {
    let code = v.maybe(|v| v.one_of(&[0, 451, 550, u16::MAX]));
    match v.random.random_range(0..3) {
        0 => NoticeOutcome::Sent,
        1 => NoticeOutcome::Failed { code },
        _ => NoticeOutcome::Refused { code },
    }
}
