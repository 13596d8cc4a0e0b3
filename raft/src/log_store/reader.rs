//! Reading a log: from its tail in memory, and from disk what lies before that.
//!
//! Invariant: what is returned has no hole; a hole in what should be there is an error.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, ControlFlow, RangeBounds};

use engine_core::codec::decode;
use engine_store::Rows;
use futures::Stream;
use openraft::RaftLogReader;

use super::tail::cost;
use super::{LogStore, State, keys};
use crate::records::EntryRecord;
use crate::types::{Entry, TypeConfig, Vote};

/// How many bytes of entries one read for replication or apply returns, at least one entry.
const READ_BYTES_MAX: usize = 1 << 20;

impl LogStore {
    /// Reads entries from one index to another (exclusive), as far as the log and the bound go.
    fn read(&self, from: u64, to: u64, bytes_max: usize) -> io::Result<Vec<Entry>> {
        let state = self.0.state.read();
        let from = from.max(state.first);
        let to = to.min(state.last.map_or(0, |last| last.index + 1));
        let mut taken = Taken { entries: Vec::new(), bytes: 0, bytes_max };
        if from >= to {
            return Ok(taken.entries);
        }
        let in_memory = state.tail.first().unwrap_or(to);
        if from < in_memory {
            self.read_disk(from, in_memory.min(to), &mut taken)?;
        }
        if !taken.full() {
            self.read_tail(&state, from.max(in_memory), to, &mut taken);
        }
        check(from, &taken.entries)?;
        if taken.entries.is_empty() {
            return Err(io::Error::other(format!("log entry {from} is missing")));
        }
        Ok(taken.entries)
    }

    fn read_tail(&self, state: &State, from: u64, to: u64, taken: &mut Taken) {
        for entry in state.tail.range(from, to) {
            taken.push(entry.clone());
            if taken.full() {
                break;
            }
        }
    }

    fn read_disk(&self, from: u64, to: u64, taken: &mut Taken) -> io::Result<()> {
        let range = keys::entries(self.0.shard, from, to);
        let mut failed = None;
        self.0.store.visit(range.start.as_slice()..range.end.as_slice(), &mut |_, value| {
            match decode::<EntryRecord>(value).and_then(Entry::try_from) {
                Ok(entry) => taken.push(entry),
                Err(fault) => failed = Some(fault),
            }
            if failed.is_some() || taken.full() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        if let Some(fault) = failed {
            return Err(io::Error::other(fault));
        }
        let full = taken.full();
        let next = taken.entries.last().map_or(from, |last| last.log_id.index + 1);
        if next != to && !full {
            return Err(io::Error::other(format!("log entry {next} is missing on disk")));
        }
        Ok(())
    }
}

/// What has been read so far.
struct Taken {
    entries: Vec<Entry>,
    bytes: usize,
    bytes_max: usize,
}

impl Taken {
    fn push(&mut self, entry: Entry) {
        self.bytes = self.bytes.saturating_add(cost(&entry));
        self.entries.push(entry);
    }

    fn full(&self) -> bool {
        self.bytes >= self.bytes_max
    }
}

fn check(from: u64, entries: &[Entry]) -> io::Result<()> {
    for (expected, entry) in (from..).zip(entries) {
        if entry.log_id.index != expected {
            let found = entry.log_id.index;
            let what = format!("log entry {expected} is missing: {found} stands in its place");
            return Err(io::Error::other(what));
        }
    }
    Ok(())
}

fn bounds(range: &impl RangeBounds<u64>) -> (u64, u64) {
    let from = match range.start_bound() {
        Bound::Included(from) => *from,
        Bound::Excluded(before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let to = match range.end_bound() {
        Bound::Included(last) => last.saturating_add(1),
        Bound::Excluded(to) => *to,
        Bound::Unbounded => u64::MAX,
    };
    (from, to)
}

impl RaftLogReader<TypeConfig> for LogStore {
    async fn try_get_log_entries<RB>(&mut self, range: RB) -> io::Result<Vec<Entry>>
    where
        RB: RangeBounds<u64> + Clone + Debug + Send,
    {
        let (from, to) = bounds(&range);
        self.read(from, to, usize::MAX)
    }

    async fn limited_get_log_entries(&mut self, from: u64, to: u64) -> io::Result<Vec<Entry>> {
        self.read(from, to, READ_BYTES_MAX)
    }

    async fn entries_stream<RB>(
        &mut self,
        range: RB,
    ) -> impl Stream<Item = io::Result<Entry>> + Send
    where
        RB: RangeBounds<u64> + Clone + Debug + Send,
    {
        let (next, to) = bounds(&range);
        let ahead = VecDeque::new();
        futures::stream::iter(Portions { log: self.clone(), next, to, ahead })
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.0.state.read().vote)
    }
}

/// Entries read in portions, so that a long way to catch up does not lie in memory at once.
struct Portions {
    log: LogStore,
    next: u64,
    to: u64,
    ahead: VecDeque<Entry>,
}

impl Iterator for Portions {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ahead.is_empty() {
            match self.log.read(self.next, self.to, READ_BYTES_MAX) {
                Ok(entries) => self.ahead = entries.into(),
                Err(error) => {
                    self.next = self.to;
                    return Some(Err(error));
                }
            }
        }
        let entry = self.ahead.pop_front()?;
        self.next = entry.log_id.index + 1;
        Some(Ok(entry))
    }
}
