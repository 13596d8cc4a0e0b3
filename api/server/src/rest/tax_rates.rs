//! `/v1/tax-rates`: the tax table, in the meta group.

use api_client::{List, NewTaxRate, TaxRate as WireRate};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::pricing::Expect;
use engine_core::{Command, DeleteTaxRate, PutTaxRate, Reply, ShardId, TaxRateId, read};
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

const PATH: &str = "/v1/tax-rates";
const ONE: &str = "/v1/tax-rates/{id}";

/// The routes of `/v1/tax-rates`.
pub fn routes() -> Routes {
    Routes::of("pricing")
        .on(
            Op::get(PATH, "listTaxRates", "The tax table, place by place")
                .public()
                .fresh()
                .page()
                .refuses(&[Code::InvalidId])
                .lists::<WireRate>("A page of tax rates."),
            list,
        )
        .on(
            Op::post(PATH, "createTaxRate", "Creates a tax rate")
                .about("Of a place and a category there is one.")
                .keyed()
                .body::<NewTaxRate>()
                .refuses(&[Code::OutOfRange, Code::AlreadyExists, Code::TooManyDefinitions])
                .answers::<WireRate>(201, "The new tax rate.")
                .seen()
                .tagged(),
            create,
        )
        .on(
            Op::get(ONE, "getTaxRate", "A tax rate")
                .public()
                .id("TaxRateId")
                .fresh()
                .cached()
                .refuses(&[Code::TaxRateNotFound])
                .answers::<WireRate>(200, "The tax rate."),
            read,
        )
        .on(
            Op::put(ONE, "putTaxRate", "Replaces what is said of a tax rate")
                .about("Orders that have it keep what it was.")
                .id("TaxRateId")
                .if_match()
                .body::<NewTaxRate>()
                .refuses(&[Code::OutOfRange, Code::TaxRateNotFound])
                .answers::<WireRate>(200, "The tax rate as it is now.")
                .seen()
                .tagged(),
            update,
        )
        .on(
            Op::delete(ONE, "deleteTaxRate", "Deletes a tax rate")
                .about("Orders that have it keep what it was.")
                .id("TaxRateId")
                .if_match()
                .refuses(&[Code::TaxRateNotFound])
                .answers::<WireRate>(200, "The tax rate as it was.")
                .seen()
                .tagged(),
            delete,
        )
}

/// `POST /v1/tax-rates`
pub async fn create(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<NewTaxRate>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/tax-rates", &body)?;
    let details = pricing::tax_details(body)?;
    let command = Command::PutTaxRate(PutTaxRate { expect: Expect::New, details });
    answered(StatusCode::CREATED, app.write_here(by.under(key), ShardId::META, command).await?)
}

/// `GET /v1/tax-rates/{id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<TaxRateId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let found = app.find(ShardId::META, &wish, |view| read::tax_rate(view, id)).await?;
    let (Some(rate), seen) = found else { return Err(not_found(id)) };
    let version = rate.version;
    if let Some(response) = answer::not_modified(&headers, version)? {
        return Ok(seen.mark(response));
    }
    let response = answer::json(StatusCode::OK, &pricing::tax_rate(rate))?;
    Ok(seen.mark(answer::tagged(response, version)))
}

/// `GET /v1/tax-rates`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<TaxRateId>()?;
    let seen = app.fresh(&[ShardId::META], &wish).await?;
    let found = read::tax_rates(&app.view(ShardId::META), after, limit + 1);
    let page = answer::page(found.map_err(Error::fault)?, limit, |row| row.id.to_string());
    let data = page.data.into_iter().map(pricing::tax_rate).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `PUT /v1/tax-rates/{id}`
pub async fn update(
    State(app): State<App>,
    by: By,
    Id(id): Id<TaxRateId>,
    headers: HeaderMap,
    Json(body): Json<NewTaxRate>,
) -> Result<Response, Error> {
    let expect = answer::if_match(&headers)?.map_or(Expect::Any, Expect::Version);
    let command = PutTaxRate { expect, details: pricing::tax_details(body)? };
    if command.id() != id {
        let detail = "place and category of a rate do not change: delete it, and create another";
        return Err(Error::about(Code::InvalidField, "country", detail));
    }
    let command = Command::PutTaxRate(command);
    answered(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

/// `DELETE /v1/tax-rates/{id}`
pub async fn delete(
    State(app): State<App>,
    by: By,
    Id(id): Id<TaxRateId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let expected_version = answer::if_match(&headers)?;
    let command = Command::DeleteTaxRate(DeleteTaxRate { id, expected_version });
    answered(StatusCode::OK, app.write_here(by, ShardId::META, command).await?)
}

fn answered(status: StatusCode, written: Written) -> Result<Response, Error> {
    let Reply::TaxRate(rate) = written.reply else { return Err(unexpected(&written.reply)) };
    let version = rate.version;
    let response = answer::json(status, &pricing::tax_rate(*rate))?;
    let response = answer::replayed(answer::tagged(response, version), written.replayed);
    Ok(written.seen.mark(response))
}

fn not_found(id: TaxRateId) -> Error {
    Error::new(Code::TaxRateNotFound, format!("there is no tax rate {id}"))
}
