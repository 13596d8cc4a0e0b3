//! When API keys are used: gathered in memory, and noted in the meta group now and then, so that a
//! key that nobody uses can be found and revoked.

use std::collections::HashMap;
use std::time::Duration;

use engine_core::{Command, KeyId, NoteKeyUses, ShardId};
use parking_lot::RwLock;
use tokio::sync::Notify;

use super::By;
use crate::state::AppState;

/// How much later than the one before a use is worth noting, in milliseconds.
const EVERY_MS: u64 = 60_000;
/// How long uses gather before they are noted, in milliseconds.
const GATHER_MS: u64 = 1_000;
/// The most uses in one command.
const USES_MAX: usize = 1_000;

/// The uses that this node has seen.
#[derive(Default)]
pub struct KeyUses {
    /// When each key's use was last worth noting, in Unix milliseconds.
    seen: RwLock<HashMap<KeyId, u64>>,
    /// Those that the meta group does not know yet.
    news: parking_lot::Mutex<HashMap<KeyId, u64>>,
    some: Notify,
}

impl KeyUses {
    /// A key was used.
    pub fn note(&self, key: KeyId, now: u64) {
        let is_old = |last: &u64| now < last.saturating_add(EVERY_MS);
        if self.seen.read().get(&key).is_some_and(is_old) {
            return;
        }
        self.seen.write().insert(key, now);
        self.news.lock().insert(key, now);
        self.some.notify_one();
    }

    /// Tells the meta group, for ever. What cannot be told now is told with the next.
    pub async fn keep_telling(&self, app: &AppState) {
        loop {
            self.some.notified().await;
            tokio::time::sleep(Duration::from_millis(GATHER_MS)).await;
            let news: Vec<_> = std::mem::take(&mut *self.news.lock()).into_iter().collect();
            for uses in news.chunks(USES_MAX) {
                let command = Command::NoteKeyUses(NoteKeyUses { uses: uses.to_vec() });
                if let Err(error) = app.write(By::THE_NODE, ShardId::META, command).await {
                    tracing::debug!(error = error.detail, "uses of keys are not noted yet");
                    let mut news = self.news.lock();
                    uses.iter().for_each(|(key, at)| {
                        news.entry(*key).or_insert(*at);
                    });
                }
            }
        }
    }
}
