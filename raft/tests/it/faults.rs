//! What stops a replica, or the node, and what is left then.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine_core::codec::{decode, encode};
use engine_core::{Digest, ShardId};
use engine_store::{Batch, Cache, Options, Rows, Store, StoreError};
use openraft::storage::IOFlushed;
use openraft::type_config::TypeConfigExt;
use raft::NotReady;
use raft::log_store::WalSync;
use raft::records::AppliedRecord;
use raft::types::TypeConfig;
use tokio::time::Instant;

use crate::cluster::{Cluster, PATIENCE, on_hand, propose, receive_one};
use crate::replica::{TestReplica, batch, batches, entries, log_id};

#[tokio::test]
async fn a_replica_that_differs_from_its_leader_stops_and_writes_nothing() {
    let mut replica = TestReplica::new();
    replica.commit(batches(0..10)).await;
    let ours = replica.machine.replica().digest();
    assert_eq!(ours.index, 9);

    let mut same = batch(10);
    same.digest = Some(ours);
    let mut forgotten = batch(11);
    forgotten.digest = Some(Digest { index: 1_000_000, value: 7 });
    replica.commit(vec![same, forgotten]).await;
    assert_eq!(replica.machine.replica().fault(), None);

    let rows = replica.rows();
    let mut other = batch(12);
    other.digest = Some(Digest { index: 9, value: ours.value ^ 1 });
    let refused = replica.apply(entries(12, vec![other])).await.unwrap_err().to_string();
    assert!(refused.contains("differ"), "{refused}");
    assert_eq!(replica.machine.replica().fault(), Some(refused));
    assert_eq!(replica.rows(), rows);
    assert_eq!(replica.applied().await, Some(log_id(11)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_replica_has_stopped_says_so_and_passes_commands_on() {
    let mut cluster = Cluster::start(3, 1).await;
    let shard = ShardId(1);
    let product = cluster.product(1, 0).await;
    let broken = (1..=3).find(|id| cluster.leader(shard) != Some(*id)).unwrap();
    let sound = 1 + broken % 3;
    cluster.kill(broken).await;
    falsify_digest(&cluster.configs[&broken].dir.join("state"), shard);
    cluster.restart(broken).await;
    // The leader's digest comes with some batch.
    let end = Instant::now() + PATIENCE;
    let why = loop {
        propose(cluster.node(sound), shard, receive_one(product)).await.unwrap();
        if let Err(NotReady::Faulted(at, why)) = cluster.node(broken).ready() {
            assert_eq!(at, shard);
            break NotReady::Faulted(at, why).to_string();
        }
        assert!(Instant::now() < end, "the replica never stopped");
    };
    println!("{why}");
    for part in ["shard 1 has stopped", "differ from the leader's", "start it again"] {
        assert!(why.contains(part), "{part} is not in: {why}");
    }
    let before = on_hand(&propose(cluster.node(sound), shard, receive_one(product)).await.unwrap());
    let passed = propose(cluster.node(broken), shard, receive_one(product)).await.unwrap();
    assert_eq!(on_hand(&passed), before + 1);
}

/// Makes the rows of a node that is down others than they claim to be.
fn falsify_digest(state: &Path, shard: ShardId) {
    let options = Options {
        logged: false,
        cache: Cache::new(1 << 20),
        write_buffer_bytes: 1 << 20,
        write_buffers: 2,
        on_disk_error: |path, error| panic!("{}: {error}", path.display()),
    };
    let store = Store::open(state, &options).unwrap();
    let key = [&shard.0.to_be_bytes()[..], b"\0applied"].concat();
    let mut applied: AppliedRecord = decode(&store.get(&key).unwrap().unwrap()).unwrap();
    applied.digest.value ^= 1;
    let mut batch = Batch::new();
    batch.put(key, encode(&applied));
    store.write(batch).unwrap();
    store.flush().unwrap();
}

#[tokio::test]
async fn grouping_of_entries_does_not_change_the_digest() {
    let mut at_once = TestReplica::new();
    at_once.commit(batches(0..40)).await;
    let mut one_by_one = TestReplica::new();
    for number in 0..40 {
        one_by_one.commit(vec![batch(number)]).await;
    }
    let digest = at_once.machine.replica().digest();
    assert_eq!(one_by_one.machine.replica().digest(), digest);
    assert_ne!(digest.value, 0);
}

#[tokio::test]
async fn after_a_failed_sync_every_callback_fails_and_it_is_not_tried_again() {
    let syncs = Arc::new(AtomicUsize::new(0));
    let fatal = Arc::new(AtomicUsize::new(0));
    let sync = WalSync::start(
        {
            let syncs = Arc::clone(&syncs);
            move || match syncs.fetch_add(1, Ordering::SeqCst) {
                0 => Ok(()),
                _ => Err(StoreError::DiskFull("No space left on device".to_owned())),
            }
        },
        {
            let fatal = Arc::clone(&fatal);
            move |error| {
                assert!(error.is_disk_full());
                fatal.fetch_add(1, Ordering::SeqCst);
            }
        },
    )
    .unwrap();
    sync.synced().await.unwrap();
    let (sender, first) = TypeConfig::oneshot();
    sync.completed_when_synced(IOFlushed::<TypeConfig>::signal(sender));
    assert_eq!(first.await.unwrap().unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let (sender, second) = TypeConfig::oneshot();
    sync.completed_when_synced(IOFlushed::<TypeConfig>::signal(sender));
    assert!(second.await.unwrap().is_err());
    assert!(sync.synced().await.is_err());
    drop(sync);
    assert_eq!(syncs.load(Ordering::SeqCst), 2);
    assert_eq!(fatal.load(Ordering::SeqCst), 1);
}
