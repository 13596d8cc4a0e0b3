//! `stoa-bench`: loads a cluster, reports what it did, and fails when it did not do it right.

use std::process::ExitCode;

fn main() -> ExitCode {
    bench::main()
}
