//! Reads and writes the rows of consumers. Nobody else does.

use super::Consumer;
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::ConsumerId;
use crate::keys::{Key, prefixed};
use crate::txn::{Txn, View};

pub(super) fn consumer(txn: &Txn<'_>, id: ConsumerId) -> Result<Option<Consumer>, Fault> {
    txn.read(&Key::Consumer(id))
}

/// The first consumers in the order of their ids.
pub(crate) fn consumers(view: &dyn View, limit: usize) -> Result<Vec<Consumer>, Fault> {
    view.scan(prefixed(b"fc"), limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// Writes a consumer. The feed says nothing of it: its readers do not wait for one another.
pub(super) fn put_consumer(txn: &mut Txn<'_>, consumer: &Consumer) {
    txn.put(&Key::Consumer(consumer.id), consumer);
}

pub(super) fn delete_consumer(txn: &mut Txn<'_>, id: ConsumerId) {
    txn.delete(&Key::Consumer(id));
}
