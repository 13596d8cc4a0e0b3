//! A page of the feed: the shards' feeds, each in its own order, merged by time.
//!
//! What a replica has applied is committed, and only that is read. Each entry names the one before
//! it: where that is another than the last one read, events were trimmed away, and the reader is
//! told so instead of being let past them.

use std::collections::{BTreeSet, VecDeque};

use engine_core::webhook::{EventType, Notice, Position};
use engine_core::{Fault, ShardId, feed};
use raft::ShardView;

use super::cursor::Cursor;
use super::event::Read;
use crate::state::AppState;

/// How many events one page looks at, at most, for those that were asked for.
const LOOKED_AT_MAX: usize = 10_000;
/// How many entries of a shard are read at once.
const ENTRIES_AT_ONCE: usize = 16;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Only these; all without.
    pub types: Option<BTreeSet<EventType>>,
    /// How many events, at most.
    pub limit: usize,
}

/// One page.
#[derive(Debug)]
pub struct Page {
    /// The events, each with the cursor after it.
    pub events: Vec<(Read, Cursor)>,
    /// There are more, or more to look at.
    pub has_more: bool,
    /// Where to go on.
    pub cursor: Cursor,
}

/// Why there is no page.
#[derive(Debug)]
pub enum Unread {
    /// Events after the cursor are no longer kept; from this one on they are.
    TooOld(Cursor),
    /// The rows cannot be read now.
    Fault(Fault),
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl AppState {
    /// Where all events that are kept come after.
    pub fn oldest_events(&self) -> Result<Cursor, Fault> {
        self.feeds(|head| head.trimmed)
    }

    /// Where all events come after that this node does not know yet.
    pub fn newest_events(&self) -> Result<Cursor, Fault> {
        self.feeds(|head| head.last)
    }

    fn feeds(&self, index: impl Fn(feed::FeedHead) -> u64) -> Result<Cursor, Fault> {
        let at = |shard| Ok((shard, Position::end_of(index(feed::head(&self.view(shard))?))));
        Ok(Cursor::at(self.topology.groups().map(at).collect::<Result<Vec<_>, Fault>>()?))
    }

    /// Reads a page after a cursor. It may touch the disk: call it off the async workers.
    pub fn events(&self, wanted: &Wanted, mut cursor: Cursor) -> Result<Page, Unread> {
        let open = |shard| Reader::open(self.view(shard), shard, cursor.of(shard));
        let mut readers: Vec<Reader> = self.topology.groups().map(open).collect();
        let (mut events, mut looked_at) = (Vec::new(), 0);
        let mut has_more = true;
        while events.len() < wanted.limit && looked_at < LOOKED_AT_MAX {
            let found = next(&mut readers).map_err(|why| self.unread(why, &cursor))?;
            let Some((read, through)) = found else {
                has_more = false;
                break;
            };
            looked_at += 1;
            cursor.advance(read.shard, through);
            if wanted.types.as_ref().is_none_or(|types| types.contains(&read.notice.kind())) {
                events.push((read, cursor.clone()));
            }
        }
        let has_more = has_more && is_more(&mut readers);
        Ok(Page { events, has_more, cursor })
    }

    /// Says where one can go on instead.
    fn unread(&self, why: Broken, cursor: &Cursor) -> Unread {
        let Broken::Fault(fault) = why else {
            let oldest = self.oldest_events();
            return oldest.map_or_else(Unread::Fault, |mut oldest| {
                for (shard, read) in cursor.positions() {
                    oldest.advance(shard, read.max(oldest.of(shard)));
                }
                Unread::TooOld(oldest)
            });
        };
        Unread::Fault(fault)
    }
}

/// Why a shard cannot be read on.
enum Broken {
    /// Entries between the last one and the next were trimmed away.
    Gap,
    Fault(Fault),
}

/// Takes the next event, and where its shard is read through with it: of one time the lower
/// shard's first.
fn next(readers: &mut [Reader]) -> Result<Option<(Read, Position)>, Broken> {
    for reader in readers.iter_mut() {
        reader.fill()?;
    }
    let waiting = readers.iter_mut().filter(|reader| !reader.waiting.is_empty());
    let first = waiting.min_by_key(|it| (it.waiting.front().map(|(read, _)| read.time), it.shard));
    Ok(first.and_then(|reader| reader.waiting.pop_front()))
}

/// Whether there is another event. Where that cannot be said now, who asks for it is told why.
fn is_more(readers: &mut [Reader]) -> bool {
    readers.iter_mut().any(|reader| reader.fill().is_err() || !reader.waiting.is_empty())
}

/// One shard's feed, read piece by piece.
struct Reader {
    shard: ShardId,
    view: ShardView,
    /// How far entries were fetched.
    fetched: Position,
    /// There are no more for now.
    is_done: bool,
    /// What was fetched and not told, each with how far the shard is read with it.
    waiting: VecDeque<(Read, Position)>,
}

impl Reader {
    fn open(view: ShardView, shard: ShardId, fetched: Position) -> Self {
        Self { shard, view, fetched, is_done: false, waiting: VecDeque::new() }
    }

    /// Fetches the next entries, if no event waits and there are any.
    fn fill(&mut self) -> Result<(), Broken> {
        if !self.waiting.is_empty() || self.is_done {
            return Ok(());
        }
        let Position { index, ordinal } = self.fetched;
        // Of an entry that was read in part there is a rest.
        let after = if ordinal == u32::MAX { index } else { index.saturating_sub(1) };
        let entries = feed::entries(&self.view, after, ENTRIES_AT_ONCE).map_err(Broken::Fault)?;
        self.is_done = entries.len() < ENTRIES_AT_ONCE;
        for (index, entry) in entries {
            if is_gap(self.fetched, index, entry.previous) {
                return Err(Broken::Gap);
            }
            let last = entry.events.len().saturating_sub(1);
            for (place, event) in entry.events.iter().enumerate() {
                let at = Position { index, ordinal: u32::try_from(place).unwrap_or(u32::MAX) };
                if at <= self.fetched {
                    continue;
                }
                let through = if place == last { Position::end_of(index) } else { at };
                let notice = Notice::of(event);
                let read = Read { shard: self.shard, at, time: entry.at, notice };
                self.waiting.push_back((read, through));
            }
            self.fetched = Position::end_of(index);
        }
        Ok(())
    }
}

/// Whether between a position and the entry that comes next, which names the one before it, there
/// was another.
fn is_gap(read: Position, index: u64, previous: u64) -> bool {
    index != read.index && Position::end_of(previous) > read && previous > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_an_entry_between() {
        let inside = |index| Position { index, ordinal: 1 };
        assert!(!is_gap(Position::end_of(0), 5, 0), "the first entry of all");
        assert!(is_gap(Position::end_of(0), 9, 5), "the first ones are gone");
        assert!(!is_gap(Position::end_of(5), 9, 5), "read to the end");
        assert!(is_gap(Position::end_of(4), 9, 5), "5 is gone");
        assert!(!is_gap(Position::end_of(7), 9, 5), "there was nothing at 7");
        assert!(!is_gap(inside(9), 9, 5), "the rest of 9 is there");
        assert!(is_gap(inside(5), 9, 5), "the rest of 5 is gone");
        assert!(!is_gap(inside(7), 9, 5), "there was nothing at 7");
    }
}
