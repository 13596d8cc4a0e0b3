//! What the cluster says of itself, and waiting for it to say what is wanted.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use api_client::ClusterStatus;

use super::process::NodeProcess;
use crate::error::Failure;
use crate::http::Api;

/// How long a node may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// How long a returned node may take to catch up and to get shards to lead.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(120);
/// How long a node may take to tell the status.
const STATUS_WITHIN: Duration = Duration::from_secs(10);
/// How often is asked.
const POLL_EVERY: Duration = Duration::from_millis(20);
/// How far a node's applied index may be behind another's to count as caught up, in log entries.
const LAG_MAX: u64 = 50;

/// The status as a node sees it.
pub(crate) async fn cluster_status(addr: SocketAddr) -> Result<ClusterStatus, Failure> {
    let path = "/v1/cluster/status";
    Api::new(addr)
        .get_patiently(path, STATUS_WITHIN)
        .await
        .map_err(Failure::ask(format!("GET {path} of {addr}")))
}

/// Waits until a node says that it is ready; says how long that took.
pub(crate) async fn wait_ready(node: &mut NodeProcess) -> Result<Duration, Failure> {
    let begun = Instant::now();
    while !Api::new(node.http).is_ok("/readyz").await {
        node.check()?;
        if begun.elapsed() > READY_WITHIN {
            return Err(Failure::Cluster(format!("node {} does not become ready", node.id)));
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
    Ok(begun.elapsed())
}

/// Waits until all nodes are as far as the first one was when asked, and leaders are spread: no
/// node leads more than its share. Says how long that took.
pub(crate) async fn wait_caught_up(addrs: &[SocketAddr]) -> Result<Duration, Failure> {
    let begun = Instant::now();
    loop {
        if caught_up(addrs).await.unwrap_or(false) {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > CAUGHT_UP_WITHIN {
            return Err(Failure::Cluster("the nodes do not catch up or spread leaders".to_owned()));
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}

async fn caught_up(addrs: &[SocketAddr]) -> Result<bool, Failure> {
    let mut seen = Vec::new();
    for addr in addrs {
        seen.push(cluster_status(*addr).await?);
    }
    let Some(first) = seen.first() else { return Ok(true) };
    let near = seen.iter().all(|status| {
        let pairs = status.shards.iter().zip(&first.shards);
        pairs.clone().count() == first.shards.len()
            && pairs.into_iter().all(|(shard, other)| {
                shard.applied_index.saturating_add(LAG_MAX) >= other.applied_index
            })
    });
    let led: usize = first.nodes.iter().map(|node| node.leads.len()).sum();
    let share = first.shards.len().div_ceil(first.nodes.len().max(1));
    let spread = first.nodes.iter().all(|node| node.alive && node.leads.len() <= share);
    Ok(near && spread && led == first.shards.len())
}
