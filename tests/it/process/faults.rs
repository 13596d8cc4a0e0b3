//! Each node in turn is killed, suspended or told to stop, while orders flow from all nodes.
//! Afterwards every acknowledged order is there, once, on every node, and every invariant holds.

use tests::{Cluster, Load, load::Plan};

use super::Rounds;

/// Nodes of the cluster.
const NODES: usize = 3;
/// Shards of the cluster.
const SHARDS: u16 = 4;
/// Orders confirmed before and after each fault.
const ORDERS: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_each_node_is_killed() {
    let mut cluster = Cluster::start(NODES, SHARDS).await;
    let load = Load::start(&cluster, Plan::default()).await;
    let mut rounds = Rounds::new();
    while rounds.next() {
        for id in cluster.ids() {
            load.goes_on(ORDERS).await;
            cluster.kill9(id);
            load.goes_on(ORDERS).await;
            cluster.start_node(id);
            cluster.ready().await;
        }
    }
    load.end().await.holds(&cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_each_node_hangs() {
    let mut cluster = Cluster::start(NODES, SHARDS).await;
    let load = Load::start(&cluster, Plan::default()).await;
    let mut rounds = Rounds::new();
    while rounds.next() {
        for id in cluster.ids() {
            load.goes_on(ORDERS).await;
            cluster.stop(id);
            load.goes_on(ORDERS).await;
            cluster.cont(id);
            cluster.ready().await;
        }
    }
    load.end().await.holds(&cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_each_node_is_told_to_stop() {
    let mut cluster = Cluster::start(NODES, SHARDS).await;
    let load = Load::start(&cluster, Plan::default()).await;
    let mut rounds = Rounds::new();
    while rounds.next() {
        for id in cluster.ids() {
            load.goes_on(ORDERS).await;
            let ended = cluster.term(id).await;
            assert!(ended.success(), "node {id}: {ended}");
            load.goes_on(ORDERS).await;
            cluster.start_node(id);
            cluster.ready().await;
        }
    }
    load.end().await.holds(&cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_all_nodes_are_killed_at_once() {
    let mut cluster = Cluster::start(NODES, SHARDS).await;
    let load = Load::start(&cluster, Plan::default()).await;
    let mut rounds = Rounds::new();
    while rounds.next() {
        load.goes_on(ORDERS).await;
        cluster.ids().for_each(|id| cluster.kill9(id));
        cluster.start_all();
        cluster.ready().await;
        load.goes_on(ORDERS).await;
    }
    load.end().await.holds(&cluster).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_node_survives_being_killed() {
    let mut cluster = Cluster::start(1, 1).await;
    let load = Load::start(&cluster, Plan::default()).await;
    load.goes_on(ORDERS).await;
    cluster.kill9(1);
    cluster.start_node(1);
    cluster.ready().await;
    load.goes_on(ORDERS).await;
    load.end().await.holds(&cluster).await;
}
