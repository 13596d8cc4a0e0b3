//! The engine under test: every shard's rows in memory, and a log to apply a second time.

use std::collections::BTreeMap;

use engine_core::codec::{decode, encode};
use engine_core::invariants::{self, Violation};
use engine_core::{Applied, Batch, Fault, Shard, ShardId, Stamped, Topology, Txn, View, apply};

use crate::cluster::Rows;

/// All shards of a cluster, and what they applied.
pub struct Shop {
    pub topology: Topology,
    rows: BTreeMap<ShardId, Rows>,
    log: Vec<(ShardId, Batch)>,
    indexes: BTreeMap<ShardId, u64>,
}

impl Shop {
    pub fn new(shards: u16) -> Self {
        let topology = Topology { shards };
        let rows = topology.groups().map(|id| (id, Rows::default())).collect();
        Self { topology, rows, log: Vec::new(), indexes: BTreeMap::new() }
    }

    pub fn rows(&self, shard: ShardId) -> &Rows {
        &self.rows[&shard]
    }

    /// The shards that sell something.
    pub fn shards(&self) -> Vec<ShardId> {
        self.topology.groups().filter(|id| *id != ShardId::META).collect()
    }

    /// Applies one log entry.
    pub fn apply(&mut self, shard: ShardId, commands: Vec<Stamped>) -> Result<Vec<Applied>, Fault> {
        let batch = Batch { commands, digest: None };
        self.log.push((shard, batch.clone()));
        self.apply_batch(shard, &batch)
    }

    fn apply_batch(&mut self, shard: ShardId, batch: &Batch) -> Result<Vec<Applied>, Fault> {
        let index = self.indexes.entry(shard).or_default();
        *index += 1;
        let rows = self.rows.get_mut(&shard).expect("a shard of the cluster");
        let mut txn = Txn::new(rows);
        let id = Shard { id: shard, topology: self.topology };
        let applied = apply(&mut txn, id, *index, batch)?;
        let writes: Vec<_> = txn.into_writes().collect();
        rows.commit(writes);
        Ok(applied)
    }

    /// The invariants of one shard.
    pub fn check(&self, shard: ShardId) -> Result<Vec<Violation>, Fault> {
        invariants::check(self.rows(shard), Shard { id: shard, topology: self.topology })
    }

    /// The invariants across shards.
    pub fn check_across(&self) -> Result<Vec<Violation>, Fault> {
        let views: Vec<_> = self.rows.iter().map(|(id, rows)| (*id, rows as &dyn View)).collect();
        invariants::check_across(&views)
    }

    /// Applies the log to empty shards, through its bytes: another replica has the same rows.
    pub fn check_replica(&self) -> Result<(), Fault> {
        let mut replica = Self::new(self.topology.shards);
        for (shard, batch) in &self.log {
            replica.apply_batch(*shard, &decode(&encode(batch))?)?;
        }
        for (shard, rows) in &self.rows {
            assert!(replica.rows[shard].0 == rows.0, "two replicas of shard {shard} differ");
        }
        Ok(())
    }
}
