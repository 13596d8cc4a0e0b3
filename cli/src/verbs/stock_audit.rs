//! `stoa stock audit`: every invariant over all shards, by the engine's own functions.

use api_client::Audit;

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// Flags of `stoa stock audit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
}

/// Prints what the audit found. A violation is a failure.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let audit = args.target.client().await?.audit().await?;
    output.data(&audit, text);
    Ok(if audit.ok { Exit::Ok } else { Exit::Failed })
}

fn text(audit: &Audit) -> String {
    let checked = format!("{} shards in {} ms", audit.checked.shards, audit.checked.took_ms);
    if audit.ok {
        return format!("ok: every invariant holds, {checked}");
    }
    let rows: Vec<Vec<String>> = audit
        .violations
        .iter()
        .map(|found| {
            let shard = found.shard.map_or_else(|| "all".to_string(), |id| id.to_string());
            vec![found.invariant.clone(), shard, found.what.clone()]
        })
        .collect();
    let count = audit.violations.len();
    format!("{count} violations, {checked}\n\n{}", table(&["invariant", "shard", "what"], &rows))
}
