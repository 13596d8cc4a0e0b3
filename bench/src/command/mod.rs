//! The verbs of the command line, one file each. Each says whether everything held.

mod bench_run;
mod fault_run;
mod footprint;
mod overload;
mod peer_run;
mod suite;

use crate::args::{Args, Command};
use crate::error::Failure;

/// Does what the command line asks for.
pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    match args.command {
        Command::Run(args) => bench_run::run(&args).await,
        Command::Suite(args) => suite::run(&args).await,
        Command::Peer(args) => peer_run::run(&args).await,
        Command::Faults(args) => fault_run::run(&args).await,
        Command::Overload(args) => overload::run(&args).await,
        Command::Footprint(args) => footprint::run(&args).await,
    }
}
