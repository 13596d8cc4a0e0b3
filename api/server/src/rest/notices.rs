//! `/v1/notices`: what customers are told of their orders by mail, and is not sent.

use api_client::{List, Notice as WireNotice, ReplayedNotices};
use axum::extract::State;
use axum::response::Response;
use engine_core::notice::{Notice, NoticeId};
use engine_core::{Command, OrderId, ReplayDeadNotices, Reply, ShardId, read};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::access::By;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, NoBody, Query};
use crate::openapi::{Op, Routes};
use crate::state::{App, unexpected};
use crate::time::rfc3339;

/// The routes of `/v1/notices`.
pub fn routes() -> Routes {
    let state = json!({"type": "string", "enum": ["waiting", "dead"], "default": "waiting"});
    Routes::of("notices")
        .on(
            Op::get("/v1/notices", "listNotices", "Notices that wait, or that were given up")
                .about("Shard by shard: what is due first, or was given up first, comes first.")
                .own_parameter(json!({
                    "name": "state", "in": "query",
                    "description": "Those that wait to be sent, or those that were given up.",
                    "schema": state,
                }))
                .fresh()
                .page()
                .lists::<WireNotice>("A page of notices."),
            list,
        )
        .on(
            Op::post("/v1/notices/replay", "replayNotices", "Has dead notices tried once more")
                .about("All of them, with all attempts anew, the first at once.")
                .no_body()
                .refuses(&[Code::InvalidParameter, Code::InvalidHeader, Code::TooStale])
                .answers::<ReplayedNotices>(200, "How many."),
            replay,
        )
}

/// The parameters of a list of notices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    state: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
    #[expect(dead_code, reason = "read by `Freshness`, allowed here")]
    consistency: Option<String>,
}

/// `GET /v1/notices`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let limit = extract::limit(params.limit)?;
    let state = params.state.as_deref().unwrap_or("waiting");
    let rows = match state {
        "waiting" => read::notices_waiting,
        "dead" => read::notices_dead,
        _ => {
            let detail = "a state is waiting or dead";
            return Err(Error::about(Code::InvalidParameter, "state", detail));
        }
    };
    let after = params.cursor.as_deref().map(place).transpose()?;
    let shards: Vec<ShardId> = app.topology.groups().collect();
    let seen = app.fresh(&shards, &wish).await?;
    let first = after.map(|(_, id)| app.topology.of_order(id.order));
    let mut found: Vec<(NoticeId, Notice)> = Vec::new();
    for shard in shards.into_iter().filter(|shard| first.is_none_or(|first| *shard >= first)) {
        let left = (limit + 1).saturating_sub(found.len());
        let from = after.filter(|_| first == Some(shard));
        found.extend(rows(&app.view(shard), from, left).map_err(Error::fault)?);
    }
    let page = answer::page(found, limit, |(id, row)| format!("{}-{id}", row.due));
    let data = page.data.into_iter().map(|(id, row)| told(id, &row, state)).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `POST /v1/notices/replay`
pub async fn replay(State(app): State<App>, by: By, _: NoBody) -> Result<Response, Error> {
    let groups: Vec<ShardId> = app.topology.groups().collect();
    let strong = Freshness { strong: true, ..Freshness::default() };
    app.fresh(&groups, &strong).await?;
    let mut replayed = 0;
    for shard in groups {
        let mut more = read::notice_head(&app.view(shard)).map_err(Error::fault)?.dead > 0;
        while more {
            let command = Command::ReplayDeadNotices(ReplayDeadNotices {});
            let written = app.write(by, shard, command).await?;
            let Reply::Moved { rows, more: left } = written.reply else {
                return Err(unexpected(&written.reply));
            };
            (replayed, more) = (replayed + u64::from(rows), left);
        }
    }
    answer::json(StatusCode::OK, &ReplayedNotices { replayed })
}

fn told(id: NoticeId, row: &Notice, state: &str) -> WireNotice {
    let due = rfc3339(row.due);
    let (due_at, given_up_at) = match state {
        "dead" => (None, Some(due)),
        _ => (Some(due), None),
    };
    WireNotice {
        id: id.to_string(),
        order_id: id.order.to_string(),
        kind: row.kind.as_str().to_owned(),
        state: state.to_owned(),
        timestamp: rfc3339(row.at),
        attempts: row.attempts,
        last_code: row.code,
        due_at,
        given_up_at,
    }
}

/// The notice after which a page begins: its time in milliseconds, a hyphen, its id.
fn place(text: &str) -> Result<(u64, NoticeId), Error> {
    let parsed = || {
        let (at, id) = text.split_once('-')?;
        let (order, number) = id.rsplit_once('-')?;
        let order: OrderId = order.parse().ok()?;
        Some((at.parse().ok()?, NoticeId { order, number: number.parse().ok()? }))
    };
    parsed().ok_or_else(|| {
        Error::about(Code::InvalidParameter, "cursor", "a cursor is what next_cursor said")
    })
}
