//! What is expected when the provider has answered: ORDERS.md §4, as a story of one customer.

use engine_core::OrderId;
use engine_core::inventory::HoldState;
use engine_core::order::{ACTION_MS, ORDER_HOLD_MAX_MS};
use engine_core::outbox::{Call, ProviderCall};
use engine_core::payment::{
    ATTEMPTS_MAX, CallResult, Intent, IntentStatus, PROVIDER_KEY_MS, PaymentState,
};
use engine_core::{Rejection, RetryPayment};

use super::expect::{Expected, Told};
use super::fulfillment::{Again, Pay};
use super::naive::{Model, Order, Stage, Why};

/// What is to become of an order's units.
pub type Fate = Option<HoldState>;

impl Model {
    /// A call that was in flight is answered.
    pub fn settle(&mut self, id: OrderId, made: &ProviderCall, result: &CallResult) {
        let now = self.now(self.home(id));
        let ProviderCall { at, call, .. } = made;
        let order = self.orders.get_mut(&id).expect("calls are made for orders");
        let fate = match (call, result) {
            (Call::Refund { amount, .. }, result) => order.refund_answered(amount.amount, result),
            (Call::CreateIntent { .. }, CallResult::Intent(intent)) if is_id(intent) => {
                order.intent = Some(intent.id.clone());
                order.saw(now, call, intent)
            }
            (Call::CreateIntent { .. }, CallResult::Refused { .. }) => order.create_refused(),
            (Call::ConfirmIntent { .. }, CallResult::Refused { .. }) => order.declined(false),
            (Call::CaptureIntent { .. }, CallResult::Refused { .. }) => order.capture_refused(now),
            (_, CallResult::Refused { .. }) => None,
            (_, CallResult::Intent(intent)) if order.intent.as_ref() == Some(&intent.id) => {
                order.saw(now, call, intent)
            }
            _ => order.nobody_knows(*at, call),
        };
        if let Some(state) = fate {
            self.settle_own(id, state);
        }
    }

    /// A customer pays with another method.
    pub fn retry(
        &mut self,
        command: &RetryPayment,
        under_way: bool,
        state: Option<PaymentState>,
    ) -> Expected {
        let order = self.orders.get(&command.order).ok_or(Rejection::OrderNotFound)?;
        if command.owner.as_ref().is_some_and(|owner| *owner != order.owner) {
            return Err(Rejection::OrderNotFound);
        }
        if order.stage == Stage::Confirmed && order.after.pay == Pay::Lost {
            let order = self.orders.get_mut(&command.order).expect("it is there");
            return match state {
                Some(state) if !order.pay_again(under_way) => {
                    Err(Rejection::PaymentNotOpen { state })
                }
                _ => Ok(Told::Order(order.status(), order.total)),
            };
        }
        let undecided = order.stage == Stage::Pending && !order.unknown && !order.action;
        let waits = undecided && !under_way && order.intent.is_some();
        match state {
            Some(state) if !waits => Err(Rejection::PaymentNotOpen { state }),
            _ => Ok(Told::Order(order.status(), order.total)),
        }
    }
}

fn is_id(intent: &Intent) -> bool {
    (1..=255).contains(&intent.id.0.len())
}

impl Order {
    fn nobody_knows(&mut self, at: u64, call: &Call) -> Fate {
        let moves = matches!(call, Call::CreateIntent { .. } | Call::ConfirmIntent { .. });
        if moves && (self.pays_now() || matches!(self.stage, Stage::Canceling(_))) {
            self.unknown = true;
            self.action = false;
            self.confirming_since = matches!(call, Call::ConfirmIntent { .. }).then_some(at);
        }
        None
    }

    fn create_refused(&mut self) -> Fate {
        if self.stage == Stage::Confirmed && self.after.again == Again::New {
            self.failed_again();
        }
        if self.stage != Stage::Pending {
            return None;
        }
        self.stage = Stage::Ended(if self.wish { Why::Customer } else { Why::Failed });
        Some(HoldState::Released)
    }

    pub fn declined(&mut self, is_final: bool) -> Fate {
        if self.stage == Stage::Confirmed {
            self.declined_again(is_final);
        }
        if self.stage != Stage::Pending {
            return None;
        }
        (self.unknown, self.action) = (false, false);
        self.confirming_since = None;
        self.declines += 1;
        if is_final || self.declines >= ATTEMPTS_MAX {
            self.stage = Stage::Canceling(Why::Failed);
        } else if self.pay_until.is_none() {
            self.stage = Stage::Canceling(Why::Expired);
        }
        None
    }

    /// The intent is seen as it is, if the answer is true.
    fn saw(&mut self, now: u64, call: &Call, intent: &Intent) -> Fate {
        if intent.status == IntentStatus::Processing {
            if self.pays_now() {
                (self.unknown, self.action) = (true, false);
            }
            return None;
        }
        if self.stage == Stage::Pending && self.wish {
            self.wish = false;
            self.stage = Stage::Canceling(Why::Customer);
        }
        match self.stage {
            Stage::Pending => self.saw_pending(now, call, intent),
            Stage::Canceling(why) => self.saw_canceling(why, intent),
            Stage::Returning => self.saw_returning(intent),
            Stage::Ended(_) => {
                self.after.voiding &= intent.status != IntentStatus::Canceled;
                let reserved = intent.status == IntentStatus::RequiresCapture;
                // A reservation that is being voided anyway is no surprise.
                self.odd |= intent.status == IntentStatus::Succeeded;
                self.odd |= reserved && !self.after.voiding;
                None
            }
            Stage::Confirmed => self.saw_confirmed(now, call, intent),
        }
    }

    fn saw_pending(&mut self, now: u64, call: &Call, intent: &Intent) -> Fate {
        let over = self.pay_until.is_none();
        match intent.status {
            IntentStatus::RequiresCapture | IntentStatus::Succeeded => return self.paid(intent),
            IntentStatus::Canceled => {
                self.stage = Stage::Ended(Why::Failed);
                return Some(HoldState::Released);
            }
            _ if over => self.stage = Stage::Canceling(Why::Expired),
            IntentStatus::RequiresAction if !self.action => {
                (self.unknown, self.action) = (false, true);
                self.confirming_since = None;
                let longest = self.placed_at + ORDER_HOLD_MAX_MS;
                let until = (now + ACTION_MS).min(longest);
                self.pay_until = self.pay_until.max(Some(until));
            }
            IntentStatus::RequiresAction => {}
            _ => return self.saw_unconfirmed(now, call, intent),
        }
        None
    }

    fn saw_unconfirmed(&mut self, now: u64, call: &Call, intent: &Intent) -> Fate {
        let created = matches!(call, Call::CreateIntent { .. });
        let asked = matches!(call, Call::GetIntent { .. });
        let settled = !self.unknown && !self.action;
        if asked && settled && (self.declines > 0 || intent.decline.is_none()) {
            // The customer chooses a method, and has not yet.
            return None;
        }
        let declined = intent.status == IntentStatus::RequiresPaymentMethod && !created;
        let again = self.confirming_since.take().is_some_and(|at| at + PROVIDER_KEY_MS > now);
        if let Some(decline) = intent.decline.as_ref().filter(|_| declined && !(asked && again)) {
            return self.declined(decline.is_final);
        }
        (self.unknown, self.action) = (matches!(call, Call::ConfirmIntent { .. }), false);
        if !self.unknown && intent.amount != self.total {
            self.stage = Stage::Canceling(Why::Failed);
        }
        None
    }

    fn saw_canceling(&mut self, why: Why, intent: &Intent) -> Fate {
        match (intent.status, why) {
            (IntentStatus::Canceled, _) => {
                self.stage = Stage::Ended(why);
                Some(HoldState::Released)
            }
            (IntentStatus::Succeeded, Why::Customer) if intent.received > 0 => {
                self.stage = Stage::Returning;
                self.money_goes_back(intent.received);
                Some(HoldState::Released)
            }
            (IntentStatus::Succeeded, Why::Customer) => {
                self.odd = true;
                None
            }
            (IntentStatus::RequiresCapture, Why::Customer) => None,
            (IntentStatus::Succeeded | IntentStatus::RequiresCapture, _) => self.paid(intent),
            _ => None,
        }
    }

    fn saw_returning(&mut self, intent: &Intent) -> Fate {
        match intent.status {
            IntentStatus::Canceled if self.after.captured == 0 => {
                self.stage = Stage::Ended(Why::Customer);
            }
            IntentStatus::Succeeded if intent.received <= 0 => self.odd = true,
            IntentStatus::Succeeded if self.after.captured == 0 => {
                self.money_goes_back(intent.received);
            }
            _ => {}
        }
        None
    }

    fn paid(&mut self, intent: &Intent) -> Fate {
        let succeeded = intent.status == IntentStatus::Succeeded;
        let paid = if succeeded { intent.received } else { intent.capturable };
        if paid != self.total || intent.amount != self.total {
            self.odd = true;
            return None;
        }
        (self.unknown, self.action) = (false, false);
        self.stage = Stage::Confirmed;
        self.after.paid(succeeded.then_some(paid));
        self.was_confirmed = true;
        Some(HoldState::Committed)
    }
}
