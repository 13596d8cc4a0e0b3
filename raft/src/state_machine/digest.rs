//! The rolling digest of a shard's rows: the same on every replica at the same log index.
//!
//! It covers each entry's writes on their own, in the order of their keys, so it does not depend on
//! how entries are grouped. An entry without writes leaves the value as it is.

use engine_core::Digest;
use xxhash_rust::xxh3::Xxh3;

/// The writes of one entry, taken in one by one.
pub(super) struct Rolling {
    hasher: Option<Box<Xxh3>>,
    before: Digest,
}

impl Rolling {
    pub(super) fn after(before: Digest) -> Self {
        Self { hasher: None, before }
    }

    /// Takes in a write: a value, or a removal.
    pub(super) fn write(&mut self, key: &[u8], value: Option<&[u8]>) {
        let hasher = self.hasher.get_or_insert_with(|| {
            let mut hasher = Box::new(Xxh3::new());
            hasher.update(&self.before.value.to_be_bytes());
            hasher
        });
        hasher.update(&(key.len() as u64).to_be_bytes());
        hasher.update(key);
        // A removal is told from any value by a length that no value has.
        hasher.update(&value.map_or(u64::MAX, |value| value.len() as u64).to_be_bytes());
        hasher.update(value.unwrap_or_default());
    }

    /// The digest after the entry at `index`.
    pub(super) fn finish(self, index: u64) -> Digest {
        let value = self.hasher.map_or(self.before.value, |hasher| hasher.digest());
        Digest { index, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(writes: &[(&[u8], Option<&[u8]>)]) -> u64 {
        let mut rolling = Rolling::after(Digest { index: 6, value: 42 });
        for (key, value) in writes {
            rolling.write(key, *value);
        }
        rolling.finish(7).value
    }

    #[test]
    fn every_difference_shows() {
        let all = [
            digest(&[]),
            digest(&[(b"a", Some(b""))]),
            digest(&[(b"a", None)]),
            digest(&[(b"", Some(b"a"))]),
            digest(&[(b"a", Some(b"b"))]),
            digest(&[(b"a", Some(b"b")), (b"b", None)]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
        assert_eq!(all[0], 42, "an entry without writes changes nothing");
    }
}
