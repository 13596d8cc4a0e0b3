//! What becomes of a confirmed order: parcels, and money that comes and goes, as its seller sees
//! them.

use std::collections::BTreeMap;

use engine_core::inventory::{HoldLine, HoldRef, HoldState, UnitsEnd};
use engine_core::order::{FulfillmentState, LineProgress, MadeUp, Order as Row, Status, Units};
use engine_core::outbox::Call;
use engine_core::payment::{CallResult, Intent, IntentStatus, PaymentState};
use engine_core::{FulfillmentId, Money, OrderId, ProductId, ReturnId, ShardId};

use super::back::Back;
use super::naive::{Model, Order, Stage, Why};
use super::payments::Fate;
use super::promotions::Part;
use super::provider::Ledger;
use super::reship::Asking;

/// What became of an order after it was confirmed.
#[derive(Debug, Clone)]
pub struct After {
    pub done: Vec<LineProgress>,
    /// Of the canceled units, those that are missing or broken.
    pub written_off: Vec<u32>,
    /// What was agreed to be paid for each line.
    pub parts: Vec<Part>,
    pub parcels: BTreeMap<FulfillmentId, Parcel>,
    pub returns: BTreeMap<ReturnId, Back>,
    pub pay: Pay,
    pub begun: bool,
    pub closed: bool,
    pub captured: i64,
    /// What was asked to go back and has not failed, and what of it has arrived.
    pub asked_back: i64,
    pub back: i64,
    /// When its money could not be captured.
    pub lost_at: u64,
    /// How far a new payment for it has come.
    pub again: Again,
    /// It has ended, and its authorization is not void yet.
    pub voiding: bool,
}

/// Where the money of a confirmed order is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pay {
    Account,
    Authorized,
    Capturing(i64),
    Here,
    Lost,
    /// Nothing is to be paid.
    Nothing,
}

/// How far a new payment has come for money that could not be captured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Again {
    /// None was begun, or the last one failed.
    Not,
    /// What there was is being canceled.
    Replacing,
    /// It is under way.
    New,
    /// It was declined, and another card may pay.
    Declined,
    /// It was declined for good.
    Over,
}

/// Units that are sent together.
#[derive(Debug, Clone)]
pub struct Parcel {
    pub lines: BTreeMap<u32, u32>,
    pub state: FulfillmentState,
    pub shipped_at: u64,
    pub made_up: MadeUp,
    /// Of one that is sent for another.
    pub again: Option<Asking>,
}

impl Parcel {
    pub fn new(lines: BTreeMap<u32, u32>) -> Self {
        let (state, made_up) = (FulfillmentState::Picking, MadeUp::No);
        Self { lines, state, shipped_at: 0, made_up, again: None }
    }
}

impl After {
    pub fn new(lines: &[HoldLine], on_account: bool) -> Self {
        Self {
            done: vec![LineProgress::default(); lines.len()],
            written_off: vec![0; lines.len()],
            parts: Vec::new(),
            parcels: BTreeMap::new(),
            returns: BTreeMap::new(),
            pay: if on_account { Pay::Account } else { Pay::Authorized },
            begun: false,
            closed: false,
            captured: 0,
            asked_back: 0,
            back: 0,
            lost_at: 0,
            again: Again::Not,
            voiding: false,
        }
    }

    /// The order is confirmed, with money that came already or can be captured.
    pub fn paid(&mut self, came: Option<i64>) {
        self.captured = came.unwrap_or(0);
        self.pay = if came.is_some() { Pay::Here } else { Pay::Authorized };
    }

    pub fn has_shipped(&self) -> bool {
        let again = |parcel: &Parcel| matches!(parcel.made_up, MadeUp::Reshipped(_));
        self.done.iter().any(|done| done.shipped > 0) || self.parcels.values().any(again)
    }

    pub fn left(&self, lines: &[HoldLine]) -> Vec<u32> {
        let left =
            |(line, done): (&HoldLine, &LineProgress)| line.quantity - done.canceled - done.shipped;
        lines.iter().zip(&self.done).map(left).collect()
    }

    /// Units of each line that are in no open parcel either.
    pub fn free(&self, lines: &[HoldLine]) -> Vec<u32> {
        let mut left = self.left(lines);
        for parcel in self.parcels.values().filter(|parcel| parcel.state.is_open()) {
            parcel.lines.iter().for_each(|(line, units)| left[*line as usize] -= units);
        }
        left
    }

    pub fn is_delivered(&self, lines: &[HoldLine]) -> bool {
        let arrived = self.done.iter().all(|done| done.delivered + done.lost == done.shipped);
        self.has_shipped() && arrived && self.left(lines).iter().all(|units| *units == 0)
    }

    pub fn status(&self, lines: &[HoldLine]) -> Status {
        let left = self.left(lines).iter().any(|units| *units > 0);
        match () {
            () if self.closed => Status::Completed,
            () if self.is_delivered(lines) => self.status_after_delivery(),
            () if self.has_shipped() && left => Status::PartiallyShipped,
            () if self.has_shipped() => Status::Shipped,
            () if self.begun => Status::Processing,
            () => Status::Confirmed,
        }
    }

    fn status_after_delivery(&self) -> Status {
        let back: u32 = self.done.iter().map(|done| done.returned + done.lost).sum();
        let sent: u32 = self.done.iter().map(|done| done.shipped).sum();
        match back {
            0 => Status::Delivered,
            back if back == sent => Status::Returned,
            _ => Status::PartiallyReturned,
        }
    }

    /// What of the total is not owed for canceled lines.
    pub fn canceled_value(&self) -> i64 {
        let lines = self.done.iter().zip(&self.parts);
        lines.map(|(done, part)| part.first(done.canceled)).sum()
    }

    /// What the next units of a line are worth that are canceled, lost or come back.
    pub fn worth(&self, line: u32, units: u32) -> i64 {
        let done = &self.done[line as usize];
        let before = done.canceled + done.lost + done.returned;
        let part = &self.parts[line as usize];
        part.first(before + units) - part.first(before)
    }

    /// Nothing is under way.
    pub fn is_settled(&self) -> bool {
        let paying = matches!(self.again, Again::Replacing | Again::New);
        !self.voiding
            && !paying
            && !matches!(self.pay, Pay::Capturing(_))
            && self.asked_back == self.back
    }

    /// What the provider should have kept, and still have authorized by the order's intent.
    pub fn money(&self, ledger: &Ledger) -> (i64, i64) {
        match self.pay {
            Pay::Authorized => (0, ledger.intent.amount),
            Pay::Lost => (0, ledger.intent.capturable),
            _ => (self.captured - self.back, 0),
        }
    }

    /// Nobody promised anything: as the engine has it.
    pub fn adopt(&mut self, row: &Row) {
        self.done = row.lines.iter().map(|line| line.progress).collect();
        self.begun = row.progress.begun;
        self.closed = row.progress.closed_at.is_some();
    }

    pub fn compare(&self, order: &Order, row: &Row) {
        let done: Vec<_> = row.lines.iter().map(|line| line.progress).collect();
        assert_eq!(done, self.done, "{row:#?}");
        assert_eq!(row.payment.captured, self.captured, "{row:#?}");
        assert_eq!(row.payment.refunded, self.asked_back, "{row:#?}");
        if row.units == Units::Committed {
            let fits = match self.pay {
                Pay::Account => row.payment.state == PaymentState::OnAccount,
                Pay::Authorized => row.payment.state == PaymentState::Authorized,
                Pay::Capturing(amount) => {
                    row.payment.state == PaymentState::Capturing && row.payment.capturing == amount
                }
                Pay::Here => row.payment.state.is_captured(),
                Pay::Lost => self.again.fits(order, row.payment.state),
                Pay::Nothing => matches!(
                    (row.payment.state, self.voiding),
                    (PaymentState::Voiding, true)
                        | (PaymentState::Voided | PaymentState::NothingDue, false)
                ),
            };
            assert!(fits, "{order:?} {row:#?}");
            assert_eq!(row.flags.on_hold, self.pay == Pay::Lost, "{row:#?}");
        }
    }
}

impl Order {
    /// What is owed for what was not canceled.
    pub fn due(&self) -> i64 {
        let lines = self.lines.iter().zip(&self.after.done);
        let empty = lines.into_iter().all(|(line, done)| done.canceled == line.quantity);
        if empty { 0 } else { self.total - self.after.canceled_value() }
    }

    /// It pays what is owed, or was owed when it was asked for.
    pub fn pays(&self, amount: i64) -> bool {
        self.due() <= amount && amount <= self.total
    }

    /// Parcels of it wait to be sent.
    pub fn is_packed(&self) -> bool {
        self.after.parcels.values().any(|parcel| parcel.state == FulfillmentState::Packed)
    }

    /// The customer does not want it any longer. Says whether its units are free.
    pub fn cancel_confirmed(&mut self) -> bool {
        if matches!(self.after.pay, Pay::Capturing(_)) {
            self.wish = true;
            return false;
        }
        self.wish = false;
        for parcel in self.after.parcels.values_mut().filter(|parcel| parcel.state.is_open()) {
            parcel.state = FulfillmentState::Canceled;
        }
        self.stage = Stage::Returning;
        (self.unknown, self.action, self.after.again) = (false, false, Again::Not);
        match self.after.pay {
            Pay::Lost if self.intent.is_none() => self.stage = Stage::Ended(Why::Customer),
            Pay::Account => self.stage = Stage::Ended(Why::Customer),
            Pay::Nothing if !self.after.voiding => self.stage = Stage::Ended(Why::Customer),
            Pay::Here => {
                self.after.asked_back = self.after.captured;
                self.goes_back();
            }
            _ => {}
        }
        true
    }

    /// Money has come for an order that is canceled.
    pub fn money_goes_back(&mut self, received: i64) {
        self.after.pay = Pay::Here;
        self.after.captured = received;
        self.after.asked_back = received;
    }

    /// A canceled order has ended once all its money is back.
    fn goes_back(&mut self) {
        if self.stage == Stage::Returning && self.after.back == self.after.captured {
            self.stage = Stage::Ended(Why::Customer);
        }
    }

    pub fn refund_answered(&mut self, amount: i64, result: &CallResult) -> Fate {
        match result {
            CallResult::Refunded => {
                self.after.back += amount;
                self.goes_back();
            }
            CallResult::Refused { .. } => {
                self.after.asked_back -= amount;
                self.odd = true;
            }
            _ => {}
        }
        None
    }

    pub fn capture_refused(&mut self, now: u64) -> Fate {
        if self.stage == Stage::Confirmed && matches!(self.after.pay, Pay::Capturing(_)) {
            return self.lost(now);
        }
        None
    }

    pub fn saw_confirmed(&mut self, now: u64, call: &Call, intent: &Intent) -> Fate {
        use IntentStatus::{Processing, RequiresCapture, Succeeded};
        let created = matches!(call, Call::CreateIntent { .. });
        match (self.after.pay, intent.status) {
            (Pay::Lost, status) if status != Succeeded => self.saw_lost(now, call, intent),
            (Pay::Account | Pay::Here, _) => None,
            (Pay::Nothing, IntentStatus::Canceled) => {
                self.after.voiding = false;
                None
            }
            (Pay::Nothing, Succeeded) if intent.received > 0 => {
                self.money_goes_back(intent.received);
                self.after.voiding = false;
                None
            }
            (Pay::Nothing, status) => {
                self.after.voiding |= created;
                self.odd |= status == Succeeded;
                None
            }
            (_, Succeeded) => self.captured(intent.received),
            (_, Processing | RequiresCapture) => None,
            _ => self.lost(now),
        }
    }

    fn captured(&mut self, received: i64) -> Fate {
        let fits = match self.after.pay {
            Pay::Capturing(amount) => received == amount,
            Pay::Lost => self.pays(received),
            _ => received == self.due(),
        };
        (self.unknown, self.action, self.after.again) = (false, false, Again::Not);
        if !(0..=Money::AMOUNT_MAX).contains(&received) {
            self.odd = true;
            return None;
        }
        let packed = matches!(self.after.pay, Pay::Capturing(_)) || self.is_packed();
        self.after.begun |= fits && packed;
        self.after.captured = received;
        self.after.pay = Pay::Here;
        if !fits {
            self.odd = true;
            return None;
        }
        if self.wish {
            self.cancel_confirmed();
            return Some(HoldState::Released);
        }
        self.after.asked_back = (received - self.due()).max(0);
        None
    }

    fn lost(&mut self, now: u64) -> Fate {
        self.after.pay = Pay::Lost;
        self.after.lost_at = now;
        self.declines = 0;
        if self.wish {
            self.cancel_confirmed();
            return Some(HoldState::Released);
        }
        if self.due() == 0 {
            self.owe_nothing();
        }
        None
    }

    /// What is left costs nothing: what was authorized is void.
    pub fn owe_nothing(&mut self) {
        if matches!(self.after.pay, Pay::Authorized | Pay::Lost) {
            self.after.pay = Pay::Nothing;
            self.after.voiding = self.intent.is_some();
            (self.unknown, self.action, self.after.again) = (false, false, Again::Not);
            self.after.begun |= self.is_packed();
        }
    }
}

impl Model {
    /// Units of a product that confirmed orders wait for.
    pub fn committed(&self, product: ProductId) -> u64 {
        let orders = self.orders.values().filter(|order| order.stage == Stage::Confirmed);
        let units = orders.flat_map(|order| order.lines.iter().zip(order.after.left(&order.lines)));
        units.filter(|(line, _)| line.product == product).map(|(_, left)| u64::from(left)).sum()
    }

    /// Units of a product that orders say were sent, or are missing.
    pub fn should_be_gone(&self, product: ProductId) -> u64 {
        let of = |order: &Order| {
            let lines =
                order.lines.iter().zip(order.after.done.iter().zip(&order.after.written_off));
            let lines = lines.filter(|(line, _)| line.product == product);
            order.sent_before(product)
                + lines
                    .map(|(_, (done, lost))| u64::from(done.shipped) + u64::from(*lost))
                    .sum::<u64>()
        };
        self.orders.values().map(of).sum()
    }

    /// A shard is told what became of an order's units.
    pub fn end_units(
        &mut self,
        shard: ShardId,
        order: OrderId,
        (product, quantity): (ProductId, u32),
        how: UnitsEnd,
    ) {
        let name = HoldRef::Order(order);
        let hold = self.holds.get_mut(&(shard, name)).expect("a hold");
        assert_eq!(hold.state, HoldState::Committed, "{name:?}");
        let line = hold.lines.get_mut(&product).expect("a product of the hold");
        line.0 = line.0.checked_sub(quantity).expect("units of the hold");
        hold.lines.retain(|_, line| line.0 > 0);
        let over = hold.lines.is_empty() && hold.promotion.is_none();
        if how != UnitsEnd::Released {
            *self.gone.entry(product).or_default() += u64::from(quantity);
        }
        self.leave((shard, name), (product, quantity), how);
        if over {
            self.free(shard, name);
        }
    }
}
