//! What earlier first pages were answered from, kept for the pages after them.
//!
//! A page after the first is answered from the very products and settings that the first one saw,
//! so the pages agree while products change: nothing is on two of them, nothing on none. A pin is
//! named in the cursor. It is kept for [`PIN_MS`] after it was last used; when there are more than
//! [`PINS_MAX`], the one that was not used for longest goes. Names are drawn anew by each process:
//! no other index knows them.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::settings::Compiled;
use crate::snapshot::Snapshot;

/// How long the pages after a first one can be asked for, since the last that was, in milliseconds.
pub const PIN_MS: u64 = 60_000;
/// The most states of the index that are kept for such pages.
pub const PINS_MAX: usize = 64;

/// A state of the index: what a search is answered from, beside the stock.
#[derive(Clone)]
pub(crate) struct Seen {
    /// Its name, in cursors.
    pub(crate) name: u64,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) settings: Arc<Compiled>,
}

/// The states that are kept.
pub(crate) struct Pins(Mutex<Inner>);

struct Inner {
    next: u64,
    kept: HashMap<u64, (Seen, Instant)>,
}

impl Default for Pins {
    fn default() -> Self {
        let next = RandomState::new().hash_one("pins");
        Self(Mutex::new(Inner { next, kept: HashMap::new() }))
    }
}

impl Pins {
    /// The state that a first page is to be answered from, under the name that it has if it is
    /// kept already.
    pub(crate) fn first(&self, snapshot: Arc<Snapshot>, settings: Arc<Compiled>) -> Seen {
        let mut inner = self.0.lock();
        let same = |seen: &&Seen| {
            Arc::ptr_eq(&seen.snapshot, &snapshot) && Arc::ptr_eq(&seen.settings, &settings)
        };
        if let Some(seen) = inner.kept.values().map(|(seen, _)| seen).find(same) {
            return seen.clone();
        }
        let name = inner.next;
        inner.next = name.wrapping_add(1);
        Seen { name, snapshot, settings }
    }

    /// The state of this name, if it is kept.
    pub(crate) fn later(&self, name: u64) -> Option<Seen> {
        let mut inner = self.0.lock();
        inner.forget_old();
        inner.kept.get(&name).map(|(seen, _)| seen.clone())
    }

    /// Keeps a state from now on.
    pub(crate) fn keep(&self, seen: Seen) {
        let mut inner = self.0.lock();
        inner.kept.insert(seen.name, (seen, Instant::now()));
        if inner.kept.len() > PINS_MAX {
            let oldest = inner.kept.iter().min_by_key(|(_, (_, used_at))| *used_at);
            let oldest = oldest.map(|(name, _)| *name);
            oldest.map(|name| inner.kept.remove(&name));
        }
    }

    /// Lets go of what was not used for long.
    pub(crate) fn forget_old(&self) {
        self.0.lock().forget_old();
    }
}

impl Inner {
    fn forget_old(&mut self) {
        let kept = Duration::from_millis(PIN_MS);
        self.kept.retain(|_, (_, used_at)| used_at.elapsed() < kept);
    }
}
