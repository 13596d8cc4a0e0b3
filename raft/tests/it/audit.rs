//! The audit trail below the API: named at any node, kept by every replica, over crashes and
//! snapshots, and absent from what an older `stoad` wrote.

use std::net::Ipv4Addr;

use bytes::Bytes;
use engine_core::audit::{Actor, AuditRow, Who};
use engine_core::codec::encode;
use engine_core::{Batch, KeyId, ShardId, View, read, v1};
use openraft::storage::RaftStateMachine;
use raft::Proposal;
use raft::types::SharedBatch;

use crate::cluster::{Cluster, DEADLINE, receive_one};
use crate::replica::{TestReplica, batch, batches};
use crate::restart::restart;
use crate::snapshots::{chunks, receive};

fn actor(request: u64) -> Actor {
    Actor { who: Who::Key(KeyId(7)), address: Ipv4Addr::new(192, 0, 2, 7).into(), request }
}

/// The batches, each command sent by somebody.
fn named(numbers: std::ops::Range<u64>) -> Vec<Batch> {
    let mut batches = batches(numbers);
    for (at, batch) in (0..).zip(&mut batches) {
        for stamped in &mut batch.commands {
            stamped.stamp.actor = Some(actor(at));
        }
    }
    batches
}

fn trail(view: &dyn View) -> Vec<(u64, AuditRow)> {
    let last = read::audit_last(view).unwrap();
    read::audit_rows(view, 1, last + 1).unwrap()
}

#[tokio::test]
async fn the_trail_survives_a_kill_and_comes_with_a_snapshot() {
    let mut replica = TestReplica::new();
    replica.commit(named(0..300)).await;
    let rows = trail(replica.machine.view());
    assert_eq!(rows.len(), 600, "a row for each command");
    assert_eq!(rows[599].1.actor, actor(299));

    let again = restart(replica.killed()).await;
    assert!(trail(again.machine.view()) == rows, "after a kill");

    let snapshot = replica.machine.get_current_snapshot().await.unwrap().unwrap();
    let received = receive(replica.storage.snapshots(), &chunks(snapshot.snapshot).await).unwrap();
    let mut follower = TestReplica::new();
    follower.machine.install_snapshot(&snapshot.meta, received).await.unwrap();
    assert!(trail(follower.machine.view()) == rows, "after a snapshot");

    follower.next = 300;
    follower.commit(named(300..301)).await;
    let more = trail(follower.machine.view());
    assert_eq!(more.len(), 602);
    assert!(more[..600] == rows[..], "what is there stays as it was");
}

#[tokio::test]
async fn nobody_is_named_for_what_nobody_sent() {
    let mut replica = TestReplica::new();
    replica.commit(batches(0..10)).await;
    assert!(trail(replica.machine.view()).is_empty());
}

/// A log entry of a `stoad` that knew no trail gives the rows that it gave then.
#[tokio::test]
async fn a_batch_of_the_first_version_is_applied_as_it_was() {
    let new = batch(5);
    let commands = new.commands.iter().map(|stamped| v1::Stamped {
        stamp: v1::Stamp {
            now: stamped.stamp.now,
            request: stamped.stamp.request,
            idempotency: stamped.stamp.idempotency,
        },
        command: stamped.command.clone(),
    });
    let old = v1::Batch { commands: commands.collect(), digest: new.digest };
    let bytes = Bytes::from(encode(&old));
    let read = SharedBatch::from_bytes(bytes.clone()).unwrap();
    assert_eq!(*read, new);
    assert_eq!(*read.bytes(), bytes, "it is passed on as it came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_named_at_any_node_is_named_on_every_node() {
    let cluster = Cluster::start(3, 1).await;
    let shard = ShardId(1);
    let product = cluster.product(1, 0).await;
    let mut index = 0;
    for (id, node) in &cluster.nodes {
        let command = receive_one(product);
        let proposal = Proposal { command, idempotency: None, actor: Some(actor(*id)) };
        index = node.propose(shard, proposal, DEADLINE).await.unwrap().index;
    }
    for node in cluster.nodes.values() {
        node.wait_applied(shard, index, DEADLINE).await.unwrap();
        let rows = trail(&node.view(shard));
        let actors: Vec<_> = rows.iter().map(|(_, row)| row.actor).collect();
        assert_eq!(actors, [1, 2, 3].map(actor));
    }
}
