//! Snapshots: of one moment, whole or refused, and installed even over a crash.

use std::fs;

use bytes::Bytes;
use engine_store::{Batch, Cache, Options, Rows, Store};
use openraft::storage::RaftStateMachine;
use raft::state_machine::{SnapshotData, SnapshotFolder};

use crate::replica::{SHARD, TestReplica, batches, log_id};

pub async fn chunks(mut data: SnapshotData) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    while let Some(chunk) = data.next_chunk().await.unwrap() {
        chunks.push(chunk);
    }
    chunks
}

pub fn receive(folder: &SnapshotFolder, chunks: &[Bytes]) -> std::io::Result<SnapshotData> {
    let mut sink = folder.receive(SHARD)?;
    chunks.iter().try_for_each(|chunk| sink.write(chunk))?;
    sink.finish()
}

/// A replica with several chunks' worth of rows.
async fn full() -> TestReplica {
    let mut replica = TestReplica::new();
    replica.commit(batches(0..3_000)).await;
    replica
}

#[tokio::test]
async fn meta_and_rows_are_of_one_moment_while_apply_goes_on() {
    let mut leader = full().await;
    let rows = leader.rows();
    let digest = leader.machine.replica().digest();
    let snapshot = leader.machine.get_current_snapshot().await.unwrap().unwrap();
    leader.commit(batches(3_000..3_500)).await;
    let received = receive(leader.storage.snapshots(), &chunks(snapshot.snapshot).await).unwrap();

    let mut follower = TestReplica::new();
    follower.commit(batches(7..9)).await;
    follower.machine.install_snapshot(&snapshot.meta, received).await.unwrap();
    assert_eq!(follower.applied().await, Some(log_id(2_999)));
    assert!(follower.rows() == rows);
    assert_eq!(follower.machine.replica().digest(), digest);

    follower.next = 3_000;
    follower.commit(batches(3_000..3_500)).await;
    assert!(follower.rows() == leader.rows());
    assert_eq!(follower.machine.replica().digest(), leader.machine.replica().digest());
}

#[tokio::test]
async fn a_damaged_snapshot_is_refused() {
    let mut leader = full().await;
    let snapshot = leader.machine.get_current_snapshot().await.unwrap().unwrap();
    let chunks = chunks(snapshot.snapshot).await;
    assert!(chunks.len() > 4, "several chunks of rows: {}", chunks.len());
    let folder = leader.storage.snapshots();
    let refused = |chunks: &[Bytes]| receive(folder, chunks).err().unwrap().to_string();

    for at in 0..chunks.len() {
        let mut missing = chunks.clone();
        missing.remove(at);
        refused(&missing);
        let mut flipped = chunks.clone();
        let mut bytes = flipped[at].to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        flipped[at] = bytes.into();
        refused(&flipped);
        let mut doubled = chunks.clone();
        doubled.insert(at, chunks[at].clone());
        refused(&doubled);
    }
    assert!(refused(&chunks[..chunks.len() - 1]).contains("cut short"));
    assert!(receive(folder, &chunks).is_ok());
}

#[tokio::test]
async fn rows_of_another_moment_than_the_meta_says_are_refused() {
    let mut leader = full().await;
    let old = leader.machine.get_current_snapshot().await.unwrap().unwrap();
    leader.commit(batches(3_000..3_001)).await;
    let new = leader.machine.get_current_snapshot().await.unwrap().unwrap();
    let mut follower = TestReplica::new();
    let refused = follower.machine.install_snapshot(&new.meta, old.snapshot).await;
    assert!(refused.unwrap_err().to_string().contains("moment"));
    assert_eq!(follower.applied().await, None);
}

/// Leaves `N.install` in a follower's folder, as a crash right after the mark does.
async fn marked(leader: &mut TestReplica) -> tempfile::TempDir {
    let snapshot = leader.machine.get_current_snapshot().await.unwrap().unwrap();
    let mut follower = TestReplica::new();
    follower.commit(batches(7..90)).await;
    follower.storage.flush().unwrap();
    receive(follower.storage.snapshots(), &chunks(snapshot.snapshot).await).unwrap();
    let killed = follower.killed();
    let folder = killed.path().join("snapshots");
    fs::rename(folder.join("1.incoming.0"), folder.join("1.install")).unwrap();
    fs::write(folder.join("1.incoming.7"), "what was being received").unwrap();
    killed
}

/// The store of the rows, without what this crate builds on it.
fn raw(dir: &tempfile::TempDir) -> Store {
    let cache = Cache::new(1 << 20);
    let options = Options {
        logged: false,
        cache,
        write_buffer_bytes: 1 << 20,
        write_buffers: 2,
        on_disk_error: |path, error| panic!("{}: {error}", path.display()),
    };
    Store::open(&dir.path().join("state"), &options).unwrap()
}

#[tokio::test]
async fn an_install_that_was_killed_at_any_step_is_done_again() {
    let mut leader = full().await;
    let rows = leader.rows();

    // Right after the mark.
    let mut follower = TestReplica::open(marked(&mut leader).await);
    assert_eq!(follower.applied().await, Some(log_id(2_999)));
    assert!(follower.rows() == rows);
    let left = fs::read_dir(follower.dir.path().join("snapshots")).unwrap().count();
    assert_eq!(left, 0, "neither the mark nor what was being received is left");

    // With the old rows gone, and with only some of the new ones written.
    for written in [0, 1, 1_500] {
        let killed = marked(&mut leader).await;
        let store = raw(&killed);
        let mut batch = Batch::new();
        batch.delete_range(vec![0, 1]..vec![0, 2]);
        for (key, value) in rows.iter().take(written) {
            batch.put([&[0, 1][..], key].concat(), value.clone());
        }
        store.write(batch).unwrap();
        store.flush().unwrap();
        drop(store);
        let mut follower = TestReplica::open(killed);
        assert_eq!(follower.applied().await, Some(log_id(2_999)));
        assert!(follower.rows() == rows, "{written} rows were written before the kill");
    }

    // With all written, but the mark still there.
    let killed = marked(&mut leader).await;
    let mark = killed.path().join("snapshots/1.install");
    let bytes = fs::read(&mark).unwrap();
    let first = TestReplica::open(killed);
    let again = first.killed();
    fs::write(again.path().join("snapshots/1.install"), bytes).unwrap();
    let mut follower = TestReplica::open(again);
    assert_eq!(follower.applied().await, Some(log_id(2_999)));
    assert!(follower.rows() == rows);
}

#[tokio::test]
async fn other_shards_are_left_alone() {
    let mut leader = full().await;
    let snapshot = leader.machine.get_current_snapshot().await.unwrap().unwrap();
    let mut follower = TestReplica::new();
    let (_log, mut neighbor) = follower.storage.shard(engine_core::ShardId(2)).unwrap();
    let entries = crate::replica::entries(0, batches(0..5));
    let items = entries.into_iter().map(|entry| Ok((entry, None)));
    neighbor.apply(futures::stream::iter(items)).await.unwrap();
    let scan = || {
        let view = neighbor.view();
        engine_core::View::scan(view, Vec::new()..Vec::new(), usize::MAX).unwrap()
    };
    let before = scan();
    assert!(!before.is_empty());
    follower.machine.install_snapshot(&snapshot.meta, snapshot.snapshot).await.unwrap();
    assert!(scan() == before);
    let consistent = follower
        .machine
        .view()
        .consistent(|view| view.scan(Vec::new()..Vec::new(), usize::MAX).unwrap());
    assert!(consistent == leader.rows());
}

#[test]
fn the_raw_rows_begin_with_their_shard() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let replica = runtime.block_on(async {
        let mut replica = TestReplica::new();
        replica.commit(batches(0..2)).await;
        replica.storage.flush().unwrap();
        replica
    });
    let killed = replica.killed();
    let rows = raw(&killed).scan(b"".as_slice()..b"".as_slice(), usize::MAX).unwrap();
    assert_eq!(rows.len(), replica.rows().len() + 1, "one row says how far the others are");
    assert!(rows.iter().all(|(key, _)| key.starts_with(&[0, 1])));
}
