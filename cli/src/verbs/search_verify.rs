//! `stoa search verify`: every node's search index compared with its rows, shard by shard.

use std::time::Duration;

use api_client::{ClusterNode, Error, SearchIndexStatus};
use serde::Serialize;

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How long a node may take to read all of its products, in milliseconds.
const VERIFY_MS: u64 = 300_000;

/// Flags of `stoa search verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ask this node only
    #[arg(long)]
    node: Option<u64>,
    #[command(flatten)]
    target: Target,
}

/// What a node said, or why it did not.
#[derive(Debug, Serialize)]
struct Asked {
    node: u64,
    status: Option<SearchIndexStatus>,
    why: Option<String>,
}

/// Prints what every node says. Degraded: an index differs from its rows, or a node is silent.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let nodes = nodes(&args.target, args.node).await?;
    let mut asked = Vec::new();
    // One after another: each reads all of its products.
    for node in nodes {
        let client = args.target.client_of(node.ops_url.as_ref().unwrap_or(&node.url))?;
        let client = client.with_timeout(Duration::from_millis(VERIFY_MS));
        let (status, why) = match client.verify_search().await {
            Ok(status) => (Some(status), None),
            // Whoever may not ask one node may not ask the others.
            Err(error @ Error::Problem { .. }) => return Err(error.into()),
            Err(error) => (None, Some(error.to_string())),
        };
        asked.push(Asked { node: node.id, status, why });
    }
    output.data(&asked, |asked| text(asked));
    let equal = |asked: &Asked| asked.status.as_ref().is_some_and(|status| status.equal);
    Ok(if asked.iter().all(equal) { Exit::Ok } else { Exit::Degraded })
}

/// Every node of the cluster, or one of them.
pub async fn nodes(target: &Target, one: Option<u64>) -> Result<Vec<ClusterNode>, Failure> {
    let mut nodes = target.client().await?.cluster_status().await?.nodes;
    nodes.retain(|node| one.is_none_or(|one| node.id == one));
    match (one, nodes.is_empty()) {
        (Some(one), true) => {
            Err(Failure::new(format!("there is no node {one}"), "stoa cluster status"))
        }
        _ => Ok(nodes),
    }
}

fn text(asked: &[Asked]) -> String {
    let mut rows = Vec::new();
    for Asked { node, status, why } in asked {
        let Some(status) = status else {
            let why = why.clone().unwrap_or_default();
            rows.push(vec![node.to_string(), "-".to_owned(), why]);
            continue;
        };
        for it in &status.shards {
            let state = if it.rebuilding { "rebuilding" } else { &it.state };
            let in_rows = it.rows.map_or_else(|| "-".to_owned(), |rows| rows.to_string());
            rows.push(vec![
                node.to_string(),
                it.shard.to_string(),
                state.to_owned(),
                it.position.to_string(),
                it.products.to_string(),
                in_rows,
                it.digest.clone(),
            ]);
        }
    }
    table(&["node", "shard", "state", "position", "products", "rows", "digest"], &rows)
}
