//! `stoa cluster status`: who is alive, who leads what.

use api_client::{ClusterNode, ClusterShard, ClusterStatus};

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// Flags of `stoa cluster status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
}

/// Prints the status. Degraded: a node does not answer, or a shard has no leader.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let status = args.target.client().await?.cluster_status().await?;
    output.data(&status, text);
    Ok(if status.healthy { Exit::Ok } else { Exit::Degraded })
}

fn text(status: &ClusterStatus) -> String {
    let health = if status.healthy { "healthy" } else { "degraded" };
    format!(
        "cluster {} ({}): {health}, as node {} sees it\n\n{}\n{}",
        status.cluster_id,
        status.currency,
        status.answered_by,
        nodes(&status.nodes),
        shards(&status.shards)
    )
}

/// The nodes as a table.
pub fn nodes(nodes: &[ClusterNode]) -> String {
    let rows: Vec<Vec<String>> = nodes
        .iter()
        .map(|node| {
            vec![
                node.id.to_string(),
                if node.alive { "alive" } else { "down" }.to_string(),
                node.url.clone(),
                node.pid.map_or_else(|| "-".to_string(), |pid| pid.to_string()),
                leads(&node.leads),
                node.clock_offset_ms.map_or_else(|| "-".to_string(), |ms| format!("{ms} ms")),
            ]
        })
        .collect();
    table(&["node", "state", "url", "pid", "leads", "clock"], &rows)
}

/// The shards that a node leads, as words.
pub fn leads(shards: &[u16]) -> String {
    let names: Vec<String> =
        shards.iter().map(|id| if *id == 0 { "meta".into() } else { id.to_string() }).collect();
    if names.is_empty() { "-".to_string() } else { names.join(" ") }
}

fn shards(shards: &[ClusterShard]) -> String {
    let rows: Vec<Vec<String>> = shards
        .iter()
        .map(|shard| {
            let voters: Vec<String> = shard.voters.iter().map(u64::to_string).collect();
            vec![
                leads(&[shard.id]),
                shard.leader.map_or_else(|| "none".to_string(), |id| format!("node {id}")),
                shard.term.to_string(),
                shard.last_log_index.to_string(),
                shard.applied_index.to_string(),
                voters.join(" "),
            ]
        })
        .collect();
    table(&["shard", "leader", "term", "log", "applied", "voters"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_node_and_a_shard_without_leader_can_be_seen() {
        let dead = ClusterNode {
            id: 2,
            pid: None,
            url: "http://127.0.0.1:7102".into(),
            ops_url: None,
            alive: false,
            leads: vec![],
            clock_offset_ms: None,
        };
        assert!(nodes(&[dead]).contains("2     down   http://127.0.0.1:7102  -    -      -"));
        let shard = ClusterShard {
            id: 0,
            leader: None,
            term: 7,
            last_log_index: 12,
            applied_index: 11,
            voters: vec![1, 2, 3],
            as_of_ms: 0,
        };
        assert!(shards(&[shard]).contains("meta   none    7     12   11       1 2 3"));
    }
}
