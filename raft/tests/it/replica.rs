//! One replica without Raft around it: entries are appended, called committed, and applied.

use std::fs;
use std::path::Path;

use engine_core::{
    Batch, Command, CreateProduct, Currency, Money, ProductId, ReceiveStock, Row, ShardId, Stamp,
    Stamped, Topology, View, catalog::ProductDetails,
};
use openraft::storage::{RaftLogStorage, RaftLogStorageExt, RaftStateMachine};
use raft::log_store::LogStore;
use raft::state_machine::StateMachine;
use raft::storage::Storage;
use raft::types::{Entry, LeaderId, LogId, Payload, SharedBatch};
use tempfile::TempDir;

pub const TOPOLOGY: Topology = Topology { shards: 4 };
pub const SHARD: ShardId = ShardId(1);

pub struct TestReplica {
    pub machine: StateMachine,
    pub log: LogStore,
    pub storage: Storage,
    pub dir: TempDir,
    pub next: u64,
}

impl TestReplica {
    pub fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    pub fn open(dir: TempDir) -> Self {
        let storage = Storage::open(dir.path(), TOPOLOGY).unwrap();
        let (log, machine) = storage.shard(SHARD).unwrap();
        Self { machine, log, storage, dir, next: 0 }
    }

    /// Appends, waits for the sync, commits and applies.
    pub async fn commit(&mut self, batches: Vec<Batch>) {
        let entries = self.append(batches).await;
        self.apply(entries).await.unwrap();
    }

    pub async fn append(&mut self, batches: Vec<Batch>) -> Vec<Entry> {
        let entries = entries(self.next, batches);
        self.next += entries.len() as u64;
        self.log.blocking_append(entries.clone()).await.unwrap();
        self.log.save_committed(entries.last().map(|entry| entry.log_id)).await.unwrap();
        entries
    }

    pub async fn apply(&mut self, entries: Vec<Entry>) -> std::io::Result<()> {
        let entries = entries.into_iter().map(|entry| Ok((entry, None)));
        self.machine.apply(futures::stream::iter(entries)).await
    }

    pub async fn applied(&mut self) -> Option<LogId> {
        self.machine.applied_state().await.unwrap().0
    }

    pub fn rows(&self) -> Vec<Row> {
        self.machine.view().scan(Vec::new()..Vec::new(), usize::MAX).unwrap()
    }

    /// The node as a kill -9 now would leave it: what has reached the operating system.
    pub fn killed(&self) -> TempDir {
        let image = tempfile::tempdir().unwrap();
        copy(self.dir.path(), image.path());
        image
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

pub fn log_id(index: u64) -> LogId {
    LogId { leader_id: LeaderId { term: 1, node_id: 1 }, index }
}

pub fn entries(first: u64, batches: Vec<Batch>) -> Vec<Entry> {
    let entry = |(index, batch)| Entry {
        log_id: log_id(index),
        payload: Payload::Normal(SharedBatch::new(batch)),
    };
    (first..).zip(batches).map(entry).collect()
}

/// Batches that each create a product and receive stock for the first one.
pub fn batches(numbers: std::ops::Range<u64>) -> Vec<Batch> {
    numbers.map(batch).collect()
}

pub fn batch(number: u64) -> Batch {
    let details = ProductDetails {
        name: format!("Product {number}"),
        description: "Something to sell. ".repeat(4),
        brand: "Stoa".to_owned(),
        sku: String::new(),
        price: Money { amount: 100, currency: "USD".parse::<Currency>().unwrap() },
        weight_grams: 0,
        tax_category: String::new(),
        collections: Vec::new(),
        attributes: Vec::new(),
    };
    let id = ProductId(u128::from(number));
    let create = Command::CreateProduct(CreateProduct { id, details, stock: 5 });
    let receive =
        Command::ReceiveStock(ReceiveStock { product: ProductId(0), quantity: 1, at: None });
    let now = 1_700_000_000_000 + number;
    let stamp = Stamp { now, request: 0, idempotency: None, actor: None };
    let commands = [create, receive].map(|command| Stamped { stamp, command });
    Batch { commands: commands.into(), digest: None }
}
