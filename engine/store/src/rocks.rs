//! Rows in RocksDB: one database, one column family, so that every batch is atomic on disk even
//! without a write-ahead log.

use std::ops::Range;
use std::path::{Path, PathBuf};

use rocksdb::{DB, DBAccess, DBRawIteratorWithThreadMode, ReadOptions, WriteBatch, WriteOptions};

use crate::batch::{Batch, Op};
use crate::error::StoreError;
use crate::options::Options;
use crate::rows::{Row, Rows, Step};

/// What an operation takes beside its key and value, roughly, in bytes.
const OP_BYTES: usize = 24;

pub(crate) struct Rocks {
    db: DB,
    path: PathBuf,
    logged: bool,
    on_disk_error: fn(&Path, &StoreError),
}

impl Rocks {
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let db = DB::open(&options.to_rocks(), path).map_err(|e| StoreError::from_rocks(&e))?;
        let Options { logged, on_disk_error, .. } = *options;
        Ok(Self { db, path: path.to_owned(), logged, on_disk_error })
    }

    pub(crate) fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let mut writes =
            WriteBatch::with_capacity_bytes(batch.bytes() + OP_BYTES * batch.ops.len());
        let (prefix, mut first, mut second) = (&batch.prefix, Vec::new(), Vec::new());
        for op in &batch.ops {
            match op {
                Op::Put(key, value) => writes.put(whole(prefix, key, &mut first), value),
                Op::Delete(key) => writes.delete(whole(prefix, key, &mut first)),
                Op::DeleteRange(range) => {
                    let start = whole(prefix, &range.start, &mut first);
                    writes.delete_range(start, whole(prefix, &range.end, &mut second));
                }
            }
        }
        let mut options = WriteOptions::default();
        options.disable_wal(!self.logged);
        self.db.write_opt(writes, &options).map_err(|e| self.not_written(&e))
    }

    pub(crate) fn sync_log(&self) -> Result<(), StoreError> {
        self.db.flush_wal(true).map_err(|e| self.not_written(&e))
    }

    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|e| self.not_written(&e))
    }

    fn not_written(&self, error: &rocksdb::Error) -> StoreError {
        let error = StoreError::from_rocks(error);
        if error.is_of_the_disk() {
            (self.on_disk_error)(&self.path, &error);
        }
        error
    }

    /// A number that RocksDB keeps about itself; 0 if it does not know.
    pub(crate) fn property(&self, name: &str) -> u64 {
        self.db.property_int_value(name).ok().flatten().unwrap_or(0)
    }

    pub(crate) fn snapshot(&self) -> RocksSnapshot<'_> {
        RocksSnapshot(self.db.snapshot())
    }
}

impl Rows for Rocks {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get(key).map_err(|e| StoreError::from_rocks(&e))
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let rows = self.db.multi_get(keys).into_iter();
        rows.map(|row| row.map_err(|e| StoreError::from_rocks(&e))).collect()
    }

    fn visit(
        &self,
        range: Range<&[u8]>,
        each: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        forward(self.db.raw_iterator_opt(bounded(&range)), each)
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<Row>, StoreError> {
        backward(self.db.raw_iterator_opt(bounded(&range)))
    }
}

/// The rows at one moment.
pub(crate) struct RocksSnapshot<'a>(rocksdb::Snapshot<'a>);

impl Rows for RocksSnapshot<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key).map_err(|e| StoreError::from_rocks(&e))
    }

    fn visit(
        &self,
        range: Range<&[u8]>,
        each: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        forward(self.0.raw_iterator_opt(bounded(&range)), each)
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<Row>, StoreError> {
        backward(self.0.raw_iterator_opt(bounded(&range)))
    }
}

/// A key with what all keys of its batch begin with, put together in a buffer.
fn whole<'a>(prefix: &[u8], key: &'a [u8], buffer: &'a mut Vec<u8>) -> &'a [u8] {
    if prefix.is_empty() {
        return key;
    }
    buffer.clear();
    buffer.extend(prefix);
    buffer.extend(key);
    buffer
}

/// Both bounds, so that an iterator never walks over what was deleted outside of the range.
fn bounded(range: &Range<&[u8]>) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_lower_bound(range.start);
    if !range.end.is_empty() {
        options.set_iterate_upper_bound(range.end.max(range.start));
    }
    options
}

fn forward<D: DBAccess>(
    mut rows: DBRawIteratorWithThreadMode<'_, D>,
    each: &mut dyn FnMut(&[u8], &[u8]) -> Step,
) -> Result<(), StoreError> {
    rows.seek_to_first();
    while let Some((key, value)) = rows.item() {
        if each(key, value).is_break() {
            return Ok(());
        }
        rows.next();
    }
    rows.status().map_err(|e| StoreError::from_rocks(&e))
}

fn backward<D: DBAccess>(
    mut rows: DBRawIteratorWithThreadMode<'_, D>,
) -> Result<Option<Row>, StoreError> {
    rows.seek_to_last();
    let last = rows.item().map(|(key, value)| (key.to_vec(), value.to_vec()));
    rows.status().map_err(|e| StoreError::from_rocks(&e))?;
    Ok(last)
}
