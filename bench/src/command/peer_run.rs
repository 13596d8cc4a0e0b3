//! `peer`: one scenario against PostgreSQL alone.

use std::sync::Arc;

use crate::args::RunArgs;
use crate::error::Failure;
use crate::peer::PeerReport;
use crate::report::emit;
use crate::workload::Crowd;

/// Measures PostgreSQL; says whether its tables hold what its clients were told.
pub(super) async fn run(args: &RunArgs) -> Result<bool, Failure> {
    let Some(url) = args.peer.peer.as_ref().filter(|_| args.scenario.has_peer()) else {
        let what = "peer needs --peer postgres://… and a scenario that PostgreSQL can be asked";
        return Err(Failure::Usage(what.to_owned()));
    };
    let (clients, seed) = (args.load.clients, args.load.seed);
    let crowd = Crowd { clients, run: Arc::from("peer"), seed };
    let reports = PeerReport::measure(url, args, &crowd).await?;
    emit(&reports, args.report.json.as_deref())?;
    Ok(reports.iter().all(|report| report.holds))
}
