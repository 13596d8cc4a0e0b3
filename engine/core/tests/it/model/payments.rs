//! What is expected when the provider has answered: ORDERS.md §4, as a story of one customer.

use engine_core::OrderId;
use engine_core::inventory::HoldState;
use engine_core::order::{ACTION_MS, ORDER_HOLD_MAX_MS};
use engine_core::outbox::Call;
use engine_core::payment::{ATTEMPTS_MAX, CallResult, Intent, IntentStatus};

use super::naive::{Model, Order, Stage, Why};

/// What is to become of an order's units.
type Fate = Option<HoldState>;

impl Model {
    /// A call that was in flight is answered.
    pub fn settle(&mut self, id: OrderId, call: &Call, result: &CallResult) {
        let now = self.now(self.home(id));
        let order = self.orders.get_mut(&id).expect("calls are made for orders");
        let fate = match (call, result) {
            (Call::Refund { .. }, result) => order.refund_answered(result),
            (Call::CreateIntent { .. }, CallResult::Intent(intent)) if is_id(intent) => {
                order.intent = Some(intent.id.clone());
                order.saw(now, call, intent)
            }
            (Call::CreateIntent { .. }, CallResult::Refused { .. }) => order.create_refused(),
            (Call::ConfirmIntent { .. }, CallResult::Refused { .. }) => order.declined(false),
            (_, CallResult::Refused { .. }) => None,
            (_, CallResult::Intent(intent)) if order.intent.as_ref() == Some(&intent.id) => {
                order.saw(now, call, intent)
            }
            _ => order.nobody_knows(call),
        };
        if let Some(state) = fate {
            self.settle_own(id, state);
        }
    }
}

fn is_id(intent: &Intent) -> bool {
    (1..=255).contains(&intent.id.0.len())
}

impl Order {
    fn nobody_knows(&mut self, call: &Call) -> Fate {
        let moves = matches!(call, Call::CreateIntent { .. } | Call::ConfirmIntent { .. });
        if moves && matches!(self.stage, Stage::Pending | Stage::Canceling(_)) {
            self.unknown = true;
            self.action = false;
        }
        None
    }

    fn create_refused(&mut self) -> Fate {
        if self.stage != Stage::Pending {
            return None;
        }
        self.stage = Stage::Ended(if self.wish { Why::Customer } else { Why::Failed });
        Some(HoldState::Released)
    }

    fn declined(&mut self, is_final: bool) -> Fate {
        if self.stage != Stage::Pending {
            return None;
        }
        (self.unknown, self.action) = (false, false);
        self.declines += 1;
        if is_final || self.declines >= ATTEMPTS_MAX {
            self.stage = Stage::Canceling(Why::Failed);
        } else if self.pay_until.is_none() {
            self.stage = Stage::Canceling(Why::Expired);
        }
        None
    }

    fn refund_answered(&mut self, result: &CallResult) -> Fate {
        match result {
            CallResult::Refunded if self.stage == Stage::Returning => {
                self.stage = Stage::Ended(Why::Customer);
            }
            CallResult::Refused { .. } => self.odd = true,
            _ => {}
        }
        None
    }

    /// The intent is seen as it is, if the answer is true.
    fn saw(&mut self, now: u64, call: &Call, intent: &Intent) -> Fate {
        if intent.status == IntentStatus::Processing {
            if self.stage == Stage::Pending {
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
                self.odd |= matches!(
                    intent.status,
                    IntentStatus::Succeeded | IntentStatus::RequiresCapture
                );
                None
            }
            Stage::Confirmed => None,
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
                let longest = self.placed_at + ORDER_HOLD_MAX_MS;
                let until = (now + ACTION_MS).min(longest);
                self.pay_until = self.pay_until.max(Some(until));
            }
            IntentStatus::RequiresAction => {}
            _ => return self.saw_unconfirmed(call, intent),
        }
        None
    }

    fn saw_unconfirmed(&mut self, call: &Call, intent: &Intent) -> Fate {
        let created = matches!(call, Call::CreateIntent { .. });
        let declined = intent.status == IntentStatus::RequiresPaymentMethod && !created;
        if let Some(decline) = intent.decline.as_ref().filter(|_| declined) {
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
            IntentStatus::Canceled => self.stage = Stage::Ended(Why::Customer),
            IntentStatus::Succeeded if intent.received <= 0 => self.odd = true,
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
        self.was_confirmed = true;
        Some(HoldState::Committed)
    }
}
