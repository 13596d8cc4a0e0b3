//! The view after the start: who is alive and who leads, refreshed in place on a terminal; told
//! on stderr, change by change, where nobody watches.

use std::time::{Duration, Instant};

use api_client::{ClusterStatus, NodeSelf};
use indicatif::{ProgressBar, ProgressStyle};

use super::cluster::Cluster;
use crate::{
    output::{Output, table},
    verbs::cluster_status::leads,
};

/// How often it looks, in milliseconds.
const LOOK_MS: u64 = 1_000;

/// What was seen of the cluster at one moment.
struct Seen {
    nodes: Vec<Option<NodeSelf>>,
    status: Option<ClusterStatus>,
    at: Instant,
}

/// Watches until the future is dropped.
pub async fn watch(cluster: &Cluster, output: &Output) {
    let mut looks = tokio::time::interval(Duration::from_millis(LOOK_MS));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before: Option<Seen> = None;
    let board = ProgressBar::new_spinner();
    if let Ok(plain) = ProgressStyle::with_template("{msg}") {
        board.set_style(plain);
    }
    loop {
        looks.tick().await;
        let seen = look(cluster).await;
        if output.is_live() {
            board.set_message(view(cluster, &seen, before.as_ref()));
        } else if let Some(before) = &before {
            tell_changes(cluster, before, &seen, output);
        }
        before = Some(seen);
    }
}

async fn look(cluster: &Cluster) -> Seen {
    let asked: Vec<_> = cluster
        .nodes
        .iter()
        .map(|node| {
            let client = node.client.clone();
            tokio::spawn(async move { client.node_self().await.ok() })
        })
        .collect();
    let mut nodes = Vec::new();
    for answer in asked {
        nodes.push(answer.await.ok().flatten());
    }
    let mut status = None;
    for (node, itself) in cluster.nodes.iter().zip(&nodes) {
        if itself.is_some() && status.is_none() {
            status = node.client.cluster_status().await.ok();
        }
    }
    Seen { nodes, status, at: Instant::now() }
}

fn view(cluster: &Cluster, seen: &Seen, before: Option<&Seen>) -> String {
    let mut rows: Vec<Vec<String>> = cluster
        .nodes
        .iter()
        .zip(&seen.nodes)
        .map(|(node, itself)| match itself {
            Some(itself) => vec![
                node.file.id.to_string(),
                "alive".to_string(),
                node.file.url(),
                itself.pid.to_string(),
                leads(&itself.leads),
            ],
            None => {
                let state = if node.process.pid().is_some() { "silent" } else { "down" };
                let start = format!("start it: {} &", node.process.start_script().display());
                let id = node.file.id.to_string();
                vec![id, state.to_string(), node.file.url(), "-".to_string(), start]
            }
        })
        .collect();
    rows.push(stand_in(cluster));
    let table = table(&["node", "state", "url", "pid", "leads"], &rows);
    format!("\n{table}\n{}   (Ctrl-C stops every node)", headline(seen, before))
}

/// The stand-in for Stripe, as a row.
fn stand_in(cluster: &Cluster) -> Vec<String> {
    let (url, page) = (cluster.folder.cluster.stripe_url(), "/_sim/");
    let (state, pid, note) = match cluster.stripe.pid() {
        Some(pid) => ("alive", pid.to_string(), "a stand-in for Stripe".to_string()),
        None => {
            let start = cluster.stripe.start_script();
            ("down", "-".to_string(), format!("start it: {} &", start.display()))
        }
    };
    vec!["cards".to_string(), state.to_string(), format!("{url}{page}"), pid, note]
}

fn headline(seen: &Seen, before: Option<&Seen>) -> String {
    let Some(status) = &seen.status else { return "no node answers".to_string() };
    let health = if status.healthy { "healthy" } else { "degraded" };
    let entries = applied(status);
    let rate = before.and_then(|before| {
        let grown = entries.saturating_sub(applied(before.status.as_ref()?));
        let millis = u64::try_from((seen.at - before.at).as_millis()).ok()?;
        grown.saturating_mul(1_000).checked_div(millis)
    });
    let rate = rate.map(|rate| format!(", {rate}/s")).unwrap_or_default();
    format!("{health}: {entries} log entries{rate}")
}

fn applied(status: &ClusterStatus) -> u64 {
    status.shards.iter().map(|shard| shard.applied_index).sum()
}

fn tell_changes(cluster: &Cluster, before: &Seen, seen: &Seen, output: &Output) {
    for (at, node) in cluster.nodes.iter().enumerate() {
        match (&before.nodes[at], &seen.nodes[at]) {
            (Some(_), None) => output.note(&format!("node {} does not answer", node.file.id)),
            (None, Some(itself)) => {
                output.note(&format!("node {} is back: process {}", node.file.id, itself.pid));
            }
            _ => {}
        }
    }
}
