//! `/v1/shipping-methods`: they live in the meta group.

use api_client::{List, NewShippingMethod, ShippingMethod as WireMethod};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::pricing::Expect;
use engine_core::{
    Command, DeleteShippingMethod, PutShippingMethod, Reply, ShardId, ShippingMethodId, read,
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
use crate::state::{App, Written, unexpected};

const PATH: &str = "/v1/shipping-methods";
const ONE: &str = "/v1/shipping-methods/{id}";

/// The routes of `/v1/shipping-methods`.
pub fn routes() -> Routes {
    Routes::of("pricing")
        .on(
            Op::get(PATH, "listShippingMethods", "Shipping methods, in the order of their ids")
                .public()
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<WireMethod>("A page of shipping methods."),
            list,
        )
        .on(
            Op::post(PATH, "createShippingMethod", "Creates a shipping method")
                .keyed()
                .body::<NewShippingMethod>()
                .refuses(&[Code::OutOfRange, Code::AlreadyExists, Code::TooManyDefinitions])
                .answers::<WireMethod>(201, "The new shipping method.")
                .seen()
                .tagged(),
            create,
        )
        .on(
            Op::get(ONE, "getShippingMethod", "A shipping method")
                .public()
                .id("ShippingMethodId")
                .fresh()
                .cached()
                .refuses(&[Code::ShippingMethodNotFound])
                .answers::<WireMethod>(200, "The shipping method."),
            read,
        )
        .on(
            Op::put(ONE, "putShippingMethod", "Replaces what is said of a shipping method")
                .about("Orders that have it keep what it was.")
                .id("ShippingMethodId")
                .if_match()
                .body::<NewShippingMethod>()
                .refuses(&[Code::OutOfRange, Code::ShippingMethodNotFound])
                .answers::<WireMethod>(200, "The shipping method as it is now.")
                .seen()
                .tagged(),
            update,
        )
        .on(
            Op::delete(ONE, "deleteShippingMethod", "Deletes a shipping method")
                .about("Orders that have it keep what it was.")
                .id("ShippingMethodId")
                .if_match()
                .refuses(&[Code::ShippingMethodNotFound])
                .answers::<WireMethod>(200, "The shipping method as it was.")
                .seen()
                .tagged(),
            delete,
        )
}

/// `POST /v1/shipping-methods`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewShippingMethod>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/shipping-methods", &body)?;
    let id = ShippingMethodId(idempotency::created_id(key));
    let details = pricing::shipping_details(body)?;
    let command = PutShippingMethod { id, expect: Expect::New, details };
    let command = Command::PutShippingMethod(command);
    answered(StatusCode::CREATED, app.write_here(by.under(key), ShardId::META, command).await?)
}

/// `GET /v1/shipping-methods/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<ShippingMethodId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let found = app.find(ShardId::META, &wish, |view| read::shipping_method(view, id)).await?;
    let (Some(method), seen) = found else { return Err(not_found(id)) };
    let version = method.version;
    if let Some(response) = answer::not_modified(&headers, version)? {
        return Ok(seen.mark(response));
    }
    let response = answer::json(StatusCode::OK, &pricing::shipping_method(method))?;
    Ok(seen.mark(answer::tagged(response, version)))
}

/// `GET /v1/shipping-methods`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<ShippingMethodId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let found = read::shipping_methods(&app.view(ShardId::META), after, limit + 1);
    let page = answer::page(found.map_err(Error::fault)?, limit, |row| row.id.to_string());
    let data = page.data.into_iter().map(pricing::shipping_method).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `PUT /v1/shipping-methods/{id}`
pub async fn update(
    State(app): State<App>,
    by: By,
    Id(id): Id<ShippingMethodId>,
    headers: HeaderMap,
    Json(body): Json<NewShippingMethod>,
) -> Result<Response, Error> {
    let expect = answer::if_match(&headers)?.map_or(Expect::Any, Expect::Version);
    let details = pricing::shipping_details(body)?;
    let command = Command::PutShippingMethod(PutShippingMethod { id, expect, details });
    answered(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

/// `DELETE /v1/shipping-methods/{id}`
pub async fn delete(
    State(app): State<App>,
    by: By,
    Id(id): Id<ShippingMethodId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let command = DeleteShippingMethod { id, expected_version };
    let command = Command::DeleteShippingMethod(command);
    answered(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

fn answered(status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::ShippingMethod(method) = written.reply else {
        return Err(unexpected(&written.reply));
    };
    let version = method.version;
    let response = answer::json(status, &pricing::shipping_method(*method))?;
    let response = answer::replayed(answer::tagged(response, version), written.replayed);
    Ok(written.seen.mark(response))
}

fn not_found(id: ShippingMethodId) -> Error {
    Error::new(Code::ShippingMethodNotFound, format!("there is no shipping method {id}"))
}
