//! How far somebody has read the feeds of all shards: a text that means the same at every node.
//!
//! It names a position for each shard, neither more nor fewer: log indexes are the same on every
//! replica.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use engine_core::webhook::Position;
use engine_core::{ShardId, Topology};

/// What a cursor begins with.
const MARK: char = 'e';
/// The most digits of an index.
const INDEX_DIGITS_MAX: usize = 19;
/// The longest part of a cursor: a comma, a shard, a colon, an index, a dot, an ordinal.
const PART_CHARS_MAX: usize = 1 + 5 + 1 + INDEX_DIGITS_MAX + 1 + 10;
/// The longest cursor, in characters.
pub const CURSOR_CHARS_MAX: usize = 1 + (Topology::SHARDS_MAX as usize + 1) * PART_CHARS_MAX;

/// The last position that was read of each shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    read: BTreeMap<ShardId, Position>,
}

impl Cursor {
    /// One that stands at these positions.
    pub fn at(read: impl IntoIterator<Item = (ShardId, Position)>) -> Self {
        Self { read: read.into_iter().collect() }
    }

    /// Whether it is about the shards that there are, each of them.
    pub fn fits(&self, topology: Topology) -> bool {
        self.read.keys().copied().eq(topology.groups())
    }

    /// How far a shard was read.
    pub fn of(&self, shard: ShardId) -> Position {
        self.read.get(&shard).copied().unwrap_or_else(|| Position::end_of(0))
    }

    /// Moves on in one shard.
    pub fn advance(&mut self, shard: ShardId, to: Position) {
        self.read.insert(shard, to);
    }

    /// How far each shard was read.
    pub fn positions(&self) -> impl Iterator<Item = (ShardId, Position)> {
        self.read.iter().map(|(shard, position)| (*shard, *position))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}")?;
        for (at, (shard, position)) in self.read.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}", shard.0, position.index)?;
            // Without it, the whole entry was read.
            if position.ordinal != u32::MAX {
                write!(f, ".{}", position.ordinal)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() > CURSOR_CHARS_MAX {
            return Err(());
        }
        let mut read = BTreeMap::new();
        for text in text.strip_prefix(MARK).ok_or(())?.split(',') {
            let (shard, position) = part(text).ok_or(())?;
            if read.insert(shard, position).is_some() {
                return Err(());
            }
        }
        Ok(Self { read })
    }
}

fn part(text: &str) -> Option<(ShardId, Position)> {
    let (shard, at) = text.split_once(':')?;
    let shard = ShardId(digits(shard, 5)?.parse().ok()?);
    let Some((index, ordinal)) = at.split_once('.') else {
        return Some((shard, Position::end_of(digits(at, INDEX_DIGITS_MAX)?.parse().ok()?)));
    };
    let index = digits(index, INDEX_DIGITS_MAX)?.parse().ok()?;
    let ordinal = digits(ordinal, 10)?.parse().ok().filter(|ordinal| *ordinal != u32::MAX)?;
    Some((shard, Position { index, ordinal }))
}

/// A text of digits, and not too many.
fn digits(text: &str, most: usize) -> Option<&str> {
    let good = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_told() {
        let last = Position::end_of(9_999_999_999_999_999_999);
        let inside = Position { index: 7, ordinal: 3 };
        let cursor = Cursor::at([(ShardId(0), inside), (ShardId(256), last)]);
        assert_eq!(cursor.to_string(), "e0:7.3,256:9999999999999999999");
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        assert!(!cursor.fits(Topology { shards: 256 }), "it lacks shards");
        let all = "e0:0,1:0,2:9".parse::<Cursor>();
        assert_eq!(all.map(|all| all.fits(Topology { shards: 2 })), Ok(true));
        for bad in [
            "",
            "e",
            "now",
            "0:1",
            "e0",
            "e0:",
            "e:1",
            "e0:1,",
            "e0:1,0:2",
            "e+1:1",
            "e0:-1",
            "e0:1.",
            "e0:1.x",
            "e0:1.4294967295",
            "e0:1.1.1",
            "e99999:1",
            "ü0:1",
            "e 0:1",
        ] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
