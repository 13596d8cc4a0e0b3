//! Writes that happen together or not at all.

use std::ops::Range;

/// One write of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    DeleteRange(Range<Vec<u8>>),
}

/// Writes in the order in which they take effect.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// What every key of the batch begins with: written once, not in every operation.
    pub(crate) prefix: Vec<u8>,
    pub(crate) ops: Vec<Op>,
    bytes: usize,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch whose keys are told without their common beginning.
    pub fn under(prefix: Vec<u8>) -> Self {
        Self { prefix, ..Self::default() }
    }

    /// Writes a row.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.bytes += key.len() + value.len();
        self.ops.push(Op::Put(key, value));
    }

    /// Removes a row, if it is there.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.bytes += key.len();
        self.ops.push(Op::Delete(key));
    }

    /// Removes every row of a range. An empty or inverted range removes nothing.
    pub fn delete_range(&mut self, range: Range<Vec<u8>>) {
        if range.start < range.end {
            self.bytes += range.start.len() + range.end.len();
            self.ops.push(Op::DeleteRange(range));
        }
    }

    /// Whether it would write nothing.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// How many bytes of keys and values it holds.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
