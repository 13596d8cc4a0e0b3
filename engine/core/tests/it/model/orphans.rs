//! Intents that no order knows, as after a restore: none keeps anybody's money.

use engine_core::payment::{Intent, IntentId, IntentStatus, Orphan};
use engine_core::{Command, NotePaymentEvent, OrderId, ReconcileIntent, Slot, read};
use rand::Rng;

use super::provider::Ledger;
use super::world::World;

impl World {
    /// The provider has an intent of ours that no order knows, and says so one way or the other.
    pub fn leave_orphan(&mut self) {
        let number = self.orphans.len();
        let (slot, hash) = (Slot(self.rng.random_range(0..4_096)), 1_000_000 + number as u128);
        let order = OrderId { slot, hash };
        let id = IntentId(format!("pi_orphan_{number}"));
        let amount = self.rng.random_range(1..1_000);
        let captured = self.rng.random_bool(0.5);
        let status = match self.rng.random_range(0..4) {
            _ if captured => IntentStatus::Succeeded,
            0 => IntentStatus::RequiresAction,
            _ => IntentStatus::RequiresCapture,
        };
        let reserved = status == IntentStatus::RequiresCapture;
        let intent = Intent {
            id: id.clone(),
            status,
            amount,
            capturable: if reserved { amount } else { 0 },
            received: if captured { amount } else { 0 },
            decline: None,
            capture_before: None,
        };
        let received = intent.received;
        self.provider.intents.insert(id.clone(), Ledger { order, intent, refunded: 0 });
        self.orphans.push(id.clone());
        let command = match self.rng.random_bool(0.5) {
            true => Command::NotePaymentEvent(NotePaymentEvent {
                event: 1_000_000 + number as u128,
                order,
                intent: id,
                status,
            }),
            false => {
                let at_once = self.rng.random_bool(0.5);
                let listed = ReconcileIntent { order, intent: id, status, received, at_once };
                Command::ReconcileIntent(listed)
            }
        };
        self.propose(self.model.home(order), command);
    }

    /// Orphans of which something is to become yet. About what the provider never had nothing will.
    pub fn orphans_left(&self) -> Vec<Orphan> {
        let rows = |shard| read::orphans(self.shop.rows(shard), None, usize::MAX).unwrap();
        let all = self.shop.shards().iter().flat_map(|shard| rows(*shard)).collect::<Vec<_>>();
        let left = |it: &Orphan| !it.state.is_over() && self.provider.knows(&it.intent);
        all.into_iter().filter(left).collect()
    }

    pub fn orphans_pend(&self) -> bool {
        !self.orphans_left().is_empty()
    }

    /// Nothing is reserved and nothing was kept.
    pub fn compare_orphans(&self) {
        for id in &self.orphans {
            let Ledger { intent, refunded, .. } = &self.provider.intents[id];
            let kept = (intent.capturable, intent.received - refunded);
            assert_eq!(kept, (0, 0), "{intent:?}, {refunded} back");
        }
    }
}
