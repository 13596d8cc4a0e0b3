//! A gate before or behind the work of calls that change something: they wait until it is opened,
//! or until their caller is gone.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Where calls wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hang {
    /// Nowhere.
    #[default]
    Never,
    /// Before the work: a caller that gives up has done nothing.
    Before,
    /// Behind the work: it is done, and the caller does not hear of it.
    After,
}

/// The gate.
#[derive(Debug, Default)]
pub struct Gate {
    hang: watch::Sender<Hang>,
    waiting: AtomicU64,
}

/// Counts one that waits, also when it is dropped because its caller is gone.
struct Waits<'a>(&'a AtomicU64);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gate {
    /// Opens it, or closes it somewhere.
    pub fn set(&self, hang: Hang) {
        self.hang.send_replace(hang);
    }

    /// How many wait.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Waits while the gate is closed at this place.
    pub async fn pass(&self, place: Hang) {
        let mut hang = self.hang.subscribe();
        if *hang.borrow_and_update() != place {
            return;
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waits = Waits(&self.waiting);
        // The sender is this gate's own.
        let _open = hang.wait_for(|now| *now != place).await;
    }
}
