//! A cluster at peace: any node takes a command, every node applies it, reads are as fresh as
//! asked.

use std::sync::Arc;
use std::time::Duration;

use engine_core::{Command, Pulse, ShardId};
use futures::future::join_all;

use crate::cluster::{
    Cluster, DEADLINE, create_product, eventually, on_hand, on_hand_at, propose, receive_one,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_takes_a_command_and_every_node_applies_it() {
    let cluster = Cluster::start(3, 4).await;
    for shard in (1..=4).map(ShardId) {
        let product = cluster.product(cluster.number_in(shard, 1), 0).await;
        let mut index = 0;
        for node in cluster.nodes.values() {
            let proposed = propose(node, shard, receive_one(product)).await.unwrap();
            assert_eq!(proposed.shard, shard);
            assert!(proposed.index > index, "a later command has a later index");
            index = proposed.index;
        }
        for node in cluster.nodes.values() {
            node.wait_applied(shard, index, DEADLINE).await.unwrap();
            assert_eq!(on_hand_at(node, shard, product), 3);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaders_are_spread_evenly_from_the_beginning() {
    let cluster = Cluster::start(3, 4).await;
    for (shard, node) in [(0, 1), (1, 2), (2, 3), (3, 1), (4, 2)] {
        eventually("each shard is led where it should be", || {
            cluster.leader(ShardId(shard)) == Some(node)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_proposers_at_once_lose_and_double_nothing() {
    let cluster = Arc::new(Cluster::start(3, 2).await);
    let shard = ShardId(1);
    let product = cluster.product(cluster.number_in(shard, 1), 0).await;
    let proposers = (0..60).map(|at: u64| {
        let cluster = cluster.clone();
        tokio::spawn(async move {
            let node = cluster.node(1 + at % 3);
            for _ in 0..10 {
                let proposed = propose(node, shard, receive_one(product)).await.unwrap();
                assert!(proposed.applied.outcome.is_ok());
            }
        })
    });
    for ended in join_all(proposers).await {
        ended.unwrap();
    }
    let proposed = propose(cluster.node(1), shard, receive_one(product)).await.unwrap();
    assert_eq!(on_hand(&proposed), 601);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strong_read_on_any_node_sees_what_was_acknowledged_on_another() {
    let cluster = Cluster::start(3, 1).await;
    let shard = ShardId(1);
    let product = cluster.product(1, 0).await;
    for round in 1..=30_u32 {
        let writer = cluster.node(1 + u64::from(round) % 3);
        propose(writer, shard, receive_one(product)).await.unwrap();
        let reader = cluster.node(1 + u64::from(round + 1) % 3);
        reader.read_index(shard, DEADLINE).await.unwrap();
        assert!(on_hand_at(reader, shard, product) >= round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_replica_learns_how_fresh_it_is() {
    let cluster = Cluster::start(3, 1).await;
    let shard = ShardId(1);
    let now = (cluster.configs[&1].clock)();
    cluster.product(1, 0).await;
    for node in cluster.nodes.values() {
        eventually("the as-of moves on", || node.position(shard).as_of_ms > now).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_node_is_a_cluster_too() {
    let cluster = Cluster::start(1, 2).await;
    let product = cluster.product(1, 5).await;
    let shard = cluster.shard_of(product);
    let node = cluster.node(1);
    assert_eq!(on_hand(&propose(node, shard, receive_one(product)).await.unwrap()), 6);
    node.read_index(shard, DEADLINE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_is_an_answer() {
    let cluster = Cluster::start(3, 1).await;
    let product = cluster.product(1, 0).await;
    for node in cluster.nodes.values() {
        let again = propose(node, ShardId(1), create_product(product, 0)).await.unwrap();
        assert!(again.applied.outcome.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leader_is_alone_in_pulsing_and_an_unknown_shard_is_refused() {
    let cluster = Cluster::start(3, 1).await;
    let pulse = Command::Pulse(Pulse { limit: 1 });
    assert!(propose(cluster.node(1), ShardId(9), pulse).await.is_err());
    let read = cluster.node(1).read_index(ShardId(9), Duration::from_millis(100)).await;
    assert!(read.is_err());
}
