//! One log entry becomes one batch of rows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use engine_core::codec::encode;
use engine_core::{Applied, Fault, Txn};
use engine_store::Batch;

use super::digest::Rolling;
use super::{Position, StateMachine, keys};
use crate::records::StoredMembershipRecord;
use crate::types::{Entry, Payload, SharedBatch, StoredMembership};

impl StateMachine {
    /// Applies an entry, commits its rows, and publishes how far the replica has come.
    pub(super) fn apply_entry(&mut self, entry: &Entry) -> Result<Vec<Applied>, Fault> {
        let mut writes = Batch::new();
        let mut rolling = Rolling::after(self.position.digest);
        let mut members = None;
        let applied = match &entry.payload {
            Payload::Blank => Vec::new(),
            Payload::Normal(batch) => {
                self.apply_batch(entry.log_id.index, batch, &mut writes, &mut rolling)?
            }
            Payload::Membership(membership) => {
                members = Some(StoredMembership::new(Some(entry.log_id), membership.clone()));
                Vec::new()
            }
        };
        let digest = rolling.finish(entry.log_id.index);
        let members_changed = members.is_some();
        let members = members.unwrap_or_else(|| self.position.members.clone());
        let position = Position { last: Some(entry.log_id), members, digest };
        if members_changed {
            let record = StoredMembershipRecord::from(&position.members);
            writes.put(keys::members(self.shard.id), encode(&record));
        }
        writes.put(keys::applied(self.shard.id), encode(&position.applied()));
        self.common.store.write(writes)?;
        self.position = position;
        self.replica.advance(digest);
        if !applied.is_empty() {
            self.common.feed.send_modify(|count| *count += 1);
        }
        Ok(applied)
    }

    /// Runs the core on a batch and gathers its writes.
    fn apply_batch(
        &self,
        index: u64,
        batch: &SharedBatch,
        writes: &mut Batch,
        rolling: &mut Rolling,
    ) -> Result<Vec<Applied>, Fault> {
        if let Some(theirs) = batch.digest {
            self.replica.compare(theirs)?;
        }
        let mut txn = Txn::new(&self.view);
        let run = AssertUnwindSafe(|| engine_core::apply(&mut txn, self.shard, index, batch));
        let applied = catch_unwind(run).unwrap_or_else(|_| {
            Err(Fault(format!("the state machine panicked on log entry {index}")))
        })?;
        for (key, value) in txn.into_writes() {
            rolling.write(&key, value.as_deref());
            let key = keys::row(self.shard.id, &key);
            match value {
                Some(value) => writes.put(key, value),
                None => writes.delete(key),
            }
        }
        Ok(applied)
    }
}
