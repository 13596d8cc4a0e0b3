//! Tells who waits for an order that its row has changed here.
//!
//! Every entry that a replica applies would be a hint, too, but of hundreds a second a waiter needs
//! two or three. A hint may be lost when a snapshot replaces the rows: look now and then anyway.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine_core::OrderId;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Who waits for which order, over all shards of a node.
#[derive(Clone, Default)]
pub(crate) struct OrderWatches(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    /// How many wait, to be read without the lock: most of the time nobody does.
    count: AtomicUsize,
    orders: Mutex<HashMap<OrderId, Vec<Arc<Notify>>>>,
}

/// Watches one order until it is dropped.
pub struct OrderWatch {
    watches: OrderWatches,
    order: OrderId,
    changed: Arc<Notify>,
}

impl OrderWatches {
    /// Watches an order from now on.
    pub fn watch(&self, order: OrderId) -> OrderWatch {
        let changed = Arc::new(Notify::new());
        let mut orders = self.0.orders.lock();
        orders.entry(order).or_default().push(Arc::clone(&changed));
        self.0.count.fetch_add(1, Ordering::SeqCst);
        OrderWatch { watches: self.clone(), order, changed }
    }

    /// Whether anybody waits.
    pub fn any(&self) -> bool {
        self.0.count.load(Ordering::SeqCst) > 0
    }

    /// The rows of these orders have changed, and can be read.
    pub fn changed(&self, changed: &[OrderId]) {
        if !self.any() {
            return;
        }
        let orders = self.0.orders.lock();
        for waiting in changed.iter().filter_map(|order| orders.get(order)) {
            waiting.iter().for_each(|one| one.notify_one());
        }
    }
}

impl OrderWatch {
    /// Waits for a change since the watch began, or since this was waited for last.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Drop for OrderWatch {
    fn drop(&mut self) {
        let mut orders = self.watches.0.orders.lock();
        if let Some(waiting) = orders.get_mut(&self.order) {
            waiting.retain(|one| !Arc::ptr_eq(one, &self.changed));
            if waiting.is_empty() {
                orders.remove(&self.order);
            }
        }
        self.watches.0.count.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use engine_core::Owner;
    use futures::FutureExt as _;

    use super::*;

    fn order(key: &str) -> OrderId {
        OrderId::derive(&Owner::new("cust-1").unwrap(), key, 0, 0)
    }

    #[test]
    fn each_who_waits_hears_of_its_own_order_and_nobody_is_kept() {
        let watches = OrderWatches::default();
        let (first, second) = (watches.watch(order("a")), watches.watch(order("a")));
        let other = watches.watch(order("b"));
        watches.changed(&[order("a"), order("c")]);
        assert_eq!(first.changed().now_or_never(), Some(()), "heard before it was waited for");
        assert_eq!(first.changed().now_or_never(), None, "told once");
        assert_eq!(second.changed().now_or_never(), Some(()));
        assert_eq!(other.changed().now_or_never(), None);
        drop(first);
        watches.changed(&[order("a")]);
        assert_eq!(second.changed().now_or_never(), Some(()));
        drop((second, other));
        assert!(!watches.any());
        assert!(watches.0.orders.lock().is_empty());
    }
}
