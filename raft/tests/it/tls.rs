//! Nodes that show one another certificates: who gets in, who does not, and how certificates are
//! replaced while everything runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine_core::ShardId;
use raft::tls::PeerTls;
use raft::{Config, Node, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::certificates::{self, Authority};
use crate::cluster::{Cluster, NoProvider, eventually, on_hand, propose, receive_one};

/// How often nodes look at their certificates.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Lays a CA and a pair into a folder.
fn lay(dir: &Path, ca: &str, pair: &(String, String)) -> PeerTls {
    let [ca, cert, key] = certificates::lay(dir, ca, pair);
    PeerTls { ca, cert, key, look_again: LOOK_AGAIN }
}

/// Where a node of a test has its certificates: beside its folder.
fn folder(config: &Config) -> PathBuf {
    config.dir.with_extension("certs")
}

/// Three nodes with certificates of one CA.
async fn certified(ca: &Authority) -> Cluster {
    let give = |config: &mut Config| {
        config.tls = Some(lay(&folder(config), &ca.pem(), &ca.pair("test", config.node_id)));
    };
    Cluster::start_with(3, 1, give, Arc::new(NoProvider)).await
}

/// Whether one unit more arrives, everywhere that matters.
async fn works(cluster: &Cluster) {
    let product = cluster.product(rand::random(), 0).await;
    for node in cluster.nodes.values() {
        propose(node, ShardId(1), receive_one(product)).await.unwrap();
    }
    let last = propose(cluster.nodes.values().next().unwrap(), ShardId(1), receive_one(product));
    assert_eq!(on_hand(&last.await.unwrap()) as usize, cluster.nodes.len() + 1);
}

/// Starts another node in place of node 3 and waits until both sides know why it does not belong:
/// the stranger by some peer, and node 1.
async fn refused(cluster: &Cluster, config: Config, at_stranger: &str, at_node: &str) {
    let stranger = Node::start(config, Arc::new(NoProvider)).await.unwrap();
    let told = |node: &Node, words: &str| {
        let problems = node.status().peers.into_iter().filter_map(|peer| peer.problem);
        problems.into_iter().any(|problem| problem.contains(words))
    };
    eventually(&format!("the stranger hears: {at_stranger}"), || told(&stranger, at_stranger))
        .await;
    eventually(&format!("node 1 says: {at_node}"), || told(cluster.node(1), at_node)).await;
    assert!(stranger.ready().is_err());
    stranger.crash().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_take_only_nodes_of_their_own_cluster() {
    let ca = Authority::new();
    let mut cluster = certified(&ca).await;
    works(&cluster).await;
    cluster.kill(3).await;
    let right = cluster.configs[&3].clone();
    let dir = right.dir.with_file_name("stranger");
    let with = |tls: Option<PeerTls>| Config { tls, dir: dir.clone(), ..right.clone() };
    let certs =
        |ca: &str, pair: (String, String)| Some(lay(&dir.with_extension("certs"), ca, &pair));

    let other = Authority::new();
    let foreign = with(certs(&other.pem(), other.pair("test", 3)));
    refused(&cluster, foreign, "not signed by a CA", "not signed by a CA").await;

    let both = other.pem() + &ca.pem();
    let half = with(certs(&both, other.pair("test", 3)));
    refused(&cluster, half, "does not have our CA", "not signed by a CA").await;

    let plain = with(None);
    refused(&cluster, plain, "asks its peers for certificates", "does not speak TLS").await;

    let old = with(certs(&ca.pem(), ca.issue("stoa://test/node/3", 2020)));
    refused(&cluster, old, "it has expired", "certificate has expired").await;

    let elsewhere = certs(&ca.pem(), ca.pair("elsewhere", 3));
    let elsewhere = Config { cluster_id: "elsewhere".into(), ..with(elsewhere) };
    let their_name = "stoa://test/node/1, not stoa://elsewhere/node/1";
    refused(&cluster, elsewhere, their_name, "elsewhere/node/3, not stoa://test/node/3").await;

    let mut second = with(certs(&ca.pem(), ca.pair("test", 2)));
    (second.node_id, second.peer_listen) = (2, cluster.configs[&3].peers[&3].addr);
    let peers = second.peers.clone();
    // It believes that node 3 is where node 1 is: it meets another node than the one it means.
    second.peers = BTreeMap::from([(2, peers[&2].clone()), (3, peers[&1].clone())]);
    refused(&cluster, second, "node/1, not stoa://test/node/3", "node/2, not stoa://test/node/3")
        .await;

    cluster.restart(3).await;
    cluster.ready().await;
    works(&cluster).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_does_not_start_with_certificates_that_do_not_fit() {
    let (ca, other) = (Authority::new(), Authority::new());
    let cluster = Cluster::start(1, 1).await;
    let base = cluster.configs[&1].clone();
    let dir = base.dir.with_file_name("misfit");
    let (good, another) = (ca.pair("test", 1), ca.pair("test", 1));
    for (ca, pair, words) in [
        (ca.pem(), ca.pair("test", 2), "stoa://test/node/2; this node is stoa://test/node/1"),
        (ca.pem(), ca.issue("https://example.com", 2999), "it is for no node"),
        (ca.pem(), other.pair("test", 1), "not signed by a CA"),
        (ca.pem(), (good.0.clone(), another.1), "does not belong to the certificate"),
        (ca.pem(), (good.0.clone(), String::new()), "no private key"),
        (ca.pem(), (String::new(), good.1.clone()), "no certificate"),
        (String::new(), good.clone(), "no certificate"),
    ] {
        let tls = Some(lay(&dir.with_extension("certs"), &ca, &pair));
        let config = Config { tls, dir: dir.clone(), ..base.clone() };
        match Node::start(config, Arc::new(NoProvider)).await {
            Err(StartError::Tls(bad)) => assert!(bad.to_string().contains(words), "{bad}: {words}"),
            Err(error) => panic!("{error}: not {words}"),
            Ok(_) => panic!("it starts: not {words}"),
        }
    }
    let tls = PeerTls { ca: dir.join("nowhere"), ..lay(&dir, &ca.pem(), &good) };
    let config = Config { tls: Some(tls), dir, ..base };
    let missing = Node::start(config, Arc::new(NoProvider)).await;
    assert!(matches!(missing, Err(StartError::Tls(bad)) if bad.to_string().contains("nowhere")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ca_and_every_pair_are_replaced_without_a_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let mut cluster = certified(&old).await;
    let both = new.pem() + &old.pem();
    // Every node trusts both, then every node has a pair of the new CA, then the old one goes.
    for config in cluster.configs.values() {
        lay(&folder(config), &both, &old.pair("test", config.node_id));
    }
    for config in cluster.configs.values() {
        lay(&folder(config), &both, &new.pair("test", config.node_id));
    }
    // Node 3 begins anew and is let in: whoever takes its pair has taken the new CA.
    cluster.kill(3).await;
    cluster.restart(3).await;
    cluster.ready().await;
    eventually("node 3 is let in by both", || {
        cluster.node(3).status().peers.iter().all(|peer| peer.connected)
    })
    .await;
    for config in cluster.configs.values() {
        lay(&folder(config), &new.pem(), &new.pair("test", config.node_id));
    }
    // It trusts the new CA alone now, so nodes 1 and 2 get in only with their new pairs.
    cluster.kill(3).await;
    cluster.restart(3).await;
    cluster.ready().await;
    works(&cluster).await;

    // What cannot be used changes nothing.
    for config in cluster.configs.values() {
        lay(&folder(config), "-----BEGIN", &old.pair("test", config.node_id));
    }
    let good = lay(&folder(&cluster.configs[&3]), &new.pem(), &new.pair("test", 3));
    assert_eq!(cluster.configs[&3].tls.as_ref(), Some(&good));
    cluster.kill(3).await;
    cluster.restart(3).await;
    cluster.ready().await;
    works(&cluster).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_at_the_peer_port_harms_nobody() {
    let ca = Authority::new();
    let cluster = certified(&ca).await;
    let addr = cluster.configs[&1].peer_listen;
    let mut silent = TcpStream::connect(addr).await.unwrap();
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16; 3_000], b"\x16\x03\x01\x00\x05", b"STOA"]
    {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        socket.write_all(garbage).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // It ends, in whatever way, and says nothing that a stranger may not know.
        let _reset = socket.read_to_end(&mut answer).await;
        assert!(answer.len() < 300, "{answer:?}");
    }
    works(&cluster).await;
    let mut nothing = Vec::new();
    let _reset = silent.read_to_end(&mut nothing).await;
    assert!(nothing.is_empty(), "a silent stranger is let go: {nothing:?}");
    assert!(cluster.nodes.values().all(|node| node.ready().is_ok()));
}
