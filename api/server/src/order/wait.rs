//! `Prefer: wait=N`: answers once the payment is decided, or the seconds are over.

use std::time::Duration;

use engine_core::order::Order;
use engine_core::payment::PaymentState;
use engine_core::read::{self, Whose};
use tokio::time::{Instant, timeout_at};

use super::Placed;
use crate::consistency::Seen;
use crate::errors::Error;
use crate::state::AppState;

/// The longest wait, in seconds.
pub const WAIT_S_MAX: u32 = 60;
/// How often a waiter looks without a hint, in milliseconds: hints may be lost.
const LOOK_EVERY_MS: u64 = 200;

/// Nothing more happens to the payment without the customer.
fn decided(order: &Order) -> bool {
    match order.payment.state {
        PaymentState::IntentCreating
        | PaymentState::Confirming
        | PaymentState::Replacing
        | PaymentState::Unknown => false,
        PaymentState::IntentReady => order.payment.method.is_none(),
        _ => true,
    }
}

impl AppState {
    /// Waits for the payment. A change of the order's row is a hint to look again.
    pub async fn wait_decided(&self, placed: Placed, seconds: u32) -> Result<Placed, Error> {
        let until = Instant::now() + Duration::from_secs(u64::from(seconds.min(WAIT_S_MAX)));
        let shard = self.topology.of_order(placed.order.id);
        let watch = self.node.watch_order(placed.order.id);
        let mut placed = placed;
        while !decided(&placed.order) && !self.is_stopping() {
            let index = self.node.position(shard).index;
            let order = read::order(&self.view(shard), placed.order.id, &Whose::Anybody);
            let order = order.map_err(Error::fault)?;
            if let Some(order) = order.filter(|order| order.version > placed.order.version) {
                let seen = placed.seen.and(Seen::write(shard, index));
                placed = Placed { order: Box::new(order), seen, ..placed };
                continue;
            }
            let now = Instant::now();
            if now >= until {
                break;
            }
            let look = until.min(now + Duration::from_millis(LOOK_EVERY_MS));
            let _hint = timeout_at(look, watch.changed()).await;
        }
        Ok(placed)
    }
}
