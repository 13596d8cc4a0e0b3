//! What goes wrong while orders live: the provider's faults, nodes that die or hang, leaders that
//! change. One thing at a time is away, so that the cluster keeps its quorum.

use std::time::Duration;

use api_client::TransferLeader;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tests::Cluster;
use tokio::time::{Interval, MissedTickBehavior};

/// How often something happens, in milliseconds.
const BEAT_MS: u64 = 1_500;

/// Makes trouble until it is dropped; [`heal`] ends what was under way.
pub async fn reign(cluster: &mut Cluster, seed: u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut beat = tokio::time::interval(Duration::from_millis(BEAT_MS));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let node = chance.random_range(1..=cluster.ids().count());
        match chance.random_range(0..12) {
            0..4 => cluster.stripe().knobs(&knobs(&mut chance)).await,
            4 => transfer(cluster, &mut chance, node).await,
            5 | 6 => {
                cluster.kill9(node);
                beat.tick().await;
                cluster.start_node(node);
                cluster.ready().await;
            }
            7 => {
                cluster.stop(node);
                beats(&mut beat, 2).await;
                cluster.cont(node);
                cluster.ready().await;
            }
            8 => {
                cluster.term(node).await;
                cluster.start_node(node);
                cluster.ready().await;
            }
            9 => {
                cluster.stripe().kill9();
                beat.tick().await;
                cluster.stripe().again().await;
            }
            10 => {
                cluster.stripe().stop();
                beat.tick().await;
                cluster.stripe().cont();
            }
            _ => beats(&mut beat, 2).await,
        }
    }
}

async fn beats(beat: &mut Interval, count: u32) {
    for _ in 0..count {
        beat.tick().await;
    }
}

async fn transfer(cluster: &Cluster, chance: &mut ChaCha8Rng, node: usize) {
    let shards = cluster.status().await.shards.len();
    let shard = u16::try_from(chance.random_range(0..shards)).unwrap();
    let transfer = TransferLeader { shard, to: node as u64 };
    // It may lead already, or not be there: then nothing happens.
    let _ = cluster.client(node).transfer_leader(&transfer).await;
}

/// Every knob of the stand-in, turned a little.
fn knobs(chance: &mut ChaCha8Rng) -> Value {
    let mut share = |most: u32| chance.random_range(0..=most);
    json!({
        "latency_min_ms": 0, "latency_max_ms": share(60),
        "answer_lost": share(40), "error_after": share(40), "error_before": share(40),
        "too_many": share(40),
        "webhook_twice": share(100), "webhook_reordered": share(100),
        "webhook_late": share(100), "webhook_late_ms": 2_000,
        "webhook_lost": share(100), "webhook_forged": share(50),
    })
}

/// Everything is there again, and nothing goes wrong any more.
pub async fn heal(cluster: &mut Cluster) {
    cluster.stripe().cont();
    cluster.stripe().kill9();
    cluster.stripe().again().await;
    cluster.stripe().knobs(&json!({})).await;
    for node in cluster.ids() {
        if cluster.runs(node) {
            cluster.cont(node);
        }
    }
    cluster.start_all();
    cluster.ready().await;
}
