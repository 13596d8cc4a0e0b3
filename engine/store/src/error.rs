//! What a store can fail with: few kinds, each of which asks for something else.

use std::path::Path;

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full: free space, then start the node again ({0})")]
    DiskFull(String),
    /// Another process has the folder open.
    #[error("another process has the data folder open: stop it first ({0})")]
    Locked(String),
    /// Bytes on disk are not what was written.
    #[error("the data on disk is damaged: replace this node's disk and folder ({0})")]
    Corrupt(String),
    /// The disk, or RocksDB, failed otherwise.
    #[error("the disk failed: start the node again, or replace its disk and folder ({0})")]
    Failed(String),
}

/// What the operating system says when a disk is full, as RocksDB passes it on.
const NO_SPACE: &str = "No space left on device";
const QUOTA: &str = "Disk quota exceeded";
/// What it says when a folder is gone: in tests, nodes outlive theirs by a moment.
const NO_FILE: &str = "No such file or directory";

impl StoreError {
    /// Reads RocksDB's error. Its kind is coarse: that a disk is full stands in the text alone.
    pub(crate) fn from_rocks(error: &rocksdb::Error) -> Self {
        let text = error.to_string();
        if text.contains(NO_SPACE) || text.contains(QUOTA) {
            return Self::DiskFull(text);
        }
        match error.kind() {
            rocksdb::ErrorKind::Corruption => Self::Corrupt(text),
            _ if text.contains("LOCK") || text.contains("lock hold by") => Self::Locked(text),
            _ => Self::Failed(text),
        }
    }

    /// Reads an error of the file system, saying which file it was.
    pub fn from_io(path: &Path, error: &std::io::Error) -> Self {
        let text = format!("{}: {error}", path.display());
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::DiskFull(text)
            }
            _ => Self::Failed(text),
        }
    }

    /// Whether the disk is full, which freeing space heals.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull(_))
    }

    /// Whether the disk does not do its work, as opposed to having bytes that are wrong, or to a
    /// folder that somebody took away.
    pub fn is_of_the_disk(&self) -> bool {
        match self {
            Self::DiskFull(_) => true,
            Self::Failed(text) => !text.contains(NO_FILE),
            Self::Locked(_) | Self::Corrupt(_) => false,
        }
    }
}

impl From<StoreError> for engine_core::Fault {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<StoreError> for std::io::Error {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::DiskFull(_) => std::io::ErrorKind::StorageFull,
            StoreError::Locked(_) => std::io::ErrorKind::ResourceBusy,
            StoreError::Corrupt(_) => std::io::ErrorKind::InvalidData,
            StoreError::Failed(_) => std::io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::StoreError;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let path = std::path::Path::new("x");
        assert!(StoreError::from_io(path, &full).is_disk_full());
        let other = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert!(!StoreError::from_io(path, &other).is_disk_full());
        assert!(StoreError::from_io(path, &other).is_of_the_disk());
        assert!(!StoreError::Corrupt(String::new()).is_of_the_disk());
        let back = std::io::Error::from(StoreError::from_io(path, &full));
        assert_eq!(back.kind(), std::io::ErrorKind::StorageFull);
    }
}
