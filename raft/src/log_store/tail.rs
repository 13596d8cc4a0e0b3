//! The last entries of a log, in memory, up to a bound in bytes.
//!
//! Invariant: the entries are consecutive, and the last of them is the last of the log.

use std::collections::VecDeque;

use crate::types::{Entry, Payload};

/// How many bytes of encoded entries are kept for each shard.
const TAIL_BYTES_MAX: usize = 2 << 20;
/// What an entry takes beside its batch, roughly, in bytes.
const ENTRY_BYTES: usize = 128;

#[derive(Default)]
pub(super) struct Tail {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Tail {
    /// The index of its first entry, if it has any.
    pub(super) fn first(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.log_id.index)
    }

    /// Adds the log's new last entry.
    pub(super) fn push(&mut self, entry: Entry) {
        let index = entry.log_id.index;
        self.truncate(index);
        if self.entries.back().is_some_and(|last| last.log_id.index + 1 != index) {
            *self = Self::default();
        }
        self.bytes += cost(&entry);
        self.entries.push_back(entry);
        while self.bytes > TAIL_BYTES_MAX && self.entries.len() > 1 {
            self.pop_front();
        }
    }

    /// Drops the entries from an index on.
    pub(super) fn truncate(&mut self, from: u64) {
        while let Some(last) = self.entries.pop_back_if(|last| last.log_id.index >= from) {
            self.bytes -= cost(&last);
        }
    }

    /// Drops the entries before an index.
    pub(super) fn purge(&mut self, before: u64) {
        while self.first().is_some_and(|first| first < before) {
            self.pop_front();
        }
    }

    /// The entries from one index, which it must hold, to another (exclusive), as far as they go.
    pub(super) fn range(&self, from: u64, to: u64) -> impl Iterator<Item = &Entry> {
        let first = self.first().unwrap_or(to);
        let at = |index: u64| (index.saturating_sub(first) as usize).min(self.entries.len());
        self.entries.range(at(from)..at(to.max(from)))
    }

    fn pop_front(&mut self) {
        if let Some(first) = self.entries.pop_front() {
            self.bytes -= cost(&first);
        }
    }
}

/// How many bytes an entry counts for.
pub(super) fn cost(entry: &Entry) -> usize {
    match &entry.payload {
        Payload::Normal(batch) => ENTRY_BYTES + batch.bytes().len(),
        Payload::Blank | Payload::Membership(_) => ENTRY_BYTES,
    }
}
