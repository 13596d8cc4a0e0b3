//! A card provider with a ledger: what it did is done, whether or not its answer arrives.

use std::collections::BTreeMap;

use engine_core::OrderId;
use engine_core::outbox::{Call, EffectId};
use engine_core::payment::{CallResult, Decline, Intent, IntentId, IntentStatus};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Until when what is authorized can be captured, in Unix milliseconds.
pub const CAPTURE_BEFORE_MS: u64 = 1_700_600_000_000;

/// The provider, and every intent it has.
#[derive(Default)]
pub struct Provider {
    pub intents: BTreeMap<IntentId, Ledger>,
    answers: BTreeMap<EffectId, CallResult>,
}

/// One intent and its money.
pub struct Ledger {
    pub order: OrderId,
    pub intent: Intent,
    pub refunded: i64,
}

impl Provider {
    /// Does what a call asks for, once for each key, and answers.
    pub fn call(&mut self, rng: &mut ChaCha8Rng, id: EffectId, call: &Call) -> CallResult {
        let asks = matches!(call, Call::GetIntent { .. });
        if let Some(answer) = self.answers.get(&id).filter(|_| !asks) {
            return match (answer.clone(), call) {
                (CallResult::RefundPending, Call::Refund { intent, amount, .. }) => {
                    self.bank_decides(rng, id, intent, amount.amount)
                }
                (CallResult::RefundPending, Call::RefundRest { intent }) => {
                    // Nobody waits for it to be asked about more than twice.
                    let all = self.known(intent).refunded;
                    match self.bank_decides(rng, id, intent, all) {
                        CallResult::RefundPending => CallResult::Refunded,
                        answer => answer,
                    }
                }
                (answer, _) => answer,
            };
        }
        let answer = match call {
            Call::CreateIntent { amount } => self.create(rng, id, amount.amount),
            Call::ConfirmIntent { intent, .. } => self.confirm(rng, intent),
            Call::CancelIntent { intent } => self.cancel(intent),
            Call::GetIntent { intent } => self.tell(intent),
            Call::Refund { intent, amount, .. } => self.refund(rng, intent, amount.amount),
            Call::CaptureIntent { intent, amount } => self.capture(rng, intent, amount.amount),
            Call::RefundRest { intent } => self.refund_rest(rng, intent),
        };
        if !asks {
            self.answers.insert(id, answer.clone());
        }
        answer
    }

    /// Whether an intent is one of the provider's.
    pub fn knows(&self, intent: &IntentId) -> bool {
        self.intents.contains_key(intent)
    }

    /// A customer finishes, or fails, what their bank asks for; a bank cancels an intent.
    pub fn something_happens(&mut self, rng: &mut ChaCha8Rng) {
        let waiting = self.intents.values_mut().filter(|ledger| {
            matches!(ledger.intent.status, IntentStatus::RequiresAction | IntentStatus::Processing)
        });
        let waiting: Vec<_> = waiting.collect();
        if waiting.is_empty() {
            return;
        }
        let at = rng.random_range(0..waiting.len());
        let intent = &mut waiting.into_iter().nth(at).expect("one of them").intent;
        decide(rng, intent);
    }

    fn create(&mut self, rng: &mut ChaCha8Rng, id: EffectId, amount: i64) -> CallResult {
        if rng.random_bool(0.04) {
            return CallResult::Refused { code: "amount_too_small".to_owned() };
        }
        let lives = |ledger: &Ledger| ledger.intent.status != IntentStatus::Canceled;
        let second = self.intents.values().any(|it| it.order == id.order && lives(it));
        assert!(!second, "{}: a second intent beside one that could succeed", id.order);
        let name = IntentId(format!("pi_{}", self.intents.len()));
        let intent = Intent {
            id: name.clone(),
            status: IntentStatus::RequiresPaymentMethod,
            amount,
            capturable: 0,
            received: 0,
            decline: None,
            capture_before: None,
        };
        self.intents.insert(name.clone(), Ledger { order: id.order, intent, refunded: 0 });
        self.tell(&name)
    }

    fn confirm(&mut self, rng: &mut ChaCha8Rng, id: &IntentId) -> CallResult {
        let intent = &mut self.known(id).intent;
        let open = [IntentStatus::RequiresPaymentMethod, IntentStatus::RequiresConfirmation];
        if !open.contains(&intent.status) || rng.random_bool(0.05) {
            return CallResult::Refused { code: "payment_intent_unexpected_state".to_owned() };
        }
        match rng.random_range(0..10) {
            0 => intent.status = IntentStatus::RequiresAction,
            1 => intent.status = IntentStatus::Processing,
            _ => decide(rng, intent),
        }
        self.tell(id)
    }

    fn cancel(&mut self, id: &IntentId) -> CallResult {
        let intent = &mut self.known(id).intent;
        match intent.status {
            IntentStatus::Succeeded | IntentStatus::Processing => {
                let code = "payment_intent_unexpected_state".to_owned();
                return CallResult::Refused { code };
            }
            _ => {
                intent.status = IntentStatus::Canceled;
                intent.capturable = 0;
            }
        }
        self.tell(id)
    }

    fn refund(&mut self, rng: &mut ChaCha8Rng, id: &IntentId, amount: i64) -> CallResult {
        let ledger = self.known(id);
        let free = ledger.intent.received - ledger.refunded;
        if amount > free || rng.random_bool(0.05) {
            return CallResult::Refused { code: "refund_failed".to_owned() };
        }
        ledger.refunded += amount;
        if rng.random_bool(0.2) { CallResult::RefundPending } else { CallResult::Refunded }
    }

    fn refund_rest(&mut self, rng: &mut ChaCha8Rng, id: &IntentId) -> CallResult {
        let ledger = self.known(id);
        let left = ledger.intent.received - ledger.refunded;
        match left {
            0 => CallResult::Refused { code: "charge_already_refunded".to_owned() },
            left => self.refund(rng, id, left),
        }
    }

    /// A refund that was on its way has arrived, or failed, or neither.
    fn bank_decides(
        &mut self,
        rng: &mut ChaCha8Rng,
        id: EffectId,
        intent: &IntentId,
        amount: i64,
    ) -> CallResult {
        let answer = match rng.random_range(0..10) {
            0 => CallResult::Refused { code: "expired_or_canceled_card".to_owned() },
            1..4 => CallResult::RefundPending,
            _ => CallResult::Refunded,
        };
        if matches!(answer, CallResult::Refused { .. }) {
            self.known(intent).refunded -= amount;
        }
        self.answers.insert(id, answer.clone());
        answer
    }

    fn capture(&mut self, rng: &mut ChaCha8Rng, id: &IntentId, amount: i64) -> CallResult {
        let intent = &mut self.known(id).intent;
        if intent.status == IntentStatus::RequiresCapture {
            match rng.random_range(0..30) {
                0..2 => {
                    return CallResult::Refused { code: "charge_expired_for_capture".to_owned() };
                }
                2..4 => intent.status = IntentStatus::Canceled,
                _ => {
                    assert!(amount <= intent.capturable, "more than was authorized");
                    intent.status = IntentStatus::Succeeded;
                    intent.received = amount;
                }
            }
            intent.capturable = 0;
        }
        self.tell(id)
    }

    fn tell(&self, id: &IntentId) -> CallResult {
        CallResult::Intent(self.intents[id].intent.clone())
    }

    fn known(&mut self, id: &IntentId) -> &mut Ledger {
        self.intents.get_mut(id).expect("an intent that was created here")
    }
}

/// The bank says yes, no, or never again.
fn decide(rng: &mut ChaCha8Rng, intent: &mut Intent) {
    match rng.random_range(0..10) {
        0..6 => {
            intent.status = IntentStatus::RequiresCapture;
            intent.capturable = intent.amount;
            intent.decline = None;
            intent.capture_before = rng.random_bool(0.9).then_some(CAPTURE_BEFORE_MS);
        }
        6 => {
            intent.status = IntentStatus::Succeeded;
            intent.received = intent.amount;
            intent.decline = None;
        }
        7 => intent.status = IntentStatus::Canceled,
        number => {
            intent.status = IntentStatus::RequiresPaymentMethod;
            let code = "card_declined".to_owned();
            intent.decline = Some(Decline { code, is_final: number == 9 });
        }
    }
}
