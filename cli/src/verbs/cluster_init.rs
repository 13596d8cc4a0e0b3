//! `stoa cluster init`: the first API key of a new cluster.

use crate::{
    failure::{Exit, Failure},
    output::Output,
    target::Target,
};

/// Flags of `stoa cluster init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Type it on a node's own machine, once: the key it prints may do everything, and nobody can show it
again. Make narrower keys with it: `stoa key create --role seller --name shop`.")]
pub struct Args {
    #[command(flatten)]
    target: Target,
}

/// Prints the key.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let shown = args.target.client().await?.init().await?;
    output.data(&shown, super::key::secret);
    Ok(Exit::Ok)
}
