//! openraft's own test suite for storage, on RocksDB and in memory.

use engine_core::{ShardId, Topology};
use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use raft::log_store::LogStore;
use raft::state_machine::StateMachine;
use raft::storage::Storage;
use raft::types::TypeConfig;
use tempfile::TempDir;

const TOPOLOGY: Topology = Topology { shards: 4 };

struct OnDisk;
struct InMemory;

/// Keeps the folder and the threads of a store that is being tested.
type Guard = (Storage, TempDir);

fn open(
    open: impl Fn(&std::path::Path) -> std::io::Result<Storage>,
) -> Result<(Guard, LogStore, StateMachine), StorageError<TypeConfig>> {
    let dir = tempfile::tempdir().unwrap();
    let storage = open(dir.path()).unwrap();
    let (log, machine) = storage.shard(ShardId(1)).unwrap();
    Ok(((storage, dir), log, machine))
}

impl StoreBuilder<TypeConfig, LogStore, StateMachine, Guard> for OnDisk {
    async fn build(&self) -> Result<(Guard, LogStore, StateMachine), StorageError<TypeConfig>> {
        open(|path| Storage::open(path, TOPOLOGY))
    }
}

impl StoreBuilder<TypeConfig, LogStore, StateMachine, Guard> for InMemory {
    async fn build(&self) -> Result<(Guard, LogStore, StateMachine), StorageError<TypeConfig>> {
        open(|path| Storage::in_memory(path, TOPOLOGY))
    }
}

#[tokio::test]
async fn the_suite_passes_on_rocksdb() {
    Suite::test_all(OnDisk).await.unwrap();
}

#[tokio::test]
async fn the_suite_passes_in_memory() {
    Suite::test_all(InMemory).await.unwrap();
}
