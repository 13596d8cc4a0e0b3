//! The time of a run, which a test can replace.

use std::time::{Duration, Instant};

/// Time since the run began.
pub(crate) trait Clock: Clone + Send + 'static {
    /// How long the run has been going on.
    fn now(&self) -> Duration;
    /// Waits until the run has been going on for so long.
    fn wait_until(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// The time on the wall.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WallClock {
    begun: Instant,
}

impl WallClock {
    /// A run that begins now.
    pub(crate) fn start() -> Self {
        Self { begun: Instant::now() }
    }
}

impl Clock for WallClock {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    async fn wait_until(&self, time: Duration) {
        tokio::time::sleep_until((self.begun + time).into()).await;
    }
}
