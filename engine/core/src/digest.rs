//! A rolling digest of every write, so that replicas can tell whether they still agree.

use xxhash_rust::xxh3::Xxh3;

/// The digest after a batch of writes: xxh3 over its keys and values, seeded with the digest
/// before.
///
/// The writes come in key order, as [`crate::Txn::writes`] gives them; a removal differs from an
/// empty value. Lengths go in too, so that bytes cannot move from a key to its value unseen.
pub fn digest_after<'a>(
    previous: u64,
    writes: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
) -> u64 {
    let mut hasher = Xxh3::with_seed(previous);
    for (key, value) in writes {
        hasher.update(&(key.len() as u64).to_le_bytes());
        hasher.update(key);
        // No value is u64::MAX bytes long.
        let length = value.map_or(u64::MAX, |value| value.len() as u64);
        hasher.update(&length.to_le_bytes());
        hasher.update(value.unwrap_or_default());
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(previous: u64, writes: &[(&[u8], Option<&[u8]>)]) -> u64 {
        digest_after(previous, writes.iter().copied())
    }

    #[test]
    fn tells_different_writes_apart() {
        let write = digest(7, &[(b"key", Some(b"value"))]);
        assert_eq!(write, digest(7, &[(b"key", Some(b"value"))]));
        assert_ne!(write, digest(8, &[(b"key", Some(b"value"))]), "what came before counts");
        assert_ne!(write, digest(7, &[(b"keyv", Some(b"alue"))]), "the border counts");
        assert_ne!(write, digest(7, &[(b"key", None)]), "a removal is a write");
        assert_ne!(digest(7, &[(b"key", None)]), digest(7, &[(b"key", Some(b""))]));
    }
}
