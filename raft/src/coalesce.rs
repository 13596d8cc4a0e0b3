//! One answer for all who asked before it was sought.
//!
//! While an answer is being sought, further askers wait for the next one: an answer is only ever
//! given to those who asked before its search began.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

/// The most askers that wait for one answer.
const ASKERS_MAX: usize = 65_536;

/// Asks once on behalf of many.
pub(crate) struct Coalescer<T> {
    askers: mpsc::Sender<oneshot::Sender<T>>,
}

impl<T: Clone + Send + 'static> Coalescer<T> {
    /// A coalescer, and the work that seeks its answers with `seek` until it is dropped.
    pub fn new<S, F>(seek: S) -> (Self, impl Future<Output = ()> + Send + 'static)
    where
        S: Fn() -> F + Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (askers, mut waiting) = mpsc::channel::<oneshot::Sender<T>>(ASKERS_MAX);
        let work = async move {
            let mut served = Vec::new();
            while waiting.recv_many(&mut served, ASKERS_MAX).await > 0 {
                served.retain(|asker| !asker.is_closed());
                if served.is_empty() {
                    continue;
                }
                let answer = seek().await;
                for asker in served.drain(..) {
                    let _nobody_waits = asker.send(answer.clone());
                }
            }
        };
        (Self { askers }, work)
    }

    /// The next answer whose search begins after this call; nothing when too many wait.
    pub async fn get(self: &Arc<Self>) -> Option<T> {
        let (asker, answer) = oneshot::channel();
        self.askers.try_send(asker).ok()?;
        answer.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn those_who_ask_during_a_search_share_the_next_one() {
        let (searches, gate) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
        let seek = {
            let (searches, gate) = (searches.clone(), gate.clone());
            move || {
                let (searches, gate) = (searches.clone(), gate.clone());
                async move {
                    let number = searches.fetch_add(1, Ordering::SeqCst) + 1;
                    gate.acquire().await.unwrap().forget();
                    number
                }
            }
        };
        let (coalescer, work) = Coalescer::new(seek);
        let coalescer = Arc::new(coalescer);
        tokio::spawn(work);
        let ask = || {
            let coalescer = coalescer.clone();
            tokio::spawn(async move { coalescer.get().await.unwrap() })
        };
        let first = ask();
        while searches.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (0..10).map(|_| ask()).collect();
        tokio::task::yield_now().await;
        gate.add_permits(2);
        assert_eq!(first.await.unwrap(), 1);
        for other in others {
            assert_eq!(other.await.unwrap(), 2);
        }
    }
}
