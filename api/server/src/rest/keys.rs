//! `/v1/keys`: API keys, and `POST /v1/cluster/init`, which makes the first one.
//!
//! The secret is made here and shown in the answer, once; the log and the rows have its hash. So a
//! repeat under the same `Idempotency-Key` cannot show it again: it is refused with
//! `already_exists`, and the way out is to rotate the key.

use api_client::{ApiKey as WireKey, List, NewKey, RotateKey, ShownKey};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::access::{ApiKey, CreateKey, Network, OVERLAP_MS_MAX, RevokeKey, Role, Scope};
use engine_core::{Command, KeyId, Reply, ShardId, read};
use hyper::StatusCode;
use serde::Serialize;

use super::products::ListParams;
use crate::access::{By, KeyText, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Id, IdAlone, Json, NoBody, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, AppState, Written, unexpected};
use crate::time::now_ms;

/// What the first key is called.
const FIRST_NAME: &str = "first operator";
/// Milliseconds in a second.
const S: u64 = 1_000;
/// The longest a key may be valid, in seconds: 100 years.
pub const VALID_S_MAX: u64 = 100 * 365 * 24 * 3_600;
/// The longest an old secret may work beside a new one, in seconds.
pub const OVERLAP_S_MAX: u64 = OVERLAP_MS_MAX / S;

/// The routes of `/v1/keys`, and `/v1/cluster/init`.
pub fn routes() -> Routes {
    Routes::of("access")
        .on(
            Op::get("/v1/keys", "listKeys", "API keys, in the order of their ids")
                .about("Revoked ones included; secrets never.")
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<WireKey>("A page of keys."),
            list,
        )
        .on(
            Op::post("/v1/keys", "createKey", "Makes an API key")
                .about(
                    "Its secret is in this answer and never again, so a repeat with the same \
                     Idempotency-Key is refused. A key allows nothing that its maker may not do.",
                )
                .parameter("IdempotencyKey")
                .body::<NewKey>()
                .refuses(&[Code::InvalidHeader, Code::OutOfRange, Code::AlreadyExists])
                .answers::<ShownKey>(201, "The key, and its text.")
                .seen(),
            create,
        )
        .on(
            Op::get("/v1/keys/{id}", "getKey", "An API key, without its secret")
                .id("KeyId")
                .fresh()
                .refuses(&[Code::KeyNotFound])
                .answers::<WireKey>(200, "The key."),
            read,
        )
        .on(
            Op::post("/v1/keys/{id}/rotate", "rotateKey", "Gives an API key a new secret")
                .about("Needs every scope of the key. The old secret works for a while yet.")
                .id("KeyId")
                .body::<RotateKey>()
                .refuses(&[Code::KeyNotFound, Code::KeyRevoked, Code::OutOfRange])
                .answers::<ShownKey>(200, "The key, and its new text.")
                .seen(),
            rotate,
        )
        .on(
            Op::post("/v1/keys/{id}/revoke", "revokeKey", "Ends an API key for good")
                .about("Each node refuses it from the moment it has applied the entry.")
                .id("KeyId")
                .no_body()
                .refuses(&[Code::KeyNotFound])
                .answers::<WireKey>(200, "The key, revoked.")
                .seen(),
            revoke,
        )
        .on(
            Op::post("/v1/cluster/init", "initCluster", "Makes the first API key, once")
                .about("From the node's own machine only. The key may do everything.")
                .public()
                .no_body()
                .refuses(&[Code::AlreadyInitialized])
                .answers::<ShownKey>(201, "The key, and its text.")
                .seen(),
            init,
        )
}

/// `POST /v1/keys`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewKey>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/keys", &body)?;
    let text = KeyText::fresh(KeyId(idempotency::created_id(key) as u64));
    let scopes = scopes(&caller, &body)?;
    check_range("valid_s", body.valid_s.unwrap_or(1), 1, VALID_S_MAX)?;
    let command = CreateKey {
        id: text.id,
        name: body.name,
        scopes,
        networks: networks(&body.networks)?,
        secret: text.hash(),
        expires_at: body.valid_s.map(|seconds| now_ms() + seconds * S),
        first: false,
    };
    let written = app.write_here(by, ShardId::META, Command::CreateKey(command)).await?;
    shown(&app, StatusCode::CREATED, written, &text)
}

/// `POST /v1/cluster/init`: the first operator's key, from this machine, if there is no key yet.
pub async fn init(State(app): State<App>, by: By, _: NoBody) -> Result<Response, Error> {
    let text = KeyText::fresh(KeyId(rand::random()));
    let command = CreateKey {
        id: text.id,
        name: FIRST_NAME.to_owned(),
        scopes: Scope::ALL.to_vec(),
        networks: Vec::new(),
        secret: text.hash(),
        expires_at: None,
        first: true,
    };
    let written = app.write_here(by, ShardId::META, Command::CreateKey(command)).await?;
    shown(&app, StatusCode::CREATED, written, &text)
}

/// `GET /v1/keys`: in the order of their ids, revoked ones included.
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<KeyId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let keys = read::api_keys(&app.view(ShardId::META), after, limit + 1).map_err(Error::fault)?;
    let page = answer::page(keys, limit, |key| key.id.to_string());
    let data = page.data.iter().map(|key| told(&app, key)).collect::<Result<_, _>>()?;
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `GET /v1/keys/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<KeyId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let (key, seen) = app.find(ShardId::META, &wish, |view| read::api_key(view, id)).await?;
    let key = key.ok_or_else(|| not_found(id))?;
    Ok(seen.mark(answer::json(StatusCode::OK, &told(&app, &key)?)?))
}

/// `POST /v1/keys/{id}/rotate`: a new secret; the old one works for a while yet.
pub async fn rotate(
    State(app): State<App>,
    caller: Principal,
    by: By,
    Id(id): Id<KeyId>,
    Json(body): Json<RotateKey>,
) -> Result<Response, Error> {
    check_range("overlap_s", body.overlap_s, 0, OVERLAP_S_MAX)?;
    // Whoever is shown a secret may do what its key may: so it must be nothing new to them.
    let wish = Freshness::default();
    let (key, _) = app.find(ShardId::META, &wish, |view| read::api_key(view, id)).await?;
    may_hand_out(&caller, &key.ok_or_else(|| not_found(id))?.scopes)?;
    let text = KeyText::fresh(id);
    let overlap_ms = body.overlap_s * S;
    let command = engine_core::access::RotateKey { id, secret: text.hash(), overlap_ms };
    let written = app.write_here(by, ShardId::META, Command::RotateKey(command)).await?;
    shown(&app, StatusCode::OK, written, &text)
}

/// `POST /v1/keys/{id}/revoke`: for good.
pub async fn revoke(
    State(app): State<App>,
    by: By,
    IdAlone(id): IdAlone<KeyId>,
) -> Result<Response, Error> {
    let command = Command::RevokeKey(RevokeKey { id });
    let written = app.write_here(by, ShardId::META, command).await?;
    let key = key_of(&written)?;
    answered(StatusCode::OK, &told(&app, key)?, &written)
}

fn key_of(written: &Written) -> Result<&ApiKey, Error> {
    match &written.reply {
        Reply::Key(key) => Ok(key),
        other => Err(unexpected(other)),
    }
}

/// A key as it is told, with its last use.
fn told(app: &AppState, key: &ApiKey) -> Result<WireKey, Error> {
    let last_use = read::key_last_use(&app.view(ShardId::META), key.id).map_err(Error::fault)?;
    Ok(render::api_key(key, last_use, now_ms()))
}

fn shown(
    app: &AppState,
    status: StatusCode,
    written: Written,
    text: &KeyText,
) -> Result<Response, Error> {
    let key = told(app, key_of(&written)?)?;
    answered(status, &ShownKey { key, secret: text.reveal() }, &written)
}

fn answered<T: Serialize>(
    status: StatusCode,
    body: &T,
    written: &Written,
) -> Result<Response, Error> {
    Ok(written.seen.mark(answer::json(status, body)?))
}

/// What the key is to allow.
fn scopes(caller: &Principal, body: &NewKey) -> Result<Vec<Scope>, Error> {
    let mut scopes = Vec::new();
    if let Some(role) = &body.role {
        let role = role.parse::<Role>();
        let role = role.map_err(|_| {
            let names: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
            let detail = format!("a role is one of {}", names.join(", "));
            Error::about(Code::InvalidField, "role", detail)
        })?;
        scopes.extend(role.scopes());
    }
    for (at, text) in body.scopes.iter().enumerate() {
        scopes.push(text.parse::<Scope>().map_err(|_| {
            let names: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
            let detail = format!("a scope is one of {}", names.join(", "));
            Error::about(Code::InvalidField, format!("scopes[{at}]"), detail)
        })?);
    }
    if scopes.is_empty() {
        let detail = "a key needs a role or scopes";
        return Err(Error::about(Code::InvalidField, "role", detail));
    }
    may_hand_out(caller, &scopes)?;
    Ok(scopes)
}

/// Refuses a key that allows what the caller may not do: a key must not grow by making another.
fn may_hand_out(caller: &Principal, scopes: &[Scope]) -> Result<(), Error> {
    match scopes.iter().find(|scope| !caller.can(**scope)) {
        Some(scope) => {
            let detail = format!("the caller has no {scope} to hand out");
            Err(Error::about(Code::Forbidden, "scopes", detail))
        }
        None => Ok(()),
    }
}

fn check_range(field: &str, value: u64, least: u64, most: u64) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let detail = format!("{field} is {least} to {most} seconds");
    Err(Error::about(Code::OutOfRange, field, detail))
}

fn not_found(id: KeyId) -> Error {
    Error::new(Code::KeyNotFound, format!("there is no key {id}"))
}

fn networks(texts: &[String]) -> Result<Vec<Network>, Error> {
    let network = |(at, text): (usize, &String)| {
        text.parse::<Network>().map_err(|error| {
            Error::about(Code::InvalidField, format!("networks[{at}]"), error.to_string())
        })
    };
    texts.iter().enumerate().map(network).collect()
}
