//! `/v1/webhook-endpoints`: who is told of events, and what they have not taken.
//!
//! A secret is derived, not stored: creating and rotating show it, and a repeated creation under
//! the same `Idempotency-Key` shows it again.

use api_client::{
    DeadLetter, List, NewWebhookEndpoint, PatchWebhookEndpoint, ReplayedWebhooks,
    RotateWebhookSecret, ShownWebhookEndpoint, WebhookEndpoint as WireEndpoint,
};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::webhook::{
    CreateWebhook, DeleteWebhook, Delivery, EventType, Position, ReplayDeadLetters,
    SECRET_OVERLAP_MS_MAX, UpdateWebhook, WebhookEndpoint,
};
use engine_core::{Command, EndpointId, Reply, ShardId, read};
use hyper::StatusCode;
use serde::Deserialize;

use super::products::ListParams;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Id, IdAlone, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, AppState, Written, unexpected};
use crate::time::{now_ms, rfc3339};
use crate::webhooks;

/// Milliseconds in a second.
const S: u64 = 1_000;
/// The longest an old secret may sign beside a new one, in seconds.
pub const SECRET_OVERLAP_S_MAX: u64 = SECRET_OVERLAP_MS_MAX / S;
/// Where endpoints are.
const PATH: &str = "/v1/webhook-endpoints";

/// The routes of `/v1/webhook-endpoints`.
pub fn routes() -> Routes {
    let tag = Routes::of("webhooks");
    deliveries(changes(
        tag.on(
            Op::get(PATH, "listWebhookEndpoints", "Webhook endpoints, in the order of their ids")
                .about("Disabled ones included; secrets never.")
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<WireEndpoint>("A page of endpoints."),
            list,
        )
        .on(
            Op::post(PATH, "createWebhookEndpoint", "Has an endpoint told of events")
                .about(
                    "It is told of what happens from now on, by the Standard Webhooks \
                     specification. Its secret is in this answer.",
                )
                .keyed()
                .body::<NewWebhookEndpoint>()
                .refuses(&[Code::OutOfRange, Code::AlreadyExists])
                .refuses(&[Code::TooManyWebhookEndpoints, Code::WebhooksOff])
                .answers::<ShownWebhookEndpoint>(201, "The endpoint, and its secret.")
                .seen()
                .tagged(),
            create,
        )
        .on(
            Op::get("/v1/webhook-endpoints/{id}", "getWebhookEndpoint", "A webhook endpoint")
                .id("WebhookEndpointId")
                .fresh()
                .cached()
                .refuses(&[Code::WebhookEndpointNotFound])
                .answers::<WireEndpoint>(200, "The endpoint."),
            read,
        ),
    ))
}

fn changes(routes: Routes) -> Routes {
    routes
        .on(
            Op::patch("/v1/webhook-endpoints/{id}", "updateWebhookEndpoint", "Changes an endpoint")
                .about(
                    "What is absent, or null, stays as it was. An endpoint that is enabled again \
                     is told of what happens from then on.",
                )
                .id("WebhookEndpointId")
                .if_match()
                .body::<PatchWebhookEndpoint>()
                .refuses(&[Code::OutOfRange, Code::WebhookEndpointNotFound])
                .answers::<WireEndpoint>(200, "The endpoint as it is now.")
                .seen()
                .tagged(),
            update,
        )
        .on(
            Op::delete(
                "/v1/webhook-endpoints/{id}",
                "deleteWebhookEndpoint",
                "Deletes an endpoint",
            )
            .about("What it has not taken goes with it, dead letters included.")
            .id("WebhookEndpointId")
            .if_match()
            .refuses(&[Code::WebhookEndpointNotFound])
            .answers::<WireEndpoint>(200, "The endpoint as it was.")
            .seen()
            .tagged(),
            delete,
        )
        .on(
            Op::post(
                "/v1/webhook-endpoints/{id}/rotate-secret",
                "rotateWebhookSecret",
                "Gives an endpoint a new secret",
            )
            .about("The old secret signs beside it for a while yet.")
            .id("WebhookEndpointId")
            .body::<RotateWebhookSecret>()
            .refuses(&[Code::OutOfRange, Code::WebhookEndpointNotFound, Code::WebhooksOff])
            .answers::<ShownWebhookEndpoint>(200, "The endpoint, and its new secret.")
            .seen()
            .tagged(),
            rotate,
        )
}

fn deliveries(routes: Routes) -> Routes {
    routes
        .on(
            Op::get(
                "/v1/webhook-endpoints/{id}/dead-letters",
                "listDeadLetters",
                "What an endpoint has never taken",
            )
            .about("Shard by shard, the oldest first; each is kept for 30 days.")
            .id("WebhookEndpointId")
            .fresh()
            .page()
            .refuses(&[Code::WebhookEndpointNotFound])
            .lists::<DeadLetter>("A page of dead letters."),
            dead_letters,
        )
        .on(
            Op::post(
                "/v1/webhook-endpoints/{id}/replay",
                "replayDeadLetters",
                "Sends what an endpoint has never taken once more",
            )
            .about("With all attempts anew. They come after what has happened since.")
            .id("WebhookEndpointId")
            .no_body()
            .refuses(&[Code::InvalidParameter, Code::InvalidHeader, Code::TooStale])
            .refuses(&[Code::WebhookEndpointNotFound, Code::WebhookEndpointDisabled])
            .answers::<ReplayedWebhooks>(200, "How many."),
            replay,
        )
}

/// `POST /v1/webhook-endpoints`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewWebhookEndpoint>,
) -> Result<Response, Error> {
    let check = app.webhooks.master()?.check();
    let key = idempotency::key(&caller, &headers, "POST /v1/webhook-endpoints", &body)?;
    let id = EndpointId(idempotency::created_id(key));
    check_url(&app, &body.url)?;
    let events = events(&body.events)?;
    let description = body.description.unwrap_or_default();
    let command = CreateWebhook { id, url: body.url, description, events, check };
    let command = Command::CreateWebhook(command);
    let written = app.write_here(by.under(key), ShardId::META, command).await?;
    app.open_deliveries(endpoint_of(&written)?).await;
    shown(&app, StatusCode::CREATED, &written)
}

/// `GET /v1/webhook-endpoints/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<EndpointId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (found, seen) = app.find(ShardId::META, &wish, |view| read::webhook(view, id)).await?;
    let endpoint = found.ok_or_else(|| not_found(id))?;
    if let Some(response) = answer::not_modified(&headers, endpoint.version)? {
        return Ok(seen.mark(response));
    }
    let told = answer::json(StatusCode::OK, &render::webhook(&endpoint, now_ms()))?;
    Ok(seen.mark(answer::tagged(told, endpoint.version)))
}

/// `GET /v1/webhook-endpoints`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<EndpointId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let all = read::webhooks(&app.view(ShardId::META)).map_err(Error::fault)?;
    let later = all.into_iter().filter(|it| after.is_none_or(|after| it.id > after));
    let page = answer::page(later.take(limit + 1).collect(), limit, |it| it.id.to_string());
    let data = page.data.iter().map(|it| render::webhook(it, now_ms())).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `PATCH /v1/webhook-endpoints/{id}`
pub async fn update(
    State(app): State<App>,
    by: By,
    Id(id): Id<EndpointId>,
    headers: HeaderMap,
    Json(body): Json<PatchWebhookEndpoint>,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    body.url.as_deref().map(|url| check_url(&app, url)).transpose()?;
    let events = body.events.as_deref().map(events).transpose()?;
    let PatchWebhookEndpoint { url, description, enabled, .. } = body;
    let command = UpdateWebhook { id, expected_version, url, description, events, enabled };
    let written = app.write_here(by, ShardId::META, Command::UpdateWebhook(command)).await?;
    app.open_deliveries(endpoint_of(&written)?).await;
    answered(&written)
}

/// `DELETE /v1/webhook-endpoints/{id}`
pub async fn delete(
    State(app): State<App>,
    by: By,
    Id(id): Id<EndpointId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let command = Command::DeleteWebhook(DeleteWebhook { id, expected_version });
    answered(&app.write_here(by, ShardId::META, command).await?)
}

/// `POST /v1/webhook-endpoints/{id}/rotate-secret`
pub async fn rotate(
    State(app): State<App>,
    by: By,
    Id(id): Id<EndpointId>,
    Json(body): Json<RotateWebhookSecret>,
) -> Result<Response, Error> {
    let check = app.webhooks.master()?.check();
    if body.overlap_s > SECRET_OVERLAP_S_MAX {
        let detail = format!("overlap_s is 0 to {SECRET_OVERLAP_S_MAX} seconds");
        return Err(Error::about(Code::OutOfRange, "overlap_s", detail));
    }
    let overlap_ms = body.overlap_s * S;
    let command = engine_core::webhook::RotateWebhookSecret { id, overlap_ms, check };
    let command = Command::RotateWebhookSecret(command);
    let written = app.write_here(by, ShardId::META, command).await?;
    shown(&app, StatusCode::OK, &written)
}

/// The parameters of a list of dead letters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadParams {
    limit: Option<u32>,
    cursor: Option<String>,
    #[expect(dead_code, reason = "read by `Freshness`, allowed here")]
    consistency: Option<String>,
}

/// `GET /v1/webhook-endpoints/{id}/dead-letters`
pub async fn dead_letters(
    State(app): State<App>,
    Id(id): Id<EndpointId>,
    wish: Freshness,
    Query(params): Query<DeadParams>,
) -> Result<Response, Error> {
    let limit = extract::limit(params.limit)?;
    let after = params.cursor.as_deref().map(place).transpose()?;
    let (found, _) = app.find(ShardId::META, &wish, |view| read::webhook(view, id)).await?;
    found.ok_or_else(|| not_found(id))?;
    let shards: Vec<ShardId> = app.topology.groups().collect();
    let seen = app.fresh(&shards, &wish).await?;
    let mut letters: Vec<(ShardId, Position, Delivery)> = Vec::new();
    for shard in shards {
        let left = (limit + 1).saturating_sub(letters.len());
        let from = match after {
            Some((first, _)) if shard < first => continue,
            Some((first, at)) if shard == first => Some(at),
            _ => None,
        };
        let rows = read::dead_letters(&app.view(shard), id, from, left).map_err(Error::fault)?;
        letters.extend(rows.into_iter().map(|(at, delivery)| (shard, at, delivery)));
    }
    let cursor = |(shard, at, _): &(ShardId, Position, Delivery)| {
        format!("{}-{}-{}", shard.0, at.index, at.ordinal)
    };
    let page = answer::page(letters, limit, cursor);
    let told = |(shard, at, delivery)| dead_letter(webhooks::message_id(shard, at, id), delivery);
    let data = page.data.into_iter().map(told).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `POST /v1/webhook-endpoints/{id}/replay`
pub async fn replay(
    State(app): State<App>,
    by: By,
    IdAlone(endpoint): IdAlone<EndpointId>,
) -> Result<Response, Error> {
    let strong = Freshness { strong: true, ..Freshness::default() };
    let groups: Vec<ShardId> = app.topology.groups().collect();
    app.fresh(&groups, &strong).await?;
    let found = read::webhook(&app.view(ShardId::META), endpoint).map_err(Error::fault)?;
    found.ok_or_else(|| not_found(endpoint))?;
    let mut replayed = 0;
    for shard in groups {
        let row = read::deliveries(&app.view(shard), endpoint).map_err(Error::fault)?;
        let mut more = row.is_some_and(|row| row.dead > 0);
        while more {
            let command = Command::ReplayDeadLetters(ReplayDeadLetters { endpoint });
            let written = app.write(by, shard, command).await?;
            let Reply::Moved { rows, more: left } = written.reply else {
                return Err(unexpected(&written.reply));
            };
            (replayed, more) = (replayed + u64::from(rows), left);
        }
    }
    answer::json(StatusCode::OK, &ReplayedWebhooks { replayed })
}

fn check_url(app: &AppState, url: &str) -> Result<(), Error> {
    let checked = app.webhooks.guard.url(url);
    checked.map(|_| ()).map_err(|why| Error::about(Code::InvalidField, "url", why))
}

fn events(texts: &[String]) -> Result<Vec<EventType>, Error> {
    let event = |(at, text): (usize, &String)| {
        text.parse::<EventType>().map_err(|_| {
            let names: Vec<_> = EventType::ALL.iter().map(|kind| kind.as_str()).collect();
            let detail = format!("an event is one of {}", names.join(", "));
            Error::about(Code::InvalidField, format!("events[{at}]"), detail)
        })
    };
    texts.iter().enumerate().map(event).collect()
}

fn endpoint_of(written: &Written) -> Result<&WebhookEndpoint, Error> {
    match &written.reply {
        Reply::Endpoint(endpoint) => Ok(endpoint),
        other => Err(unexpected(other)),
    }
}

fn shown(app: &AppState, status: StatusCode, written: &Written) -> Result<Response, Error> {
    let endpoint = endpoint_of(written)?;
    let secret = app.webhooks.master()?.secret(endpoint.id, endpoint.secret.generation);
    let told = render::webhook(endpoint, now_ms());
    let body = ShownWebhookEndpoint { endpoint: told, secret: secret.reveal() };
    let response = answer::tagged(answer::json(status, &body)?, endpoint.version);
    Ok(written.seen.mark(answer::replayed(response, written.replayed)))
}

fn answered(written: &Written) -> Result<Response, Error> {
    let endpoint = endpoint_of(written)?;
    let told = answer::json(StatusCode::OK, &render::webhook(endpoint, now_ms()))?;
    Ok(written.seen.mark(answer::tagged(told, endpoint.version)))
}

fn dead_letter(id: String, delivery: Delivery) -> DeadLetter {
    DeadLetter {
        id,
        kind: delivery.notice.kind().to_string(),
        timestamp: rfc3339(delivery.at),
        data: webhooks::data(&delivery.notice),
        attempts: delivery.attempts,
        last_status: delivery.status,
        given_up_at: rfc3339(delivery.due),
    }
}

/// The shard and position in a cursor.
fn place(text: &str) -> Result<(ShardId, Position), Error> {
    let bad = || {
        let detail = "a cursor is what next_cursor said";
        Error::about(Code::InvalidParameter, "cursor", detail)
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let parts: Vec<&str> = text.split('-').collect();
    let [shard, index, ordinal] = parts[..] else { return Err(bad()) };
    let index = index.parse().ok().filter(|_| digits).ok_or_else(bad)?;
    let ordinal = ordinal.parse().map_err(|_| bad())?;
    Ok((ShardId(shard.parse().map_err(|_| bad())?), Position { index, ordinal }))
}

/// The error for an endpoint that does not exist.
fn not_found(id: EndpointId) -> Error {
    Error::new(Code::WebhookEndpointNotFound, format!("there is no webhook endpoint {id}"))
}
