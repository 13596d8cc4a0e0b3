//! `stoa`, the operator's command line: a noun, a verb, and an exit code that means something.
//!
//! Data goes to stdout, everything else to stderr. `--json` turns the data into one JSON document.
//! Exit: 0 all is well, 1 it works but something is degraded, 2 it failed. It speaks HTTP through
//! `api-client` and starts `stoad` processes; it knows nothing of the engine.
//!
//! One file per verb in `verbs`; `demo` runs a local cluster; `catalog` reads and imports products;
//! `cert` makes and reads certificates.

mod args;
mod catalog;
mod cert;
mod demo;
mod exposition;
mod failure;
mod money;
mod output;
mod target;
mod verbs;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Cli, failure::Exit, output::Output};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.note(&format!("stoa: cannot start: {error}"));
            return Exit::Failed.into();
        }
    };
    match runtime.block_on(verbs::run(cli.noun, &output)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            Exit::Failed.into()
        }
    }
}
