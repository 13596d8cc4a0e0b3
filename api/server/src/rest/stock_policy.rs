//! `/v1/stock/{id}/policy`: what is kept back, what is sold before it is there, when it is low.

use api_client::{SetStockPolicy, StockPolicy};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::inventory::Allocation;
use engine_core::{Command, ProductId, Reply, read};
use hyper::StatusCode;

use super::products::not_found;
use crate::access::By;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Id, Json};
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, unexpected};

/// Where the policy of a product's stock is.
const PATH: &str = "/v1/stock/{id}/policy";

/// The routes of `/v1/stock/{id}/policy`.
pub fn routes() -> Routes {
    Routes::of("stock")
        .on(
            Op::get(PATH, "getStockPolicy", "How a product's stock is sold")
                .id("ProductId")
                .fresh()
                .cached()
                .refuses(&[Code::ProductNotFound])
                .answers::<StockPolicy>(200, "The policy."),
            get,
        )
        .on(
            Op::put(PATH, "setStockPolicy", "Sets how a product's stock is sold")
                .about(
                    "It replaces the policy: what is absent is as for a new product. What was \
                     sold stays sold: a policy that it does not fit is refused with the nearest \
                     value that fits.",
                )
                .id("ProductId")
                .if_match()
                .body::<SetStockPolicy>()
                .refuses(&[Code::OutOfRange, Code::ProductNotFound])
                .answers::<StockPolicy>(200, "The policy as it is now.")
                .seen()
                .tagged(),
            set,
        )
}

/// `GET /v1/stock/{product_id}/policy`
pub async fn get(
    State(app): State<App>,
    Id(id): Id<ProductId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let shard = app.topology.of_product(id);
    let (stock, seen) = app.find(shard, &wish, |view| read::stock(view, id)).await?;
    let policy = stock.ok_or_else(|| not_found(id))?.policy;
    if let Some(response) = answer::not_modified(&headers, policy.version)? {
        return Ok(seen.mark(response));
    }
    let response = answer::json(StatusCode::OK, &render::stock_policy(id, &policy))?;
    Ok(seen.mark(answer::tagged(response, policy.version)))
}

/// `PUT /v1/stock/{product_id}/policy`
pub async fn set(
    State(app): State<App>,
    by: By,
    Id(product): Id<ProductId>,
    headers: HeaderMap,
    Json(body): Json<SetStockPolicy>,
) -> Result<Response, Error> {
    let allocation = allocation(body.allocation.as_deref())?;
    let command = engine_core::SetStockPolicy {
        product,
        expected_version: answer::if_match(&headers)?,
        safety: body.safety,
        backorder_limit: body.backorder_limit,
        low_stock_threshold: body.low_stock_threshold,
        allocation,
    };
    let shard = app.topology.of_product(product);
    let written = app.write_here(by, shard, Command::SetStockPolicy(command)).await?;
    let Reply::Stock(stock) = written.reply else { return Err(unexpected(&written.reply)) };
    let policy = stock.policy;
    let response = answer::json(StatusCode::OK, &render::stock_policy(product, &policy))?;
    let response = answer::replayed(answer::tagged(response, policy.version), written.replayed);
    Ok(written.seen.mark(response))
}

/// Which location's units are taken first.
fn allocation(text: Option<&str>) -> Result<Allocation, Error> {
    let Some(text) = text else { return Ok(Allocation::default()) };
    let known = Allocation::ALL.into_iter().find(|it| it.as_str() == text);
    known.ok_or_else(|| {
        let detail = "allocation is `priority` or `most_stock`";
        Error::about(Code::InvalidField, "allocation", detail)
    })
}
