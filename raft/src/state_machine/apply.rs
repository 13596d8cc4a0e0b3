//! One log entry becomes one batch of rows.
//!
//! The digest is taken over each entry's writes on its own, so it does not depend on how openraft
//! groups the entries that it hands over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use engine_core::codec::encode;
use engine_core::outbox::{self, EffectId};
use engine_core::{Applied, Digest, Fault, OrderId, Txn, digest_after, read};
use engine_store::Batch;

use super::{Position, StateMachine, keys};
use crate::records::StoredMembershipRecord;
use crate::types::{Entry, Payload, SharedBatch, StoredMembership};

/// What others want to know of an entry's writes.
#[derive(Default)]
struct Told {
    /// The calls to the provider that it orders.
    calls: Vec<EffectId>,
    /// The orders that it changes, if anybody waits for one.
    orders: Vec<OrderId>,
}

impl StateMachine {
    /// Applies an entry, commits its rows, and publishes how far the replica has come.
    pub(super) fn apply_entry(&mut self, entry: &Entry) -> Result<Vec<Applied>, Fault> {
        let index = entry.log_id.index;
        let began = Instant::now();
        let mut position = Position {
            last: Some(entry.log_id),
            members: self.position.members.clone(),
            digest: Digest { index, ..self.position.digest },
        };
        let mut writes = Batch::under(keys::prefix(self.shard.id));
        let (mut applied, mut told) = (Vec::new(), Told::default());
        match &entry.payload {
            Payload::Blank => {}
            Payload::Normal(batch) => {
                let digest = &mut position.digest;
                (applied, told) = self.apply_batch(batch, &mut writes, digest)?;
            }
            Payload::Membership(membership) => {
                position.members = StoredMembership::new(Some(entry.log_id), membership.clone());
                let record = StoredMembershipRecord::from(&position.members);
                writes.put(keys::MEMBERS.to_vec(), encode(&record));
            }
        }
        writes.put(keys::APPLIED.to_vec(), encode(&position.applied()));
        self.common.store.write(writes)?;
        self.replica.hint(told.calls);
        self.replica.advance(position.digest);
        self.common.orders.changed(&told.orders);
        self.position = position;
        metrics::histogram!("stoa_raft_apply_seconds").record(began.elapsed());
        if !applied.is_empty() {
            self.common.feed.send_modify(|count| *count += 1);
        }
        Ok(applied)
    }

    /// Runs the core on a batch and gathers its writes, and what to tell once they are there.
    fn apply_batch(
        &self,
        batch: &SharedBatch,
        writes: &mut Batch,
        digest: &mut Digest,
    ) -> Result<(Vec<Applied>, Told), Fault> {
        if let Some(theirs) = batch.digest {
            self.replica.compare(theirs)?;
        }
        let mut txn = Txn::new(&self.view);
        let run =
            AssertUnwindSafe(|| engine_core::apply(&mut txn, self.shard, digest.index, batch));
        let applied = catch_unwind(run).unwrap_or_else(|_| {
            Err(Fault(format!("the state machine panicked on log entry {}", digest.index)))
        })?;
        digest.value = digest_after(digest.value, txn.writes());
        let mut told = Told::default();
        let watched = self.common.orders.any();
        for (key, value) in txn.into_writes() {
            match value {
                Some(value) => {
                    told.calls.extend(outbox::call_of(&key));
                    if watched {
                        told.orders.extend(read::order_of(&key));
                    }
                    writes.put(key, value);
                }
                None => writes.delete(key),
            }
        }
        Ok((applied, told))
    }
}
