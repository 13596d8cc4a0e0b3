//! `/v1/events/consumers`: who reads the feed and keeps the place here, under a name.
//!
//! Reading moves no place: who has done what the events ask for says so.

use std::str::FromStr;

use api_client::{EventConsumer, List, PutEventConsumer};
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::request::Parts;
use axum::response::Response;
use engine_core::feed::{CONSUMER_NAME_BYTES_MAX, Consumer};
use engine_core::{Command, ConsumerId, DeleteConsumer, PutConsumer, Reply, ShardId, read};
use hyper::StatusCode;
use serde_json::json;

use super::products::ListParams;
use crate::access::By;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Json, Query};
use crate::feed::Cursor;
use crate::openapi::{Op, Routes, consumer_name};
use crate::state::{App, AppState, Written, unexpected};
use crate::time::rfc3339;

const PATH: &str = "/v1/events/consumers";
const ONE: &str = "/v1/events/consumers/{name}";

/// The routes of `/v1/events/consumers`.
pub fn routes() -> Routes {
    let named = |op: Op| {
        op.own_parameter(json!({
            "name": "name", "in": "path", "required": true,
            "description": "The name of the consumer.", "schema": consumer_name(),
        }))
        .refuses(&[Code::InvalidParameter])
    };
    Routes::of("events")
        .on(
            Op::get(PATH, "listEventConsumers", "Consumers, in the order of their ids")
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<EventConsumer>("A page of consumers."),
            list,
        )
        .on(
            named(Op::get(ONE, "getEventConsumer", "How far a consumer has read"))
                .fresh()
                .refuses(&[Code::ConsumerNotFound])
                .answers::<EventConsumer>(200, "The consumer."),
            get,
        )
        .on(
            named(Op::put(ONE, "putEventConsumer", "Says how far a consumer has read"))
                .about(
                    "Makes the consumer if there is none of that name. A place only goes forward, \
                     in each shard; `reset` sets it. A consumer holds no events: what is older \
                     than the feed is kept is gone for it, too.",
                )
                .body::<PutEventConsumer>()
                .refuses(&[Code::OutOfRange, Code::TooManyConsumers, Code::ConsumerAhead])
                .refuses(&[Code::NotReady])
                .answers::<EventConsumer>(200, "The consumer as it is now.")
                .seen(),
            put,
        )
        .on(
            named(Op::delete(ONE, "deleteEventConsumer", "Forgets a consumer"))
                .refuses(&[Code::ConsumerNotFound])
                .answers::<EventConsumer>(200, "The consumer as it was.")
                .seen(),
            delete,
        )
}

/// The name in the path.
pub struct Name(pub String);

impl FromStr for Name {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let fits = (1..=CONSUMER_NAME_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(good) { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

impl Name {
    /// Reads the name in a parameter.
    pub fn of(param: &str, text: &str) -> Result<Self, Error> {
        text.parse().map_err(|()| {
            let detail = format!(
                "a consumer's name is 1 to {CONSUMER_NAME_BYTES_MAX} letters, digits, `_`, `-` \
                 and `.`"
            );
            Error::about(Code::InvalidParameter, param, detail)
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let text =
            params.ok().and_then(|params| params.iter().next().map(|(_, text)| text.to_owned()));
        Self::of("name", &text.unwrap_or_default())
    }
}

/// `GET /v1/events/consumers`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<ConsumerId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let all = read::consumers(&app.view(ShardId::META)).map_err(Error::fault)?;
    let later = all.into_iter().filter(|row| after.is_none_or(|after| row.id > after));
    let page = answer::page(later.take(limit + 1).collect(), limit, |row| row.id.to_string());
    let data = page.data.into_iter().map(told).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `GET /v1/events/consumers/{name}`
pub async fn get(State(app): State<App>, name: Name, wish: Freshness) -> Result<Response, Error> {
    let id = ConsumerId::of(&name.0);
    let (found, seen) = app.find(ShardId::META, &wish, |view| read::consumer(view, id)).await?;
    let consumer = found.ok_or_else(|| not_found(&name))?;
    Ok(seen.mark(answer::json(StatusCode::OK, &told(consumer))?))
}

/// `PUT /v1/events/consumers/{name}`
pub async fn put(
    State(app): State<App>,
    by: By,
    name: Name,
    Json(body): Json<PutEventConsumer>,
) -> Result<Response, Error> {
    let cursor = app.cursor_in(&body.cursor).await?;
    let read = cursor.positions().collect();
    let command = PutConsumer { name: name.0, read, reset: body.reset.unwrap_or(false) };
    answered(app.write_here(by, ShardId::META, Command::PutConsumer(command)).await?)
}

/// `DELETE /v1/events/consumers/{name}`
pub async fn delete(State(app): State<App>, by: By, name: Name) -> Result<Response, Error> {
    let command = Command::DeleteConsumer(DeleteConsumer { id: ConsumerId::of(&name.0) });
    answered(app.write_here(by, ShardId::META, command).await?)
}

impl AppState {
    /// The cursor in a body, which must be one of this cluster's; `now` is where its feeds end.
    async fn cursor_in(&self, text: &str) -> Result<Cursor, Error> {
        if text == "now" {
            return self.newest_events().map_err(Error::fault);
        }
        let cursor = text.parse::<Cursor>().ok().filter(|cursor| cursor.fits(self.topology));
        let cursor = cursor.ok_or_else(|| {
            let detail = "a cursor is what next_cursor, or the id of an event in a stream, said";
            Error::about(Code::InvalidField, "cursor", detail)
        })?;
        self.reach(&cursor, "cursor").await.map_err(|error| match error.code {
            Code::InvalidParameter => Error { code: Code::InvalidField, ..error },
            _ => error,
        })?;
        Ok(cursor)
    }

    /// Where a consumer goes on: as the cluster knows it, or, without a quorum, as this node does.
    pub async fn place_of(&self, name: &Name) -> Result<Cursor, Error> {
        let strong = Freshness { strong: true, ..Freshness::default() };
        let _as_it_is_here = self.fresh(&[ShardId::META], &strong).await;
        let view = self.view(ShardId::META);
        let found = read::consumer(&view, ConsumerId::of(&name.0)).map_err(Error::fault)?;
        found.map(|row| Cursor::at(row.read)).ok_or_else(|| not_found(name))
    }
}

fn answered(written: Written) -> Result<Response, Error> {
    let Reply::Consumer(consumer) = written.reply else { return Err(unexpected(&written.reply)) };
    Ok(written.seen.mark(answer::json(StatusCode::OK, &told(*consumer))?))
}

fn told(row: Consumer) -> EventConsumer {
    EventConsumer {
        id: row.id.to_string(),
        name: row.name,
        version: row.version,
        cursor: Cursor::at(row.read).to_string(),
        created_at: rfc3339(row.created_at),
        updated_at: rfc3339(row.updated_at),
    }
}

fn not_found(name: &Name) -> Error {
    Error::new(Code::ConsumerNotFound, format!("there is no consumer {}", name.0))
}
