//! `Prefer: wait=N`: answers once the payment is decided, or the seconds are over. So does whoever
//! asked other shards for something, and waits for their answers.

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
        let Placed { order, replayed, seen } = placed;
        let (order, seen) = self.wait_order(*order, seen, seconds, decided).await?;
        Ok(Placed { order: Box::new(order), replayed, seen })
    }

    /// Waits until an order is as it should be, or the seconds are over.
    pub async fn wait_order(
        &self,
        order: Order,
        seen: Seen,
        seconds: u32,
        decided: impl Fn(&Order) -> bool,
    ) -> Result<(Order, Seen), Error> {
        let until = Instant::now() + Duration::from_secs(u64::from(seconds.min(WAIT_S_MAX)));
        let shard = self.topology.of_order(order.id);
        let watch = self.node.watch_order(order.id);
        let (mut order, mut seen) = (order, seen);
        while !decided(&order) && !self.is_stopping() {
            let index = self.node.position(shard).index;
            let now = read::order(&self.view(shard), order.id, &Whose::Anybody);
            let now = now.map_err(Error::fault)?;
            if let Some(now) = now.filter(|now| now.version > order.version) {
                (order, seen) = (now, seen.and(Seen::write(shard, index)));
                continue;
            }
            let now = Instant::now();
            if now >= until {
                break;
            }
            let look = until.min(now + Duration::from_millis(LOOK_EVERY_MS));
            let _hint = timeout_at(look, watch.changed()).await;
        }
        Ok((order, seen))
    }
}
