//! The handle to a store, whichever way it keeps its rows.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::memory::{Map, Memory};
use crate::options::Options;
use crate::rocks::{Rocks, RocksSnapshot};
use crate::rows::{Row, Rows, Step};

/// One ordered family of rows. Cloning it clones the handle.
///
/// Reads see every finished write. The last handle to go closes the store.
#[derive(Clone)]
pub struct Store(Arc<Backend>);

enum Backend {
    Rocks(Rocks),
    Memory(Memory),
}

/// Whether a store keeps up with its writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Writes wait until files have been compacted.
    pub stopped: bool,
    /// Writes are slowed down.
    pub slowed: bool,
}

impl Store {
    /// Opens the store in a folder, creating it if it is not there.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Backend::Rocks(Rocks::open(path, options)?))))
    }

    /// An empty store in memory: nothing in it outlives its last handle.
    pub fn in_memory() -> Self {
        Self(Arc::new(Backend::Memory(Memory::default())))
    }

    /// Writes a batch, all of it or nothing. It is durable after [`Store::sync_log`] if the store
    /// is logged, else after [`Store::flush`].
    pub fn write(&self, batch: Batch) -> Result<(), StoreError> {
        match &*self.0 {
            Backend::Rocks(rocks) => rocks.write(batch),
            Backend::Memory(memory) => {
                memory.write(batch);
                Ok(())
            }
        }
    }

    /// Makes every write before this call durable, by the write-ahead log. Blocks.
    ///
    /// After an error nobody knows what is on disk: do not call it again, end the process.
    pub fn sync_log(&self) -> Result<(), StoreError> {
        match &*self.0 {
            Backend::Rocks(rocks) => rocks.sync_log(),
            Backend::Memory(_) => Ok(()),
        }
    }

    /// Makes every write before this call durable, as files. Blocks, possibly for long.
    pub fn flush(&self) -> Result<(), StoreError> {
        match &*self.0 {
            Backend::Rocks(rocks) => rocks.flush(),
            Backend::Memory(_) => Ok(()),
        }
    }

    /// Reads from the rows as they are now, whatever is written meanwhile.
    pub fn with_snapshot<R>(&self, read: impl FnOnce(&Snapshot<'_>) -> R) -> R {
        match &*self.0 {
            Backend::Rocks(rocks) => read(&Snapshot(Frozen::Rocks(rocks.snapshot()))),
            Backend::Memory(memory) => read(&Snapshot(Frozen::Memory(memory.freeze()))),
        }
    }

    /// Whether it keeps up with its writes.
    pub fn pressure(&self) -> Pressure {
        match &*self.0 {
            Backend::Rocks(rocks) => Pressure {
                stopped: rocks.property("rocksdb.is-write-stopped") > 0,
                slowed: rocks.property("rocksdb.actual-delayed-write-rate") > 0,
            },
            Backend::Memory(_) => Pressure::default(),
        }
    }
}

/// The rows of a store at one moment.
pub struct Snapshot<'a>(Frozen<'a>);

enum Frozen<'a> {
    Rocks(RocksSnapshot<'a>),
    Memory(Arc<Map>),
}

impl Store {
    fn rows(&self) -> &dyn Rows {
        match &*self.0 {
            Backend::Rocks(rocks) => rocks,
            Backend::Memory(memory) => memory,
        }
    }
}

impl Snapshot<'_> {
    fn rows(&self) -> &dyn Rows {
        match &self.0 {
            Frozen::Rocks(rocks) => rocks,
            Frozen::Memory(map) => &**map,
        }
    }
}

/// Gives a handle the reads of what it stands for.
macro_rules! delegate {
    ($($handle:ty),*) => {$(
        impl Rows for $handle {
            fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
                self.rows().get(key)
            }

            fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
                self.rows().multi_get(keys)
            }

            fn visit(
                &self,
                range: Range<&[u8]>,
                each: &mut dyn FnMut(&[u8], &[u8]) -> Step,
            ) -> Result<(), StoreError> {
                self.rows().visit(range, each)
            }

            fn last(&self, range: Range<&[u8]>) -> Result<Option<Row>, StoreError> {
                self.rows().last(range)
            }
        }
    )*};
}

delegate!(Store, Snapshot<'_>);
