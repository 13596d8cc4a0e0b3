//! Queues a notice with the transition that it tells of.

use super::{Notice, NoticeId, NoticeKind, rows};
use crate::order::{Change, Status};

impl Change<'_, '_, '_> {
    /// Has the customer told, if the order has an address. Once for each transition.
    pub(crate) fn notify(&mut self, kind: NoticeKind) {
        let contact = &mut self.order.contact;
        if contact.email.is_none() {
            return;
        }
        let id = NoticeId { order: self.order.id, number: contact.notices };
        contact.notices = contact.notices.saturating_add(1);
        let at = self.ctx.now();
        let notice = Notice { kind, at, attempts: 0, due: at, sender: 0, code: None };
        rows::put_waiting(self.ctx.txn, id, &notice);
    }

    /// The same of an order whose headline has just become this one: it has ended.
    pub(crate) fn notify_ended(&mut self, status: Status) {
        match status {
            Status::Canceled => self.notify(NoticeKind::Canceled),
            Status::Expired => self.notify(NoticeKind::Expired),
            Status::PaymentFailed => self.notify(NoticeKind::PaymentFailed),
            _ => {}
        }
    }
}
