//! `/v1/holds`: units kept for a cart, without an order. They lapse by themselves.
//!
//! The lines of a hold live in the shards of their products, under one id. A shard holds its lines
//! or refuses; after a refusal anywhere the others give theirs back.

use std::collections::BTreeMap;

use api_client::{Hold as WireHold, NewHold};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::inventory::{Hold, HoldLine, HoldReceipt, HoldRef};
use engine_core::{
    Command, CommitHold, HoldId, HoldStock, ProductId, ReleaseHold, Reply, ShardId, read,
};
use futures::future::{join_all, try_join_all};
use hyper::StatusCode;

use super::products::currency;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::{Freshness, Seen};
use crate::errors::{Code, Error};
use crate::extract::{self, Id, IdAlone, Json};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::order::lines_by_shard;
use crate::render;
use crate::state::{App, AppState, unexpected};

/// How long a hold lasts when the request does not say, in milliseconds: 15 minutes.
const HOLD_MS_DEFAULT: u64 = 15 * 60_000;
/// The shortest a hold may last, in milliseconds.
pub const HOLD_MS_MIN: u64 = 1_000;

/// The routes of `/v1/holds`.
pub fn routes() -> Routes {
    Routes::of("holds")
        .on(
            Op::post("/v1/holds", "createHold", "Holds units of one or more products")
                .about("All lines are held, or none. A hold lapses by itself.")
                .key_required()
                .body::<NewHold>()
                .refuses(&[Code::InvalidId, Code::OutOfRange, Code::ProductNotFound])
                .refuses(&[Code::AlreadyExists, Code::ProductArchived, Code::OutOfStock])
                .refuses(&[Code::CurrencyMismatch, Code::HoldEnded])
                .answers::<WireHold>(201, "The units are held.")
                .seen(),
            create,
        )
        .on(
            Op::get("/v1/holds/{id}", "getHold", "A hold")
                .id("HoldId")
                .fresh()
                .refuses(&[Code::HoldNotFound])
                .answers::<WireHold>(200, "The hold."),
            read,
        )
        .on(
            Op::delete("/v1/holds/{id}", "releaseHold", "Ends a hold and gives its units back")
                .about("Ending it twice is the same as once.")
                .id("HoldId")
                .refuses(&[Code::HoldNotFound, Code::TooStale])
                .answers::<WireHold>(200, "The units are free.")
                .seen(),
            release,
        )
        .on(
            Op::post("/v1/holds/{id}/commit", "commitHold", "Keeps the units for shipping")
                .about("They do not lapse any more. Committing twice is the same as once.")
                .id("HoldId")
                .no_body()
                .refuses(&[Code::HoldNotFound, Code::HoldEnded, Code::TooStale])
                .answers::<WireHold>(200, "The units are committed.")
                .seen(),
            commit,
        )
}

/// `POST /v1/holds`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewHold>,
) -> Result<Response, Error> {
    idempotency::required(&headers)?;
    let key = idempotency::key(&caller, &headers, "POST /v1/holds", &body)?;
    let id = HoldId(idempotency::created_id(key));
    let timer_ms = body.hold_ms.unwrap_or(HOLD_MS_DEFAULT);
    if !(HOLD_MS_MIN..=engine_core::inventory::HOLD_MS_MAX).contains(&timer_ms) {
        let most = engine_core::inventory::HOLD_MS_MAX;
        let detail = format!("hold_ms is {HOLD_MS_MIN} to {most}");
        return Err(Error::about(Code::OutOfRange, "hold_ms", detail));
    }
    let currency = match &body.currency {
        Some(text) => currency(text)?,
        None => app.currency,
    };
    let lines: Result<Vec<_>, Error> = body
        .lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let product =
                extract::id::<ProductId>(&format!("lines[{at}].product_id"), &line.product_id)?;
            Ok(HoldLine { product, quantity: line.quantity })
        })
        .collect();
    let lines = lines?;
    crate::order::check_lines(&lines)?;
    let hold = HoldRef::Free(id);
    let hold = |lines| HoldStock { hold, lines, currency, timer_ms, promotion: None };
    let (receipts, seen, replayed) =
        app.hold_all(by.under(key), id, lines_by_shard(app.topology, &lines), hold).await?;
    let response = answer::json(StatusCode::CREATED, &render::hold(id, receipts))?;
    Ok(seen.mark(answer::replayed(response, replayed)))
}

/// `GET /v1/holds/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<HoldId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let (parts, seen) = app.hold_parts(id, &wish).await?;
    let parts = parts.into_values().collect();
    Ok(seen.mark(answer::json(StatusCode::OK, &render::hold(id, parts))?))
}

/// `DELETE /v1/holds/{id}`: gives the units back.
pub async fn release(
    State(app): State<App>,
    by: By,
    Id(id): Id<HoldId>,
) -> Result<Response, Error> {
    let release = Command::ReleaseHold(ReleaseHold { hold: HoldRef::Free(id) });
    end(&app, by, id, release).await
}

/// `POST /v1/holds/{id}/commit`: the units wait for shipping.
pub async fn commit(
    State(app): State<App>,
    by: By,
    IdAlone(id): IdAlone<HoldId>,
) -> Result<Response, Error> {
    let commit = Command::CommitHold(CommitHold { hold: HoldRef::Free(id) });
    end(&app, by, id, commit).await
}

/// Has every shard that knows the hold do the same. Each is idempotent, so a repeat mends a half.
async fn end(app: &App, by: By, id: HoldId, command: Command) -> Result<Response, Error> {
    let strong = Freshness { strong: true, ..Freshness::default() };
    let (parts, _) = app.hold_parts(id, &strong).await?;
    let writes = parts.keys().map(|shard| app.write_here(by, *shard, command.clone()));
    try_join_all(writes).await?;
    let (parts, seen) = app.hold_parts(id, &strong).await?;
    let parts = parts.into_values().collect();
    Ok(seen.mark(answer::json(StatusCode::OK, &render::hold(id, parts))?))
}

impl AppState {
    /// Holds the lines of every shard, or nothing.
    async fn hold_all(
        &self,
        by: By,
        id: HoldId,
        by_shard: BTreeMap<ShardId, Vec<HoldLine>>,
        command: impl Fn(Vec<HoldLine>) -> HoldStock,
    ) -> Result<(Vec<Hold>, Seen, bool), Error> {
        let shards: Vec<ShardId> = by_shard.keys().copied().collect();
        let holds = by_shard
            .into_iter()
            .map(|(shard, lines)| self.write(by, shard, Command::HoldStock(command(lines))));
        let (mut parts, mut seen, mut replayed) = (Vec::new(), None::<Seen>, false);
        let mut failed = None;
        for outcome in join_all(holds).await {
            match outcome {
                Ok(written) => {
                    let Reply::Held(receipt) = written.reply else {
                        return Err(unexpected(&written.reply));
                    };
                    replayed |= written.replayed;
                    parts.push(part(receipt));
                    seen = Some(match seen {
                        Some(before) => before.and(written.seen),
                        None => written.seen,
                    });
                }
                Err(error) => failed = Some(merged(failed, error)),
            }
        }
        if let Some(error) = failed {
            if !error.code.is_retryable() && error.code != Code::IdempotencyMismatch {
                let release = Command::ReleaseHold(ReleaseHold { hold: HoldRef::Free(id) });
                let by = by.under(None);
                let all = shards.iter().map(|shard| self.write(by, *shard, release.clone()));
                // What cannot be given back now lapses by itself.
                join_all(all).await;
            }
            return Err(error);
        }
        let seen = seen.unwrap_or_else(|| self.seen(&shards));
        Ok((parts, seen, replayed))
    }

    /// What each shard has of a hold.
    async fn hold_parts(
        &self,
        id: HoldId,
        wish: &Freshness,
    ) -> Result<(BTreeMap<ShardId, Hold>, Seen), Error> {
        let shards: Vec<ShardId> =
            self.topology.groups().filter(|id| *id != ShardId::META).collect();
        let strong = Freshness { strong: true, ..Freshness::default() };
        for wish in [wish, &strong] {
            let seen = self.fresh(&shards, wish).await?;
            let mut parts = BTreeMap::new();
            for shard in &shards {
                let hold = read::hold(&self.view(*shard), HoldRef::Free(id));
                if let Some(hold) = hold.map_err(Error::fault)? {
                    parts.insert(*shard, hold);
                }
            }
            if !parts.is_empty() {
                return Ok((parts, seen));
            }
        }
        Err(Error::new(Code::HoldNotFound, format!("there is no hold {id}")))
    }
}

/// Two shards' refusals as one: short lines add up.
fn merged(first: Option<Error>, second: Error) -> Error {
    match first {
        Some(mut first) if first.code == second.code => {
            first.lines.extend(second.lines);
            first
        }
        // An unknown outcome must not be hidden by a refusal that another shard is sure of.
        Some(first) if first.code.is_retryable() => first,
        Some(first) if !second.code.is_retryable() => first,
        _ => second,
    }
}

fn part(receipt: HoldReceipt) -> Hold {
    let HoldReceipt { state, lines, expires_at, promotion } = receipt;
    Hold { state, timer_at: expires_at, lines, promotion, shares: Vec::new() }
}
