//! `/v1/events`: what has happened, from a cursor on, as a page or as a stream.

use std::collections::BTreeSet;
use std::time::Duration;

use api_client::{CloudEvent, List};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::ShardId;
use engine_core::webhook::EventType;
use hyper::StatusCode;
use hyper::header::{ACCEPT, AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Value, json};

use super::consumers::Name;
use crate::access::{self, Caller};
use crate::answer;
use crate::errors::{Code, Error};
use crate::extract::{self, LIMIT_MAX, Query};
use crate::feed::{self, Cursor, Stay, WAIT_S_MAX, Wanted, source};
use crate::openapi::{Op, Routes, consumer_name, event_cursor};
use crate::state::{App, AppState};

/// Where events are.
const PATH: &str = "/v1/events";
/// What a stream is.
const STREAM: &str = "text/event-stream";
/// Where a stream broke off, by its reader.
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// The route of `/v1/events`.
pub fn routes() -> Routes {
    let names = EventType::ALL.map(EventType::as_str).join("|").replace('.', "\\.");
    let types = json!({
        "type": "string", "maxLength": 256, "pattern": format!("^({names})(,({names}))*$"),
        "examples": ["order.changed,stock.low"],
    });
    let wait = json!({"type": "integer", "minimum": 0, "maximum": WAIT_S_MAX, "default": 0});
    let after = json!({"anyOf": [event_cursor(), {"const": "now"}]});
    let last = json!({
        "name": LAST_EVENT_ID, "in": "header", "schema": event_cursor(),
        "description": "Where a stream broke off: the last `id` that came. It comes before \
                        `after`.",
    });
    Routes::of("events").on(
        Op::get(PATH, "listEvents", "What has happened, in order for each shard")
            .about(
                "CloudEvents 1.0. Without `after` from the oldest event that is kept. The cursor \
                 of one answer goes on at any node; there is always one. With `Accept: \
                 text/event-stream` the answer is a stream that goes on: each event's `id` is the \
                 cursor after it. A page may have fewer events than `limit`, or none, though \
                 `has_more` is true.",
            )
            .own_parameter(parameter(
                "after",
                "A cursor of an earlier answer, as it was given; `now` for what happens from now \
                 on.",
                after,
            ))
            .own_parameter(parameter(
                "consumer",
                "Goes on where this consumer has read to, in place of `after`.",
                consumer_name(),
            ))
            .own_parameter(parameter("types", "Only these types.", types))
            .own_parameter(parameter(
                "wait",
                "How long a page waits for its first event, in seconds.",
                wait,
            ))
            .own_parameter(last)
            .parameter("Limit")
            .refuses(&[Code::InvalidParameter, Code::InvalidHeader, Code::OutOfRange])
            .refuses(&[Code::CursorTooOld, Code::ConsumerNotFound, Code::NotReady])
            .lists::<CloudEvent>("A page of events, or a stream of them.")
            .streams()
            .seen(),
        read,
    )
}

fn parameter(name: &str, about: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

/// The parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    after: Option<String>,
    consumer: Option<String>,
    types: Option<String>,
    limit: Option<u32>,
    wait: Option<u32>,
}

/// `GET /v1/events`
pub async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(params): Query<Params>,
) -> Result<Response, Error> {
    let is_stream = wants_stream(&headers);
    let limit = extract::limit(params.limit.or(is_stream.then_some(LIMIT_MAX)))?;
    let wanted = Wanted { types: params.types.as_deref().map(types).transpose()?, limit };
    let wait = wait(params.wait)?;
    let cursor = start(&app, &headers, &params).await?;
    let shards: Vec<ShardId> = app.topology.groups().collect();
    // What is applied by now is in the page, if it has room.
    let seen = app.seen(&shards);
    let credentials = headers.get(AUTHORIZATION).cloned();
    let headers = credentials.into_iter().map(|value| (AUTHORIZATION, value)).collect();
    let stay = Stay { headers, caller, route: PATH };
    if is_stream {
        let permit = app.readers.enter()?;
        let page = app.follow(&wanted, cursor.clone(), Duration::ZERO).await?;
        return Ok(seen.mark(feed::sse(app, wanted, (cursor, page), (stay, permit))));
    }
    let _permit = (!wait.is_zero()).then(|| app.readers.enter()).transpose()?;
    let page = app.follow(&wanted, cursor, wait).await?;
    if !wait.is_zero() {
        access::stays(&app, &stay.headers, stay.caller, stay.route)?;
    }
    let source = source(&app.cluster_id);
    let data = page.events.iter().map(|(read, _)| read.told(&source)).collect();
    let next_cursor = Some(page.cursor.to_string());
    let list = List { data, has_more: page.has_more, next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &list)?))
}

/// Where to begin.
async fn start(app: &AppState, headers: &HeaderMap, params: &Params) -> Result<Cursor, Error> {
    let not_now = |fault: engine_core::Fault| {
        tracing::warn!(%fault, "events cannot be read");
        Error::new(Code::NotReady, "this node cannot read events now; ask another one")
    };
    let last = extract::header(headers, LAST_EVENT_ID)?.filter(|text| !text.is_empty());
    let (after, consumer) = (params.after.as_deref(), params.consumer.as_deref());
    if after.is_some() && consumer.is_some() {
        let detail = "say `after` or `consumer`, not both";
        return Err(Error::about(Code::InvalidParameter, "consumer", detail));
    }
    let consumer = consumer.map(|name| Name::of("consumer", name)).transpose()?;
    if let (Some(name), None) = (consumer, last) {
        let cursor = app.place_of(&name).await?;
        app.reach(&cursor, "consumer").await?;
        return Ok(cursor);
    }
    let (text, param, code) = match (last, after) {
        (Some(text), _) => (text, LAST_EVENT_ID, Code::InvalidHeader),
        (None, Some("now")) => return app.newest_events().map_err(not_now),
        (None, Some(text)) => (text, "after", Code::InvalidParameter),
        (None, None) => return app.oldest_events().map_err(not_now),
    };
    let bad = || {
        let detail = "a cursor is what next_cursor, or the id of an event in a stream, said";
        Error::about(code, param, detail)
    };
    let cursor = text.parse::<Cursor>().map_err(|()| bad())?;
    if !cursor.fits(app.topology) {
        return Err(bad());
    }
    app.reach(&cursor, param).await.map_err(|error| match error.code {
        Code::InvalidParameter => Error { code, ..error },
        _ => error,
    })?;
    Ok(cursor)
}

fn wait(seconds: Option<u32>) -> Result<Duration, Error> {
    let seconds = seconds.unwrap_or(0);
    if seconds <= WAIT_S_MAX {
        return Ok(Duration::from_secs(u64::from(seconds)));
    }
    let detail = format!("a page waits 0 to {WAIT_S_MAX} seconds");
    Err(Error::about(Code::OutOfRange, "wait", detail))
}

fn types(text: &str) -> Result<BTreeSet<EventType>, Error> {
    let one = |name: &str| {
        name.parse::<EventType>().map_err(|_| {
            let names = EventType::ALL.map(EventType::as_str).join(", ");
            let detail = format!("types are some of {names}, separated by commas");
            Error::about(Code::InvalidParameter, "types", detail)
        })
    };
    text.split(',').map(one).collect()
}

/// Whether the client takes a stream: it names it.
fn wants_stream(headers: &HeaderMap) -> bool {
    let named = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut named = named.flat_map(|text| text.split(','));
    named.any(|media| {
        let essence = media.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case(STREAM)
    })
}
