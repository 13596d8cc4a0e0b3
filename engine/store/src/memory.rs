//! Rows in memory, for tests: a snapshot is the map as it was, copied when it is next written.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::batch::{Batch, Op};
use crate::error::StoreError;
use crate::rows::{Row, Rows, Step};

/// The rows at one moment.
pub(crate) type Map = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Default)]
pub(crate) struct Memory(RwLock<Arc<Map>>);

impl Memory {
    /// The rows as they are now; later writes do not change them.
    pub(crate) fn freeze(&self) -> Arc<Map> {
        Arc::clone(&self.read())
    }

    fn read(&self) -> RwLockReadGuard<'_, Arc<Map>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self, batch: Batch) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let map = Arc::make_mut(&mut map);
        let whole = |key: Vec<u8>| [batch.prefix.as_slice(), &key].concat();
        for op in batch.ops {
            match op {
                Op::Put(key, value) => {
                    map.insert(whole(key), value);
                }
                Op::Delete(key) => {
                    map.remove(&whole(key));
                }
                Op::DeleteRange(range) => {
                    let range = whole(range.start)..whole(range.end);
                    map.retain(|key, _| !range.contains(key));
                }
            }
        }
    }
}

impl Rows for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Rows::get(&**self.read(), key)
    }

    fn visit(
        &self,
        range: Range<&[u8]>,
        each: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        self.read().visit(range, each)
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<Row>, StoreError> {
        self.read().last(range)
    }
}

impl Rows for Map {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(BTreeMap::get(self, key).cloned())
    }

    fn visit(
        &self,
        range: Range<&[u8]>,
        each: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        for (key, value) in within(self, range) {
            if each(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<Row>, StoreError> {
        Ok(within(self, range).next_back().map(|(key, value)| (key.clone(), value.clone())))
    }
}

fn within<'a>(
    map: &'a Map,
    range: Range<&[u8]>,
) -> std::collections::btree_map::Range<'a, Vec<u8>, Vec<u8>> {
    let end = match range.end {
        [] => Bound::Unbounded,
        end => Bound::Excluded(end.max(range.start)),
    };
    map.range::<[u8], _>((Bound::Included(range.start), end))
}
