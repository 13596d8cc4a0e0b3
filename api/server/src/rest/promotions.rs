//! `/v1/promotions`: they live in the meta group; the uses of one with a limit, in the shard of its
//! code.

use api_client::{List, NewPromotion, Promotion as WirePromotion};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::pricing::{Promotion, normal_code};
use engine_core::{
    ArchivePromotion, Command, CreatePromotion, PromotionId, Reply, ShardId, UpdatePromotion, read,
};
use hyper::StatusCode;

use super::products::ListParams;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Id, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::pricing;
use crate::state::{App, AppState, Written, unexpected};

const PATH: &str = "/v1/promotions";
const ONE: &str = "/v1/promotions/{id}";

/// The routes of `/v1/promotions`.
pub fn routes() -> Routes {
    Routes::of("pricing")
        .on(
            Op::get(PATH, "listPromotions", "Promotions, in the order of their ids")
                .about("Archived ones included.")
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<WirePromotion>("A page of promotions."),
            list,
        )
        .on(
            Op::post(PATH, "createPromotion", "Creates a promotion")
                .about("Its code is its name for ever: an archived one's is not given again.")
                .keyed()
                .body::<NewPromotion>()
                .refuses(&[Code::OutOfRange, Code::AlreadyExists, Code::TooManyDefinitions])
                .answers::<WirePromotion>(201, "The new promotion.")
                .seen()
                .tagged(),
            create,
        )
        .on(
            Op::get(ONE, "getPromotion", "A promotion")
                .about("An archived promotion is still found.")
                .id("PromotionId")
                .fresh()
                .refuses(&[Code::PromotionNotFound])
                .answers::<WirePromotion>(200, "The promotion.")
                .tagged(),
            read,
        )
        .on(
            Op::put(ONE, "putPromotion", "Replaces what is said of a promotion")
                .about(
                    "Orders that have it keep what it was. A limit that comes later counts from \
                     then on; one that is lowered takes nobody's use away.",
                )
                .id("PromotionId")
                .if_match()
                .body::<NewPromotion>()
                .refuses(&[Code::OutOfRange, Code::PromotionNotFound, Code::PromotionExpired])
                .answers::<WirePromotion>(200, "The promotion as it is now.")
                .seen()
                .tagged(),
            update,
        )
        .on(
            Op::delete(ONE, "archivePromotion", "Archives a promotion")
                .about("Nobody gets it any more. Archiving twice is once.")
                .id("PromotionId")
                .if_match()
                .refuses(&[Code::PromotionNotFound])
                .answers::<WirePromotion>(200, "The archived promotion.")
                .seen()
                .tagged(),
            archive,
        )
}

/// `POST /v1/promotions`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewPromotion>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/promotions", &body)?;
    let (code, details) = (code(&body)?, pricing::promotion_details(&body)?);
    let command = Command::CreatePromotion(CreatePromotion { code, details });
    let written = app.write_here(by.under(key), ShardId::META, command).await?;
    answered(&app, StatusCode::CREATED, written)
}

/// `GET /v1/promotions/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<PromotionId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let (found, seen) = app.find(ShardId::META, &wish, |view| read::promotion(view, id)).await?;
    let promotion = found.ok_or_else(|| not_found(id))?;
    let version = promotion.version;
    let seen = seen.and(app.seen(&[app.topology.of_promotion(id)]));
    let response = answer::json(StatusCode::OK, &app.told_promotion(promotion)?)?;
    Ok(seen.mark(answer::tagged(response, version)))
}

/// `GET /v1/promotions`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<PromotionId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let found = read::promotions(&app.view(ShardId::META), after, limit + 1);
    let page = answer::page(found.map_err(Error::fault)?, limit, |row| row.id.to_string());
    let told = page.data.into_iter().map(|row| app.told_promotion(row));
    let data = told.collect::<Result<_, Error>>()?;
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `PUT /v1/promotions/{id}`
pub async fn update(
    State(app): State<App>,
    by: By,
    Id(id): Id<PromotionId>,
    headers: HeaderMap,
    Json(body): Json<NewPromotion>,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    if PromotionId::of(&code(&body)?) != id {
        let detail = "a promotion's code does not change: archive it, and create another";
        return Err(Error::about(Code::InvalidField, "code", detail));
    }
    let details = pricing::promotion_details(&body)?;
    let command = Command::UpdatePromotion(UpdatePromotion { id, expected_version, details });
    answered(&app, StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

/// `DELETE /v1/promotions/{id}`: archives it.
pub async fn archive(
    State(app): State<App>,
    by: By,
    Id(id): Id<PromotionId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let command = Command::ArchivePromotion(ArchivePromotion { id, expected_version });
    answered(&app, StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

impl AppState {
    /// A promotion, with how often it is used as far as this node knows.
    fn told_promotion(&self, promotion: Promotion) -> Result<WirePromotion, Error> {
        let shard = self.topology.of_promotion(promotion.id);
        let uses = read::promotion_uses(&self.view(shard), promotion.id).map_err(Error::fault)?;
        Ok(pricing::promotion(promotion, uses.as_ref()))
    }
}

fn answered(app: &AppState, status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::Promotion(promotion) = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let version = promotion.version;
    let response = answer::json(status, &app.told_promotion(*promotion)?)?;
    let response = answer::replayed(answer::tagged(response, version), written.replayed);
    Ok(written.seen.mark(response))
}

fn code(body: &NewPromotion) -> Result<String, Error> {
    normal_code(&body.code).ok_or_else(|| {
        let detail = "a code is 1 to 32 letters, digits, dashes and underscores";
        Error::about(Code::InvalidField, "code", detail)
    })
}

fn not_found(id: PromotionId) -> Error {
    Error::new(Code::PromotionNotFound, format!("there is no promotion {id}"))
}
