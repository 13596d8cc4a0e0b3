//! The audit trail over all shards: each shard's rows are in order, and here they become one list.
//!
//! A [`Cursor`] says of each shard how far it was read, not at which time: a row that a shard
//! writes late, or that this replica gets late, is never passed over. Rows are found by time with a
//! search by halves, since a shard's time never runs backwards.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::str::FromStr;

use engine_core::audit::{AuditRow, Who};
use engine_core::{Fault, ShardId, Topology, read};
use raft::ShardView;

use crate::state::AppState;

/// How many rows one page looks at, at most, for those that were asked for.
const LOOKED_AT_MAX: usize = 10_000;
/// How many rows of a shard are read at once.
const ROWS_AT_ONCE: u64 = 32;
/// The longest part of a cursor: a comma, a shard, a colon, a number.
const PART_CHARS_MAX: usize = 1 + 5 + 1 + 19;
/// The longest cursor, in characters.
pub const CURSOR_CHARS_MAX: usize = (Topology::SHARDS_MAX as usize + 1) * PART_CHARS_MAX;

/// In which order rows are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The newest first.
    Newest,
    /// The oldest first: what comes later is at the end, so that one can go on from there.
    Oldest,
}

/// How far each shard was read. Shards that are not in it were not read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// In which order.
    pub sort: Sort,
    /// The number of the last row read.
    read: BTreeMap<ShardId, u64>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Only what this one did.
    pub actor: Option<Who>,
    /// Only what is about the thing of this id.
    pub target: Option<String>,
    /// Only from this time on, in Unix milliseconds.
    pub since: u64,
    /// Only before this time, in Unix milliseconds.
    pub until: u64,
    /// How many rows, at most.
    pub limit: usize,
}

/// One page.
pub struct Page {
    /// The rows, each with its shard and its number there.
    pub rows: Vec<(ShardId, u64, AuditRow)>,
    /// There are more, or more to look at.
    pub has_more: bool,
    /// Where to go on.
    pub cursor: Cursor,
}

impl Cursor {
    /// From the beginning, in one order or the other.
    pub fn start(sort: Sort) -> Self {
        Self { sort, read: BTreeMap::new() }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.sort {
            Sort::Newest => "n",
            Sort::Oldest => "o",
        })?;
        for (at, (shard, number)) in self.read.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}:{number}", shard.0)?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (sort, parts) = text.split_at_checked(1).ok_or(())?;
        let sort = match sort {
            "n" => Sort::Newest,
            "o" => Sort::Oldest,
            _ => return Err(()),
        };
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let part = |part: &str| {
            let (shard, number) = part.split_once(':')?;
            (digits(shard, 5) && digits(number, 19)).then_some(())?;
            // A shard of that number there is not, nor will there be one: it is not read.
            let shard = shard.parse::<u32>().ok()?.min(u32::from(u16::MAX)) as u16;
            Some((ShardId(shard), number.parse().ok()?))
        };
        if text.len() > CURSOR_CHARS_MAX {
            return Err(());
        }
        let read = parts.split(',').map(part).collect::<Option<_>>().ok_or(())?;
        Ok(Self { sort, read })
    }
}

impl AppState {
    /// Reads a page after a cursor. It may touch the disk: call it off the async workers.
    pub fn trail(&self, wanted: &Wanted, after: Cursor) -> Result<Page, Fault> {
        let sort = after.sort;
        let mut readers = Vec::new();
        for shard in self.topology.groups() {
            let start = after.read.get(&shard).copied();
            readers.push(Reader::open(self.view(shard), shard, wanted, (sort, start))?);
        }
        let (mut rows, mut looked_at) = (Vec::new(), 0);
        let mut has_more = true;
        while rows.len() < wanted.limit && looked_at < LOOKED_AT_MAX {
            let Some(reader) = next(&mut readers, sort)? else {
                has_more = false;
                break;
            };
            let Some((number, row)) = reader.waiting.pop_front() else { break };
            reader.read = number;
            looked_at += 1;
            if wanted.includes(&row) {
                rows.push((reader.shard, number, row));
            }
        }
        let has_more = has_more && next(&mut readers, sort)?.is_some();
        let read = readers.iter().map(|reader| (reader.shard, reader.read)).collect();
        Ok(Page { rows, has_more, cursor: Cursor { sort, read } })
    }
}

impl Wanted {
    fn includes(&self, row: &AuditRow) -> bool {
        self.actor.is_none_or(|who| row.actor.who == who)
            && self.target.as_ref().is_none_or(|id| row.is_about(id))
    }
}

/// The shard whose row comes next: of one time the lower shard's first, or last.
fn next(readers: &mut [Reader], sort: Sort) -> Result<Option<&mut Reader>, Fault> {
    for reader in readers.iter_mut() {
        reader.fill(sort)?;
    }
    let waiting = readers.iter_mut().filter(|reader| !reader.waiting.is_empty());
    let key = |reader: &&mut Reader| (reader.waiting.front().map(|(_, row)| row.at), reader.shard);
    Ok(match sort {
        Sort::Oldest => waiting.min_by_key(key),
        Sort::Newest => waiting.min_by_key(|reader| Reverse(key(reader))),
    })
}

/// One shard's rows, read piece by piece.
struct Reader {
    shard: ShardId,
    view: ShardView,
    /// The number of the last row that was told, for the cursor.
    read: u64,
    /// The numbers that have not been fetched: from one to before another.
    left: (u64, u64),
    /// What has been fetched and not told.
    waiting: VecDeque<(u64, AuditRow)>,
}

impl Reader {
    fn open(
        view: ShardView,
        shard: ShardId,
        wanted: &Wanted,
        (sort, start): (Sort, Option<u64>),
    ) -> Result<Self, Fault> {
        let first = read::audit_first_since(&view, wanted.since)?;
        let end = read::audit_first_since(&view, wanted.until)?;
        let (read, left) = match sort {
            Sort::Oldest => {
                let read = start.unwrap_or(0).max(first - 1);
                (read, (read.saturating_add(1), end))
            }
            Sort::Newest => {
                let read = start.unwrap_or(u64::MAX).min(end);
                (read, (first, read))
            }
        };
        Ok(Self { shard, view, read, left, waiting: VecDeque::new() })
    }

    /// Fetches the next rows, if none waits and there are any.
    fn fill(&mut self, sort: Sort) -> Result<(), Fault> {
        let (first, end) = self.left;
        if !self.waiting.is_empty() || first >= end {
            return Ok(());
        }
        match sort {
            Sort::Oldest => {
                let middle = end.min(first + ROWS_AT_ONCE);
                self.waiting.extend(read::audit_rows(&self.view, first, middle)?);
                self.left = (middle, end);
            }
            Sort::Newest => {
                let middle = first.max(end.saturating_sub(ROWS_AT_ONCE));
                self.waiting.extend(read::audit_rows(&self.view, middle, end)?.into_iter().rev());
                self.left = (first, middle);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_told() {
        let read = BTreeMap::from([(ShardId(0), 7), (ShardId(256), 9_999_999_999_999_999_999)]);
        for sort in [Sort::Newest, Sort::Oldest] {
            let cursor = Cursor { sort, read: read.clone() };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "n", "x0:1", "0:1", "n0", "n0:", "n:1", "n0:1,", "n+1:1", "n0:-1", "ü0:1"]
        {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
