//! `suite`: every scenario after the other, each on a cluster of its own.

use clap::ValueEnum as _;

use super::bench_run;
use crate::args::{RunArgs, SuiteArgs};
use crate::error::Failure;
use crate::report::emit;
use crate::workload::Scenario;

/// Measures all scenarios; says whether everything held in each.
pub(super) async fn run(args: &SuiteArgs) -> Result<bool, Failure> {
    let (mut reports, mut holds) = (Vec::new(), true);
    for scenario in Scenario::value_variants() {
        eprintln!("{}", scenario.name());
        let run = RunArgs {
            scenario: *scenario,
            target: args.target.clone(),
            load: args.load.clone(),
            peer: args.peer.clone(),
            report: args.report.clone(),
        };
        let report = bench_run::measure(&run).await?;
        emit(&report, None)?;
        holds &= report.holds();
        reports.push(report);
    }
    if let Some(path) = &args.report.json {
        std::fs::write(path, serde_json::to_vec_pretty(&reports)?)?;
    }
    Ok(holds)
}
