//! `stoa search rebuild`: a node's search index made anew from its rows, while the old one answers.

use api_client::{RebuildSearch, SearchRebuild};

use super::search_verify::nodes;
use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// Flags of `stoa search rebuild`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// At this node only; at every node if absent
    #[arg(long)]
    node: Option<u64>,
    /// This shard's part only
    #[arg(long)]
    shard: Option<u16>,
    #[command(flatten)]
    target: Target,
}

/// Asks for it, and prints what will be made anew. `stoa search verify` tells when it is done.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let mut asked = Vec::new();
    for node in nodes(&args.target, args.node).await? {
        let client = args.target.client_of(node.ops_url.as_ref().unwrap_or(&node.url))?;
        asked.push(client.rebuild_search(&RebuildSearch { shard: args.shard }).await?);
    }
    output.data(&asked, |asked| text(asked));
    Ok(Exit::Ok)
}

fn text(asked: &[SearchRebuild]) -> String {
    let row = |it: &SearchRebuild| {
        let shards: Vec<_> = it.shards.iter().map(ToString::to_string).collect();
        vec![it.node.to_string(), shards.join(" ")]
    };
    table(&["node", "shards to rebuild"], &asked.iter().map(row).collect::<Vec<_>>())
}
