//! Reading rows: the same on RocksDB, in memory, and on a snapshot of either.

use std::ops::{ControlFlow, Range};

use crate::error::StoreError;

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Whether a visit goes on.
pub type Step = ControlFlow<()>;

/// Rows in the order of their keys. A range with an empty end has no end.
pub trait Rows {
    /// Reads one row.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Shows the rows of a range in order, until it breaks off.
    fn visit(
        &self,
        range: Range<&[u8]>,
        each: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError>;

    /// Reads the last row of a range.
    fn last(&self, range: Range<&[u8]>) -> Result<Option<Row>, StoreError>;

    /// Reads several rows, in the order asked.
    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// Reads the first rows of a range, at most `limit`.
    fn scan(&self, range: Range<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        if limit == 0 {
            return Ok(rows);
        }
        self.visit(range, &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            if rows.len() < limit { Step::Continue(()) } else { Step::Break(()) }
        })?;
        Ok(rows)
    }
}
