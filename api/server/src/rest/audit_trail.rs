//! `/v1/audit-trail`: who did what to what. (`/v1/audit` checks invariants: see `audit`.)

use api_client::{List, TrailActor, TrailChange, TrailRow, TrailThing};
use axum::extract::State;
use axum::response::Response;
use engine_core::ShardId;
use engine_core::audit::{Actor, AuditRow, Change, Fields, Value, Who};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Query};
use crate::http::RequestId;
use crate::openapi::{Op, Routes, limits};
use crate::refusals;
use crate::state::App;
use crate::time::{from_rfc3339, rfc3339};
use crate::trail::{Cursor, Sort, Wanted};

/// The route of `/v1/audit-trail`.
pub fn routes() -> Routes {
    let cursor = json!({
        "name": "cursor", "in": "query",
        "description": "The `next_cursor` of an earlier page, as it was given. It brings its order \
                        along.",
        "schema": limits::trail_cursor(),
    });
    let sort = json!({"type": "string", "enum": ["newest", "oldest"], "default": "newest"});
    let time = json!({"type": "string", "format": "date-time"});
    Routes::of("audit").on(
        Op::get("/v1/audit-trail", "listAuditTrail", "Who did what to what, over all shards")
            .about(
                "Every write of whoever shows an API key, or is trusted on the node's machine; \
                 refused ones too, once they have got as far as a shard. With `sort=oldest` there \
                 is always a `next_cursor`: keep it, and go on from there later. A page may have \
                 fewer rows than `limit`, or none, though `has_more` is true.",
            )
            .own_parameter(parameter(
                "actor",
                "Only what this one did: a key's id, `local` or `anonymous`.",
                limits::trail_actor(),
            ))
            .own_parameter(parameter(
                "target",
                "Only what was done to, or has changed, the thing of this id.",
                limits::trail_id(),
            ))
            .own_parameter(parameter("since", "Only from this time on (RFC 3339).", time.clone()))
            .own_parameter(parameter("until", "Only before this time (RFC 3339).", time))
            .own_parameter(parameter("sort", "In which order.", sort))
            .own_parameter(cursor)
            .parameter("Limit")
            .fresh()
            .refuses(&[Code::OutOfRange])
            .lists::<TrailRow>("A page of the trail."),
        list,
    )
}

fn parameter(name: &str, about: &str, schema: Json) -> Json {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

/// The parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    actor: Option<String>,
    target: Option<String>,
    since: Option<String>,
    until: Option<String>,
    sort: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
    #[expect(dead_code, reason = "read by `Freshness`, allowed here")]
    consistency: Option<String>,
}

/// `GET /v1/audit-trail`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let (wanted, after) = params.read()?;
    let shards: Vec<ShardId> = app.topology.groups().collect();
    let seen = app.fresh(&shards, &wish).await?;
    let oldest = after.sort == Sort::Oldest;
    let page = tokio::task::spawn_blocking(move || app.trail(&wanted, after)).await;
    let page = page.map_err(Error::fault)?.map_err(Error::fault)?;
    let data = page.rows.into_iter().map(told).collect();
    let next_cursor = (page.has_more || oldest).then(|| page.cursor.to_string());
    let list = List { data, has_more: page.has_more, next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &list)?))
}

impl Params {
    fn read(self) -> Result<(Wanted, Cursor), Error> {
        let bad = |name: &str, detail: &str| Error::about(Code::InvalidParameter, name, detail);
        let time = |name: &str, text: Option<String>| {
            let detail = "a time is as 2026-11-22T19:07:03Z (RFC 3339)";
            let read = |text: String| from_rfc3339(&text).ok_or_else(|| bad(name, detail));
            text.map(read).transpose()
        };
        let who = |text: String| {
            let detail = "an actor is the id of a key, `local` or `anonymous`";
            text.parse::<Who>().map_err(|_| bad("actor", detail))
        };
        let is_id = |id: &String| limits::is_trail_id(id);
        if self.target.as_ref().is_some_and(|id| !is_id(id)) {
            return Err(bad("target", "a target is an id, as prod_… or ord_…"));
        }
        let after = match (self.cursor, self.sort.as_deref()) {
            (Some(text), None | Some("newest" | "oldest")) => text
                .parse::<Cursor>()
                .map_err(|()| bad("cursor", "a cursor is what next_cursor said"))?,
            (None, None | Some("newest")) => Cursor::start(Sort::Newest),
            (None, Some("oldest")) => Cursor::start(Sort::Oldest),
            _ => return Err(bad("sort", "sort is `newest` or `oldest`")),
        };
        let wanted = Wanted {
            actor: self.actor.map(who).transpose()?,
            target: self.target,
            since: time("since", self.since)?.unwrap_or(0),
            until: time("until", self.until)?.unwrap_or(u64::MAX),
            limit: extract::limit(self.limit)?,
        };
        Ok((wanted, after))
    }
}

fn told((shard, number, row): (ShardId, u64, AuditRow)) -> TrailRow {
    let refused = row.refused.as_ref();
    TrailRow {
        id: format!("{}-{number}", shard.0),
        at: rfc3339(row.at),
        actor: actor(&row.actor),
        command: row.command,
        target: TrailThing { kind: row.target.kind().to_owned(), id: row.target.id() },
        outcome: if refused.is_some() { "refused" } else { "accepted" }.to_owned(),
        code: refused.map(|rejection| refusals::error(rejection).code.name().to_owned()),
        changes: row.changes.into_iter().map(change).collect(),
        left_out_bytes: Some(row.left_out_bytes).filter(|bytes| *bytes > 0),
    }
}

fn actor(actor: &Actor) -> TrailActor {
    let kind = match actor.who {
        Who::Anonymous => "anonymous",
        Who::Local => "local",
        Who::Key(_) => "key",
    };
    TrailActor {
        kind: kind.to_owned(),
        name: actor.who.to_string(),
        address: actor.address.to_string(),
        request_id: RequestId::of(actor.request).to_string(),
    }
}

fn change(change: Change) -> TrailChange {
    let side = |fields: Fields| fields.into_iter().map(|(name, value)| (name, json(value)));
    TrailChange {
        kind: change.of.kind().to_owned(),
        id: change.of.id(),
        before: change.before.map(|fields| side(fields).collect()),
        after: change.after.map(|fields| side(fields).collect()),
    }
}

fn json(value: Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Number(number) => json!(number),
        Value::Time(at) => json!(rfc3339(at)),
        Value::Flag(flag) => json!(flag),
        Value::Texts(texts) => json!(texts),
        Value::Pairs(pairs) => pairs.into_iter().map(|(name, text)| (name, json!(text))).collect(),
    }
}
