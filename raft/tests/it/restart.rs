//! What a replica is after a crash: nothing acknowledged is gone, and nothing is applied twice.

use engine_core::{Batch, ProductId, dedup, read};
use openraft::StorageHelper;
use openraft::storage::{RaftLogReader, RaftLogStorage, RaftSnapshotBuilder, RaftStateMachine};
use raft::types::TypeConfig;

use crate::replica::{TestReplica, batch, batches, log_id};

/// Starts a killed replica as openraft does, then applies what it knows of the rest of its log.
pub async fn restart(killed: tempfile::TempDir) -> TestReplica {
    let mut replica = TestReplica::open(killed);
    let helper = StorageHelper::<TypeConfig, _, _>::new(&mut replica.log, &mut replica.machine);
    helper.with_id(1).get_initial_state().await.unwrap();
    let next = replica.applied().await.map_or(0, |last| last.index + 1);
    let rest = replica.log.try_get_log_entries(next..).await.unwrap();
    replica.apply(rest).await.unwrap();
    replica
}

#[tokio::test]
async fn rows_that_were_never_flushed_come_back_from_the_log() {
    let mut replica = TestReplica::new();
    replica.commit(batches(0..50)).await;
    let mut again = restart(replica.killed()).await;
    assert_eq!(again.applied().await, Some(log_id(49)));
    assert!(again.rows() == replica.rows());
    assert_eq!(again.machine.replica().digest(), replica.machine.replica().digest());
}

#[tokio::test]
async fn a_request_that_is_in_the_log_twice_happens_once() {
    let mut first = batch(0);
    let sent = &mut first.commands[1].stamp;
    sent.request = dedup::request_id(sent.now, 7);
    let again = Batch { commands: first.commands[1..].to_vec(), digest: None };
    let mut replica = TestReplica::new();
    replica.commit(vec![first]).await;
    let stock = |replica: &TestReplica| {
        read::stock(replica.machine.view(), ProductId(0)).unwrap().unwrap().on_hand
    };
    assert_eq!(stock(&replica), 6);
    replica.commit(vec![again.clone()]).await;
    assert_eq!(stock(&replica), 6);
    let mut restarted = restart(replica.killed()).await;
    restarted.next = 2;
    restarted.commit(vec![again]).await;
    assert_eq!(stock(&restarted), 6, "what is remembered outlives a crash");
}

#[tokio::test]
async fn a_restart_goes_on_from_the_last_flush() {
    let mut replica = TestReplica::new();
    replica.commit(batches(0..20)).await;
    replica.storage.flush().unwrap();
    replica.commit(batches(20..40)).await;
    let killed = replica.killed();
    let mut opened = TestReplica::open(killed);
    assert_eq!(opened.applied().await, Some(log_id(19)), "rows and position part never");
    let again = restart(opened.killed()).await;
    assert!(again.rows() == replica.rows());
    assert_eq!(again.machine.replica().digest(), replica.machine.replica().digest());
}

#[tokio::test]
async fn nothing_is_erased_that_the_rows_on_disk_do_not_cover() {
    let mut replica = TestReplica::new();
    replica.commit(batches(0..30)).await;
    replica.log.purge(log_id(9)).await.unwrap();
    let state = replica.log.get_log_state().await.unwrap();
    assert_eq!(state.last_purged_log_id, Some(log_id(9)), "openraft sees its purge done");
    assert_eq!(replica.log.try_get_log_entries(0..12).await.unwrap().len(), 2);

    let again = restart(replica.killed()).await;
    assert!(again.rows() == replica.rows(), "the log still had what the rows lacked");

    replica.storage.flush().unwrap();
    replica.log.save_vote(&openraft::Vote::new(1, 1)).await.unwrap();
    let mut again = restart(replica.killed()).await;
    let state = again.log.get_log_state().await.unwrap();
    assert_eq!(state.last_purged_log_id, Some(log_id(9)), "after the flush it was carried out");
    assert!(again.rows() == replica.rows());
}

#[tokio::test]
async fn a_built_snapshot_is_durable() {
    let mut replica = TestReplica::new();
    replica.commit(batches(0..10)).await;
    let mut builder = replica.machine.get_snapshot_builder().await;
    replica.commit(batches(10..20)).await;
    let snapshot = builder.build_snapshot().await.unwrap();
    assert_eq!(snapshot.meta.last_log_id, Some(log_id(9)));
    let mut killed = TestReplica::open(replica.killed());
    assert!(killed.applied().await >= snapshot.meta.last_log_id);
}

#[tokio::test]
async fn votes_and_synced_entries_survive_and_a_truncated_tail_does_not() {
    let mut replica = TestReplica::new();
    replica.append(batches(0..30)).await;
    replica.log.truncate_after(Some(log_id(19))).await.unwrap();
    let vote = openraft::Vote::new_committed(7, 3);
    replica.log.save_vote(&vote).await.unwrap();
    let mut again = TestReplica::open(replica.killed());
    assert_eq!(again.log.read_vote().await.unwrap(), Some(vote));
    let state = again.log.get_log_state().await.unwrap();
    assert_eq!(state.last_log_id, Some(log_id(19)));
    let before = replica.log.try_get_log_entries(..).await.unwrap();
    assert_eq!(again.log.try_get_log_entries(..).await.unwrap(), before);
}

#[tokio::test]
async fn entries_beyond_the_tail_in_memory_are_read_from_disk() {
    let mut replica = TestReplica::new();
    // Well over the tail's bytes.
    for portion in 0..20 {
        let mut batches = batches(portion * 200..portion * 200 + 200);
        for batch in &mut batches {
            let commands = batch.commands.clone();
            batch.commands = std::iter::repeat_n(commands, 5).flatten().collect();
        }
        replica.append(batches).await;
    }
    let all = replica.log.try_get_log_entries(0..).await.unwrap();
    assert_eq!(all.len(), 4_000);
    assert!(all.iter().zip(0..).all(|(entry, index)| entry.log_id.index == index));
    let limited = replica.log.limited_get_log_entries(0, 4_000).await.unwrap();
    assert!(!limited.is_empty() && limited.len() < 4_000 && limited[..] == all[..limited.len()]);
    let stream = replica.log.entries_stream(10..3_990).await;
    let streamed: Vec<_> = futures::TryStreamExt::try_collect(stream).await.unwrap();
    assert_eq!(streamed[..], all[10..3_990]);
}
