//! What becomes of an order after it was confirmed: units line by line, and what they are worth.
//!
//! Of each line, canceled + shipped + in open fulfillments ≤ ordered, and delivered ≤ shipped (I8).
//! What is neither canceled nor shipped is committed in the products' shards (I4).

use serde::{Deserialize, Serialize};

use super::{
    Change, Dispute, FULFILL_SLA_MS, Fulfillment, MadeUp, Order, OrderLine, OrderTimer, Refund,
    Return, Review, Status, Units,
};
use crate::order::{FulfillmentState, RefundState};
use crate::payment::PaymentState;

/// How long an order can be returned after all of it was delivered, in milliseconds: 30 days.
pub const RETURN_WINDOW_MS: u64 = 30 * 24 * 3_600_000;
/// How much longer it stays open each time, while something is under way: one day.
pub(super) const RETURN_WINDOW_KEPT_ON_MS: u64 = 24 * 3_600_000;

/// What became of an order after it was confirmed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// It was packed and is paid: sellers are at work. Once it is set, it stays.
    pub begun: bool,
    /// When it was closed: nothing can be returned any longer (T20).
    pub closed_at: Option<u64>,
    /// What is, or was to be, sent together, oldest first.
    pub fulfillments: Vec<Fulfillment>,
    /// What was given back, or is to be, oldest first.
    pub refunds: Vec<Refund>,
    /// What customers send back, oldest first.
    pub returns: Vec<Return>,
    /// The customer's bank wants, or wanted, the money back.
    pub dispute: Option<Dispute>,
}

/// What became of a line's units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineProgress {
    /// Units that will not be sent.
    pub canceled: u32,
    /// Units that were sent.
    pub shipped: u32,
    /// Units that have arrived.
    pub delivered: u32,
    /// Units that were sent and never arrived.
    pub lost: u32,
    /// Units that came back after they had arrived.
    pub returned: u32,
}

impl OrderLine {
    /// Units that wait for shipping, in a fulfillment or not.
    pub fn unshipped(&self) -> u32 {
        let LineProgress { canceled, shipped, .. } = self.progress;
        self.quantity.saturating_sub(canceled).saturating_sub(shipped)
    }

    /// What was agreed to be paid for the next units of the line that are canceled, lost or
    /// returned, in minor units. Discount and tax are cut where the units before them were cut, so
    /// that all parts of a line add up to what was paid for it, whatever becomes of its units.
    pub(super) fn worth(&self, quantity: u32) -> i64 {
        let LineProgress { canceled, lost, returned, .. } = self.progress;
        self.paid_for(canceled.saturating_add(lost).saturating_add(returned), quantity)
    }
}

impl Order {
    /// Units of a line that are in no fulfillment, neither sent nor canceled.
    pub fn left_of_line(&self, line: u32) -> u32 {
        let open = self.progress.fulfillments.iter().filter(|it| it.state.is_open());
        let lines = open.flat_map(|it| &it.lines).filter(|units| units.line == line);
        let taken = lines.fold(0_u32, |sum, units| sum.saturating_add(units.quantity));
        let unshipped = self.lines.get(line as usize).map_or(0, OrderLine::unshipped);
        unshipped.saturating_sub(taken)
    }

    /// Units of it are packed and were not sent.
    pub(crate) fn is_packed(&self) -> bool {
        let mut parcels = self.progress.fulfillments.iter();
        parcels.any(|it| it.state == FulfillmentState::Packed)
    }

    /// An amount pays the order: what is owed now, or was owed when it was asked for, before lines
    /// were canceled.
    pub(crate) fn pays(&self, amount: i64) -> bool {
        (self.due()..=self.total).contains(&amount)
    }

    /// Units of it were sent, even if they never arrived and are to be sent once more.
    pub fn has_shipped(&self) -> bool {
        let again = |it: &Fulfillment| matches!(it.made_up, MadeUp::Reshipped(_));
        self.lines.iter().any(|line| line.progress.shipped > 0)
            || self.progress.fulfillments.iter().any(again)
    }

    /// Units of it wait for shipping.
    pub fn has_unshipped(&self) -> bool {
        self.lines.iter().any(|line| line.unshipped() > 0)
    }

    /// All that will ever be sent has arrived.
    pub fn is_delivered(&self) -> bool {
        let arrived = |line: &OrderLine| {
            let LineProgress { shipped, delivered, lost, .. } = line.progress;
            delivered.saturating_add(lost) == shipped
        };
        self.has_shipped() && !self.has_unshipped() && self.lines.iter().all(arrived)
    }

    /// What the customer owes for what was not canceled, in minor units, shipping included: what
    /// the first parcel captures. Of an order that is canceled whole nobody owes shipping either.
    pub fn due(&self) -> i64 {
        let canceled = |line: &OrderLine| line.paid_for(0, line.progress.canceled);
        let canceled: i64 = self.lines.iter().map(canceled).fold(0, i64::saturating_add);
        if self.is_empty() { 0 } else { self.total.saturating_sub(canceled).max(0) }
    }

    /// All of it is canceled.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.progress.canceled == line.quantity)
    }

    /// What was given back, or is on its way back, in minor units: refunds that have not failed.
    pub fn given_back(&self) -> i64 {
        let kept = self.progress.refunds.iter().filter(|it| it.state != RefundState::Failed);
        kept.fold(0, |sum, refund| sum.saturating_add(refund.amount))
    }

    /// What of the money that came can still be given back, in minor units.
    pub fn refundable(&self) -> i64 {
        if self.payment.state == PaymentState::ChargedBack {
            return 0;
        }
        self.payment.captured.saturating_sub(self.given_back()).max(0)
    }

    /// Where a confirmed order stands.
    pub(super) fn status_after_confirmation(&self) -> Status {
        if self.progress.closed_at.is_some() {
            return Status::Completed;
        }
        match (self.has_shipped() && !self.is_empty(), self.has_unshipped()) {
            (true, false) if self.is_delivered() => self.status_after_delivery(),
            (true, false) => Status::Shipped,
            (true, true) => Status::PartiallyShipped,
            (false, _) if self.progress.begun => Status::Processing,
            (false, _) => Status::Confirmed,
        }
    }
}

impl Order {
    /// Where an order stands of which all has arrived, or never will.
    fn status_after_delivery(&self) -> Status {
        let back = |line: &OrderLine| line.progress.returned.saturating_add(line.progress.lost);
        if self.lines.iter().all(|line| back(line) == 0) {
            Status::Delivered
        } else if self.lines.iter().all(|line| back(line) == line.progress.shipped) {
            Status::Returned
        } else {
            Status::PartiallyReturned
        }
    }

    /// Something is under way that keeps the order open.
    fn is_busy(&self) -> bool {
        let Progress { fulfillments, refunds, returns, .. } = &self.progress;
        self.flags.disputed
            || fulfillments.iter().any(Fulfillment::is_reserving)
            || refunds.iter().any(|refund| refund.state.is_open())
            || returns.iter().any(|it| it.state.is_open())
    }
}

impl Change<'_, '_, '_> {
    /// Arms and disarms the timers of a confirmed order as it stands now. Somebody is at work on
    /// it, so the alarm of fulfillment begins anew.
    pub(crate) fn retime(&mut self) {
        let now = self.ctx.now();
        let waits = self.order.units == Units::Committed && self.order.ending.is_none();
        self.order.flags.needs_review.take_if(|it| *it == Review::FulfillmentOverdue);
        if waits && self.order.has_unshipped() && !self.order.flags.on_hold {
            self.arm(OrderTimer::FulfillSla, now.saturating_add(FULFILL_SLA_MS));
        } else {
            self.disarm(OrderTimer::FulfillSla);
        }
        let underway = self.order.progress.fulfillments.iter();
        let underway = underway.filter(|it| it.state == FulfillmentState::Shipped);
        match underway.filter_map(|it| it.deliver_at).min() {
            Some(at) if self.order.timers.deliver != Some(at) => self.arm(OrderTimer::Deliver, at),
            Some(_) => {}
            None => self.disarm(OrderTimer::Deliver),
        }
        let closes = waits && self.order.is_delivered() && self.order.progress.closed_at.is_none();
        match self.order.timers.return_window {
            None if closes => {
                self.arm(OrderTimer::ReturnWindow, now.saturating_add(RETURN_WINDOW_MS));
            }
            Some(_) if !closes => self.disarm(OrderTimer::ReturnWindow),
            _ => {}
        }
        let open = self.order.progress.returns.iter().filter(|it| it.state.is_open());
        match open.map(|it| it.expires_at).min() {
            Some(at) if self.order.timers.return_ship != Some(at) => {
                self.arm(OrderTimer::ReturnShip, at);
            }
            Some(_) => {}
            None => self.disarm(OrderTimer::ReturnShip),
        }
        if self.order.payment.state != PaymentState::Authorized {
            self.disarm(OrderTimer::AuthExpiry);
        }
    }

    /// T20: nothing can be returned any longer, unless something is under way.
    pub(super) fn close(&mut self) {
        if !self.order.is_delivered() || self.order.units != Units::Committed {
            return;
        }
        if self.order.is_busy() {
            let later = self.ctx.now().saturating_add(RETURN_WINDOW_KEPT_ON_MS);
            self.arm(OrderTimer::ReturnWindow, later);
            return;
        }
        self.order.progress.closed_at = Some(self.ctx.now());
        self.step("T20", "");
    }
}
