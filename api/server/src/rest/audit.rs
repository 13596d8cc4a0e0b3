//! `/v1/audit`: every invariant over every shard, on this node's replicas after a strong read.
//!
//! Shards are read one after another while orders flow, so a message under way can look like a
//! difference between two of them. Such a difference is read again for a while, and told only if it
//! was there every time.

use std::time::{Duration, Instant};

use api_client::{Audit, Checked, Violation};
use axum::extract::State;
use axum::response::Response;
use engine_core::{Shard, ShardId, View, invariants};
use hyper::StatusCode;
use tokio::sync::Semaphore;

use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::openapi::{Op, Routes};
use crate::state::{App, AppState};

/// How long a difference between shards is read again before it is told, in milliseconds.
const SETTLE_MS: u64 = 5_000;
/// How long to wait between two such reads, in milliseconds.
const AGAIN_MS: u64 = 250;

/// One audit at a time: it reads every row.
static TURN: Semaphore = Semaphore::const_new(1);

/// The route of `/v1/audit`.
pub fn routes() -> Routes {
    Routes::of("cluster").on(
        Op::get("/v1/audit", "audit", "Checks every invariant over all shards")
            .about("It reads every row: one at a time, others are 503 `overloaded`.")
            .refuses(&[Code::Overloaded, Code::NoQuorum, Code::Stopping])
            .answers::<Audit>(200, "What does not hold, if anything."),
        audit,
    )
}

/// `GET /v1/audit`
pub async fn audit(State(app): State<App>) -> Result<Response, Error> {
    let Ok(_turn) = TURN.try_acquire() else {
        return Err(Error::new(Code::Overloaded, "an audit is running; try again when it is done"));
    };
    let began = Instant::now();
    let shards: Vec<ShardId> = app.topology.groups().collect();
    let settle_until = began + Duration::from_millis(SETTLE_MS);
    let strong = Freshness { strong: true, ..Freshness::default() };
    let mut lasting: Option<Vec<Violation>> = None;
    let (violations, token) = loop {
        let seen = app.fresh(&shards, &strong).await?;
        let state = app.clone();
        let checked = tokio::task::spawn_blocking(move || state.check()).await;
        let Found { within, mut across } = checked.map_err(Error::fault)??;
        across.retain(|found| lasting.as_ref().is_none_or(|before| before.contains(found)));
        if across.is_empty() || Instant::now() >= settle_until {
            break ([within, across].concat(), seen.token());
        }
        lasting = Some(across);
        tokio::time::sleep(Duration::from_millis(AGAIN_MS)).await;
    };
    let checked =
        Checked { shards: shards.len() as u32, token, took_ms: began.elapsed().as_millis() as u64 };
    let audit = Audit { ok: violations.is_empty(), violations, checked };
    answer::json(StatusCode::OK, &audit)
}

/// What does not hold, in one shard or between shards.
struct Found {
    within: Vec<Violation>,
    across: Vec<Violation>,
}

/// What is done with the frozen rows of all shards.
type Reader<'a, R> = &'a dyn Fn(&[(ShardId, &dyn View)]) -> R;

impl AppState {
    /// Checks a frozen view of every shard.
    fn check(&self) -> Result<Found, Error> {
        let shards: Vec<ShardId> = self.topology.groups().collect();
        self.frozen(&shards, &[], &|views| self.check_views(views))
    }

    /// Freezes the shards' rows one after another, then reads.
    fn frozen<R>(
        &self,
        shards: &[ShardId],
        before: &[(ShardId, &dyn View)],
        read: Reader<'_, R>,
    ) -> R {
        let Some((shard, rest)) = shards.split_first() else { return read(before) };
        self.view(*shard).consistent(|view| {
            let mut views = before.to_vec();
            views.push((*shard, view));
            self.frozen(rest, &views, read)
        })
    }

    fn check_views(&self, views: &[(ShardId, &dyn View)]) -> Result<Found, Error> {
        let mut within = Vec::new();
        for (id, view) in views {
            let shard = Shard { id: *id, topology: self.topology };
            let found = invariants::check(*view, shard).map_err(Error::fault)?;
            within.extend(found.into_iter().map(|violation| told(Some(*id), violation)));
        }
        let across = invariants::check_across(views).map_err(Error::fault)?;
        let across = across.into_iter().map(|violation| told(None, violation)).collect();
        Ok(Found { within, across })
    }
}

fn told(shard: Option<ShardId>, violation: invariants::Violation) -> Violation {
    Violation {
        invariant: violation.invariant.to_owned(),
        shard: shard.map(|shard| shard.0),
        what: violation.what,
    }
}
