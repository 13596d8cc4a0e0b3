//! What a node does not take: strangers at its peer port, and more than it can carry.

use std::sync::Arc;
use std::time::Duration;

use engine_core::{ShardId, Topology};
use futures::future::join_all;
use raft::{Node, Proposal, ProposeError, WAITING_PROPOSALS_MAX};

use crate::cluster::{Cluster, NoProvider, eventually, on_hand, propose, receive_one};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_another_cluster_is_refused_and_both_names_are_told() {
    let mut cluster = Cluster::start(3, 1).await;
    cluster.kill(3).await;
    let mut stranger = cluster.configs[&3].clone();
    stranger.cluster_id = "elsewhere".to_owned();
    let stranger = Node::start(stranger, Arc::new(NoProvider)).await.unwrap();
    let problem = |node: &Node, peer: usize| node.status().peers[peer].problem.clone();
    let told = |problem: Option<String>| {
        problem.is_some_and(|text| text.contains("elsewhere") && text.contains("test"))
    };
    eventually("the stranger is told why", || told(problem(&stranger, 0))).await;
    eventually("the others are told why", || told(problem(cluster.node(1), 1))).await;
    stranger.crash().await;

    let mut other = cluster.configs[&3].clone();
    other.topology = Topology { shards: 2 };
    other.dir = cluster.configs[&3].dir.with_file_name("other");
    let other = Node::start(other, Arc::new(NoProvider)).await.unwrap();
    eventually("the number of shards is told", || {
        problem(&other, 0).is_some_and(|text| text.contains("number of shards differs"))
    })
    .await;
    assert!(other.ready().is_err());
    other.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_queue_proposals_are_refused_and_the_rest_happens_once() {
    let cluster = Cluster::start(1, 1).await;
    let product = cluster.product(1, 0).await;
    let node = cluster.node(1);
    let many = (0..3 * WAITING_PROPOSALS_MAX).map(|_| async {
        let proposal = Proposal::from(receive_one(product));
        node.propose(ShardId(1), proposal, Duration::from_secs(15)).await
    });
    let answers = join_all(many).await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers.iter().filter(|it| **it == Err(ProposeError::Overloaded)).count();
    println!("{taken} taken, {refused} refused");
    assert_eq!(taken + refused, answers.len());
    assert!(taken >= WAITING_PROPOSALS_MAX && refused > 0);
    let last = propose(node, ShardId(1), receive_one(product)).await.unwrap();
    assert_eq!(on_hand(&last) as usize, taken + 1);
}
