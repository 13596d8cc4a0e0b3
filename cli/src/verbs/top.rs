//! `stoa top`: what the nodes do just now, each second anew; from their own metrics.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use api_client::{Client, ClusterStatus};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{
    exposition::Scrape,
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How long a rate is measured for, in milliseconds.
const EACH_MS: u64 = 1_000;

/// Flags of `stoa top`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Look once and end, as it does where nobody watches
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    target: Target,
}

/// What one node does. Times are the upper bounds of histograms' buckets, in milliseconds; none
/// where nothing was counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Busy {
    node: u64,
    alive: bool,
    leads: Vec<u16>,
    requests_per_s: f64,
    orders_per_s: f64,
    failures_per_s: f64,
    request_p99_ms: Option<f64>,
    entries_per_s: f64,
    entry_p99_ms: Option<f64>,
    fsync_p99_ms: Option<f64>,
    waiting: f64,
    lag: f64,
    search_lag: f64,
    read_age_ms: f64,
    calls_pending: f64,
    overdue_ms: f64,
}

/// One look at every node that answers.
struct Look {
    at: Instant,
    scrapes: BTreeMap<u64, Scrape>,
}

/// Prints what the nodes do: once, or on a terminal until Ctrl-C. Degraded: a node is silent.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let mut before = look(args, &client.cluster_status().await?).await?;
    let live = output.is_live() && !args.once;
    let board = ProgressBar::new_spinner();
    if let Ok(plain) = ProgressStyle::with_template("{msg}") {
        board.set_style(plain);
    }
    loop {
        tokio::time::sleep(Duration::from_millis(EACH_MS)).await;
        // The node that was asked first may be the one that has died.
        let status = args.target.client().await?.cluster_status().await?;
        let now = look(args, &status).await?;
        let busy: Vec<_> = status.nodes.iter().map(|node| busy(node, &before, &now)).collect();
        if !live {
            output.data(&busy, |busy| text(busy));
            let silent = busy.iter().any(|node| !node.alive);
            return Ok(if silent { Exit::Degraded } else { Exit::Ok });
        }
        board.set_message(format!("\n{}\n(Ctrl-C ends it)", text(&busy)));
        before = now;
    }
}

async fn look(args: &Args, status: &ClusterStatus) -> Result<Look, Failure> {
    let mut asked = Vec::new();
    for node in status.nodes.iter().filter(|node| node.alive) {
        let client: Client = args.target.client_of(node.ops_url.as_ref().unwrap_or(&node.url))?;
        asked.push((node.id, tokio::spawn(async move { client.metrics().await })));
    }
    let mut scrapes = BTreeMap::new();
    for (id, answer) in asked {
        match answer.await {
            Ok(Ok(text)) => {
                scrapes.insert(id, Scrape::parse(&text));
            }
            // Whoever may not read one node's metrics may not read the others'.
            Ok(Err(error @ api_client::Error::Problem { .. })) => return Err(error.into()),
            Ok(Err(_)) | Err(_) => {}
        }
    }
    Ok(Look { at: Instant::now(), scrapes })
}

fn busy(node: &api_client::ClusterNode, before: &Look, now: &Look) -> Busy {
    let (Some(then), Some(scrape)) = (before.scrapes.get(&node.id), now.scrapes.get(&node.id))
    else {
        return Busy { node: node.id, ..Busy::default() };
    };
    let elapsed = now.at.duration_since(before.at).as_secs_f64().max(f64::EPSILON);
    let rate = |name: &str, labels: &[(&str, &str)]| {
        // A node that was started anew counts from zero.
        (scrape.sum(name, labels) - then.sum(name, labels)).max(0.0) / elapsed
    };
    let requests = "stoa_http_requests_total";
    let p99 = |name: &str| scrape.quantile_since(then, name, 0.99).map(|seconds| seconds * 1e3);
    Busy {
        node: node.id,
        alive: node.alive,
        leads: node.leads.clone(),
        requests_per_s: rate(requests, &[]),
        orders_per_s: rate(
            requests,
            &[("route", "/v1/orders"), ("method", "POST"), ("status", "201")],
        ),
        failures_per_s: rate(requests, &[("status", "500")]) + rate(requests, &[("status", "503")]),
        request_p99_ms: p99("stoa_http_request_seconds"),
        entries_per_s: rate("stoa_raft_applied_index", &[]),
        entry_p99_ms: p99("stoa_raft_entry_seconds"),
        fsync_p99_ms: p99("stoa_raft_wal_sync_seconds"),
        waiting: scrape.sum("stoa_raft_proposals_waiting", &[]),
        lag: scrape.max("stoa_raft_follower_lag_entries"),
        search_lag: scrape.max("stoa_search_lag_entries"),
        read_age_ms: scrape.max("stoa_read_age_seconds") * 1e3,
        calls_pending: scrape.sum("stoa_provider_calls_pending", &[]),
        overdue_ms: scrape.max("stoa_timers_overdue_seconds") * 1e3,
    }
}

fn text(nodes: &[Busy]) -> String {
    let header = [
        "node",
        "leads",
        "req/s",
        "orders/s",
        "5xx/s",
        "p99 ms",
        "entries/s",
        "entry p99",
        "fsync p99",
        "waiting",
        "lag",
        "search lag",
        "read age",
        "calls",
        "overdue",
    ];
    let whole = |value: f64| format!("{value:.0}");
    let rows: Vec<Vec<String>> = nodes
        .iter()
        .map(|node| {
            if !node.alive {
                return vec![node.node.to_string(), "does not answer".to_owned()];
            }
            vec![
                node.node.to_string(),
                super::cluster_status::leads(&node.leads),
                whole(node.requests_per_s),
                whole(node.orders_per_s),
                whole(node.failures_per_s),
                bound(node.request_p99_ms),
                whole(node.entries_per_s),
                bound(node.entry_p99_ms),
                bound(node.fsync_p99_ms),
                whole(node.waiting),
                whole(node.lag),
                whole(node.search_lag),
                format!("{:.0} ms", node.read_age_ms),
                whole(node.calls_pending),
                format!("{:.0} ms", node.overdue_ms),
            ]
        })
        .collect();
    table(&header, &rows)
}

/// The upper bound of a bucket, in milliseconds.
fn bound(millis: Option<f64>) -> String {
    match millis {
        None => "-".to_owned(),
        Some(millis) if millis.is_finite() => format!("≤ {millis}"),
        Some(_) => "beyond".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: Instant, text: &str) -> Look {
        Look { at, scrapes: BTreeMap::from([(1, Scrape::parse(text))]) }
    }

    #[test]
    fn rates_are_of_the_time_between_two_looks() {
        let node = |id| api_client::ClusterNode {
            id,
            pid: None,
            url: String::new(),
            ops_url: None,
            alive: true,
            leads: vec![1],
            clock_offset_ms: None,
        };
        let series = "stoa_http_requests_total{route=\"/v1/orders\",method=\"POST\",status=";
        let began = Instant::now();
        let before = look(began, &format!("{series}\"201\"}} 10\n{series}\"503\"}} 1\n"));
        let text =
            format!("{series}\"201\"}} 210\n{series}\"503\"}} 3\nstoa_raft_proposals_waiting 7");
        let now = look(began + Duration::from_secs(2), &text);
        let seen = busy(&node(1), &before, &now);
        assert_eq!((seen.orders_per_s, seen.failures_per_s, seen.waiting), (100.0, 1.0, 7.0));
        assert_eq!(seen.requests_per_s, 101.0);
        let silent = busy(&node(2), &before, &now);
        assert!(!silent.alive);
        assert!(super::text(&[seen, silent]).contains("does not answer"));
    }
}
