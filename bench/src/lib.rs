//! `stoa-bench`: what a Stoa cluster does per second, how long that takes, and whether it was
//! right.
//!
//! It knows the cluster by HTTP only. A `workload` says what clients ask; `load` makes them ask
//! it, in closed or open loop; `stoa` and `peer` are whom they ask; the `ledger` checks
//! afterwards that everything a client was told is so; `faults` breaks nodes meanwhile. Start at
//! `command`.

mod args;
mod catalog;
mod cluster;
mod command;
mod error;
mod faults;
mod http;
mod ledger;
mod load;
mod peer;
mod report;
mod stage;
mod stoa;
mod workload;

use std::process::ExitCode;

use clap::Parser as _;

/// The exit code of a measurement that could not be made.
const FAILED_TO_MEASURE: u8 = 1;
/// The exit code of a run in which something did not hold.
const DID_NOT_HOLD: u8 = 2;

/// Runs the program.
pub fn main() -> ExitCode {
    let args = args::Args::parse();
    // One thread: the generator leaves the cores to what it measures, and needs no more itself.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("stoa-bench: {error}");
            return ExitCode::from(FAILED_TO_MEASURE);
        }
    };
    match runtime.block_on(command::run(args)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DID_NOT_HOLD),
        Err(failure) => {
            eprintln!("stoa-bench: {failure}");
            ExitCode::from(FAILED_TO_MEASURE)
        }
    }
}
