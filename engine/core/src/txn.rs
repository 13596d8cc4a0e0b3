//! A write set over committed state: reads see the writes before them.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::codec::{Record, decode, encode};
use crate::fault::Fault;
use crate::keys::Key;

/// Committed rows of one shard, as of one log id.
pub trait View {
    /// Reads one row.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault>;
    /// Reads the first rows of a range, in key order.
    fn scan(&self, range: Range<Vec<u8>>, limit: usize) -> Result<Vec<Row>, Fault>;
}

impl dyn View + '_ {
    /// Reads and decodes one row.
    pub fn read<R: Record>(&self, key: &Key) -> Result<Option<R>, Fault> {
        self.get(&key.encode())?.map(|bytes| decode(&bytes)).transpose()
    }
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);
/// A staged value, or a removal.
pub type Write = Option<Vec<u8>>;
/// A key, what it named before, and what it names now.
pub(crate) type Changed<'a> = (&'a [u8], Option<Vec<u8>>, Option<&'a [u8]>);

/// The writes of one batch, not yet committed.
pub struct Txn<'a> {
    view: &'a dyn View,
    writes: BTreeMap<Vec<u8>, Write>,
    undo: Vec<(Vec<u8>, Option<Write>)>,
}

impl<'a> Txn<'a> {
    /// Starts an empty write set.
    pub fn new(view: &'a dyn View) -> Self {
        Self { view, writes: BTreeMap::new(), undo: Vec::new() }
    }

    /// The staged writes, in key order.
    pub fn into_writes(self) -> impl Iterator<Item = (Vec<u8>, Write)> {
        self.writes.into_iter()
    }

    /// The staged writes, in key order, without ending the transaction.
    pub fn writes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.writes.iter().map(|(key, write)| (key.as_slice(), write.as_deref()))
    }

    /// Stages a row.
    pub(crate) fn put<R: Record>(&mut self, key: &Key, record: &R) {
        self.stage(key.encode(), Some(encode(record)));
    }

    /// Stages a row that says all it has to say by being there.
    pub(crate) fn put_empty(&mut self, key: &Key) {
        self.stage(key.encode(), Some(Vec::new()));
    }

    /// Stages a row that is encoded already.
    pub(crate) fn put_raw(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.stage(key, Some(value));
    }

    /// Stages a removal.
    pub(crate) fn delete(&mut self, key: &Key) {
        self.delete_raw(key.encode());
    }

    /// Stages a removal of a row found by a scan.
    pub(crate) fn delete_raw(&mut self, key: Vec<u8>) {
        self.stage(key, None);
    }

    /// Reads and decodes one row.
    pub(crate) fn read<R: Record>(&self, key: &Key) -> Result<Option<R>, Fault> {
        self.read_with(key, decode)
    }

    /// Says whether a row is there.
    pub(crate) fn has(&self, key: &Key) -> Result<bool, Fault> {
        Ok(self.get(&key.encode())?.is_some())
    }

    /// Reads one row and makes something of its bytes.
    pub(crate) fn read_with<T>(
        &self,
        key: &Key,
        make: impl FnOnce(&[u8]) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let key = key.encode();
        match self.writes.get(&key) {
            Some(write) => write.as_deref().map(make).transpose(),
            None => self.view.get(&key)?.as_deref().map(make).transpose(),
        }
    }

    /// From here on, [`Txn::rollback`] undoes. There is one savepoint at a time.
    pub(crate) fn savepoint(&mut self) {
        self.undo.clear();
    }

    /// Undoes what was staged since the savepoint.
    pub(crate) fn rollback(&mut self) {
        for (key, before) in self.undo.drain(..).rev() {
            match before {
                Some(write) => self.writes.insert(key, write),
                None => self.writes.remove(&key),
            };
        }
    }

    /// The rows among those wanted that were staged since the savepoint, in key order.
    pub(crate) fn changes(
        &self,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<Changed<'_>>, Fault> {
        let mut first: BTreeMap<&[u8], &Option<Write>> = BTreeMap::new();
        for (key, before) in self.undo.iter().filter(|(key, _)| wanted(key)) {
            first.entry(key).or_insert(before);
        }
        let changed = first.into_iter().map(|(key, before)| {
            let before = match before {
                Some(write) => write.clone(),
                None => self.view.get(key)?,
            };
            Ok((key, before, self.writes.get(key).and_then(Option::as_deref)))
        });
        changed.collect()
    }

    fn stage(&mut self, key: Vec<u8>, write: Write) {
        let before = self.writes.insert(key.clone(), write);
        self.undo.push((key, before));
    }
}

impl View for Txn<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        match self.writes.get(key) {
            Some(write) => Ok(write.clone()),
            None => self.view.get(key),
        }
    }

    fn scan(&self, range: Range<Vec<u8>>, limit: usize) -> Result<Vec<Row>, Fault> {
        if range.start >= range.end {
            return Ok(Vec::new());
        }
        let staged = self.writes.range(range.clone());
        let hidden = staged.clone().filter(|(_, write)| write.is_none()).count();
        let mut rows: BTreeMap<_, _> =
            self.view.scan(range, limit.saturating_add(hidden))?.into_iter().collect();
        for (key, write) in staged {
            match write {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().take(limit).collect())
    }
}
