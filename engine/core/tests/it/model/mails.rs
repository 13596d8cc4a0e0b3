//! Mail: leaders come and go, the mail server fails and refuses, and in the end each order's owner
//! was told of each transition that concerns them, once, and of nothing else.

use std::collections::BTreeMap;

use engine_core::notice::{
    DEAD_NOTICE_RETENTION_MS, Email, NOTICES_AT_ONCE, NoticeId, NoticeOutcome,
};
use engine_core::order::{Order, Status, Transition};
use engine_core::read::Whose;
use engine_core::{
    Command, OpenNotices, ReplayDeadNotices, Reply, SettleNotices, ShardId, StartNotices, read,
};
use rand::Rng;

use super::world::World;

/// What a mail server has seen.
#[derive(Default)]
pub struct Mails {
    /// Which leader sends for a shard.
    senders: BTreeMap<ShardId, u64>,
    /// What was taken for good, and noted.
    sent: BTreeMap<NoticeId, &'static str>,
    /// What was given up, and when: it may be forgotten before anybody replays it.
    buried: BTreeMap<NoticeId, u64>,
}

impl World {
    pub fn any_email(&mut self) -> Option<Email> {
        self.rng.random_bool(0.5).then(|| Email("ann@example.com".into()))
    }

    /// A sender begins a few notices, and settles some of them; or another takes over, or somebody
    /// replays what is dead.
    pub fn mail_some(&mut self) {
        let shard = self.any_shard();
        match self.rng.random_range(0..10) {
            0 => {
                self.take_over(shard);
            }
            1 => {
                self.propose(shard, Command::ReplayDeadNotices(ReplayDeadNotices {}));
            }
            _ => self.mail(shard, false),
        }
    }

    fn take_over(&mut self, shard: ShardId) -> u64 {
        let sender = self.rng.random_range(1..u64::MAX);
        self.mails.senders.insert(shard, sender);
        self.propose(shard, Command::OpenNotices(OpenNotices { sender }));
        self.note_dead(shard);
        sender
    }

    fn mail(&mut self, shard: ShardId, honest: bool) {
        let sender = self.mails.senders.get(&shard).copied();
        let sender = sender.unwrap_or_else(|| self.take_over(shard));
        let waiting = read::notices_waiting(self.shop.rows(shard), None, NOTICES_AT_ONCE).unwrap();
        let notices: Vec<_> = waiting.into_iter().map(|(id, row)| (row.due, id)).collect();
        let start = Command::StartNotices(StartNotices { sender, notices: notices.clone() });
        let started = self.propose(shard, start);
        let all = u32::try_from(notices.len()).unwrap();
        assert_eq!(started.outcome, Ok(Reply::Moved { rows: all, more: false }));
        let mut outcomes = Vec::new();
        for (id, row) in
            read::notices_sending(self.shop.rows(shard), None, NOTICES_AT_ONCE).unwrap()
        {
            assert_eq!(row.sender, sender, "{id} was begun by another");
            let outcome = match self.rng.random_range(0..6) {
                _ if honest => NoticeOutcome::Sent,
                0 => NoticeOutcome::Failed { code: Some(451) },
                1 => NoticeOutcome::Refused { code: Some(550) },
                // The leader dies before it hears.
                2 => continue,
                _ => NoticeOutcome::Sent,
            };
            if outcome == NoticeOutcome::Sent {
                let again = self.mails.sent.insert(id, row.kind.as_str());
                assert_eq!(again, None, "{id} was sent, and was there still");
            }
            outcomes.push((id, outcome));
        }
        self.propose(shard, Command::SettleNotices(SettleNotices { sender, outcomes }));
        self.note_dead(shard);
    }

    /// The mail server takes everything. Then what it has is what the orders' histories say.
    pub fn mail_all(&mut self) {
        for shard in self.shop.shards() {
            self.take_over(shard);
            self.propose(shard, Command::ReplayDeadNotices(ReplayDeadNotices {}));
            while !read::notices_waiting(self.shop.rows(shard), None, 1).unwrap().is_empty() {
                self.mail(shard, true);
            }
            let head = read::notice_head(self.shop.rows(shard)).unwrap();
            let sent = self.mails.sent.keys().filter(|id| self.model.home(id.order) == shard);
            assert_eq!((head.dead, head.sent), (0, sent.count() as u64));
        }
        for id in self.model.orders.keys() {
            let rows = self.shop.rows(self.model.home(*id));
            let order = read::order(rows, *id, &Whose::Anybody).unwrap().expect("an order");
            let steps = read::order_history(rows, &order).unwrap();
            let wanted: Vec<_> = match order.contact.email {
                Some(_) => wanted(&order, &steps),
                None => Vec::new(),
            };
            let all = (0..).map(|number| NoticeId { order: *id, number });
            assert_eq!(order.contact.notices as usize, wanted.len(), "{id}: {steps:#?}");
            for (notice, kind) in all.zip(wanted) {
                match self.mails.sent.get(&notice) {
                    Some(sent) => assert_eq!(*sent, kind, "{notice}: {steps:#?}"),
                    None => assert!(self.is_forgotten(notice), "{notice}: {steps:#?}"),
                }
            }
        }
    }

    /// It was given up so long ago that nobody knows of it any longer.
    fn is_forgotten(&self, id: NoticeId) -> bool {
        let buried = self.mails.buried.get(&id);
        buried.is_some_and(|at| at + DEAD_NOTICE_RETENTION_MS <= self.now)
    }

    fn note_dead(&mut self, shard: ShardId) {
        let dead = read::notices_dead(self.shop.rows(shard), None, usize::MAX).unwrap();
        self.mails.buried.extend(dead.into_iter().map(|(id, row)| (id, row.due)));
    }
}

/// Of what the owner of an order is told, by its history.
fn wanted(order: &Order, steps: &[Transition]) -> Vec<&'static str> {
    let all_canceled = order.lines.iter().all(|line| line.progress.canceled == line.quantity);
    let mut wanted = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let before = |name: &str| steps[..at].iter().any(|step| step.name == name);
        let last = !steps[at + 1..].iter().any(|later| later.name == step.name);
        let told = match (step.name.as_str(), step.note.as_str()) {
            ("T16", _) if step.to != Status::PaymentFailed && !before("T24a") => "payment_needed",
            ("T18", _) => "shipped",
            ("T19", _) => "delivered",
            // Who has emptied the order is told that it is canceled.
            ("T26", _) if !(last && all_canceled) => "partly_canceled",
            ("T28", "approved") => "return_approved",
            ("T28", "rejected") => "return_rejected",
            ("T28", "canceled") => "return_canceled",
            ("T28", "expired") => "return_expired",
            ("T31", _) => "refunded",
            ("T32", _) => "refund_failed",
            ("T35", "lost" | "returned_to_sender") => "never_arrived",
            _ => "",
        };
        wanted.extend((!told.is_empty()).then_some(told));
        wanted.extend(ended(step));
    }
    wanted
}

/// Of what an owner is told because the headline is another.
fn ended(step: &Transition) -> Option<&'static str> {
    match step.to {
        to if step.from == Some(to) => None,
        Status::Confirmed => Some("confirmed"),
        Status::Canceled => Some("canceled"),
        Status::Expired => Some("expired"),
        Status::PaymentFailed => Some("payment_failed"),
        _ => None,
    }
}
