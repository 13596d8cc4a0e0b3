//! A node's last moments: hand over, let proposals end, make everything durable, go.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use crate::node::Inner;

/// How long proposals that are under way may take to end.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// How often it is looked whether they have.
const DRAIN_LOOK: Duration = Duration::from_millis(5);

impl Inner {
    /// Stops in good order. Peers take over before anything ends here.
    pub(crate) async fn shutdown(&self) {
        self.hand_over_all().await;
        self.stopping.store(true, Ordering::Release);
        let end = Instant::now() + DRAIN_MAX;
        while self.proposing.load(Ordering::Relaxed) > 0 && Instant::now() < end {
            sleep(DRAIN_LOOK).await;
        }
        self.end().await;
        tracing::info!("stopped");
    }

    /// Stops at once: connections end first, so that peers see what a crash looks like.
    pub(crate) async fn crash(&self) {
        self.stopping.store(true, Ordering::Release);
        self.stop.cancel();
        self.end().await;
    }

    async fn end(&self) {
        let shutdowns = self.groups.values().map(|group| async {
            if let Err(error) = group.raft.shutdown().await {
                tracing::warn!(shard = %group.id, %error, "the replica did not stop cleanly");
            }
        });
        join_all(shutdowns).await;
        self.stop.cancel();
        self.tasks.close();
        if timeout(DRAIN_MAX, self.tasks.wait()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
        let storage = self.storage.lock().take();
        // Its threads end with it, after a last flush.
        if let Err(error) = tokio::task::spawn_blocking(move || drop(storage)).await {
            tracing::warn!(%error, "the storage did not close cleanly");
        }
    }
}
