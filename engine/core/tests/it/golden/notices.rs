//! Samples of notices, and of the commands about them.

use engine_core::notice::{Notice, NoticeHead, NoticeKind, NoticeOutcome};
use engine_core::{Command, OpenNotices, ReplayDeadNotices, SettleNotices, StartNotices};

use super::values::*;
use super::{Golden, named};

pub fn hold(golden: &mut Golden) {
    let kinds = [
        NoticeKind::Confirmed,
        NoticeKind::PaymentNeeded,
        NoticeKind::Shipped { carrier: "Post".into(), tracking: "LX 1".into() },
        NoticeKind::Delivered,
        NoticeKind::Canceled,
        NoticeKind::Expired,
        NoticeKind::PaymentFailed,
        NoticeKind::Refunded { amount: 5_998 },
        NoticeKind::PartlyCanceled,
        NoticeKind::ReturnApproved,
        NoticeKind::ReturnRejected { reason: "worn".into() },
        NoticeKind::ReturnCanceled,
        NoticeKind::ReturnExpired,
        NoticeKind::RefundFailed { amount: 5_998 },
        NoticeKind::NeverArrived,
    ];
    let row = |kind| Notice { kind, at: 900, attempts: 2, due: 1_900, sender: 3, code: Some(451) };
    golden.hold(kinds.into_iter().map(named).map(|(name, kind)| (name, row(kind))).collect());
    let head = NoticeHead { sender: 3, dead: 4, sent: 5, sent_at: 6_000 };
    golden.hold(vec![("sample".into(), head)]);
}

/// One of each.
pub fn commands() -> Vec<Command> {
    vec![
        Command::OpenNotices(OpenNotices { sender: 3 }),
        Command::StartNotices(StartNotices { sender: 3, notices: vec![(1_900, NOTICE)] }),
        Command::ReplayDeadNotices(ReplayDeadNotices {}),
    ]
}

/// Whatever can come of an attempt.
pub fn variants() -> Vec<(String, Command)> {
    let outcomes = [
        NoticeOutcome::Sent,
        NoticeOutcome::Failed { code: Some(451) },
        NoticeOutcome::Refused { code: None },
    ];
    let settle = |(name, outcome)| {
        let settle = SettleNotices { sender: 3, outcomes: vec![(NOTICE, outcome)] };
        (format!("SettleNotices-{name}"), Command::SettleNotices(settle))
    };
    outcomes.into_iter().map(named).map(settle).collect()
}
