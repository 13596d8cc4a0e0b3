//! `/v1/stock`: levels, the three ways to change the units on hand, and where they are.

use api_client::{AdjustStock, List, Movement, ReceiveStock, SetStock, Stock, TransferStock};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::{Command, LocationId, ProductId, Reply, read};
use hyper::StatusCode;
use serde::Deserialize;

use super::locations::named;
use super::products::not_found;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{self, Id, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, unexpected};

/// The routes of `/v1/stock`.
pub fn routes() -> Routes {
    let change = |operation: Op| {
        operation
            .keyed()
            .refuses(&[Code::InvalidId, Code::OutOfRange, Code::ProductNotFound])
            .refuses(&[Code::TooManyUnits, Code::LocationNotFound, Code::LocationInactive])
            .answers::<Stock>(200, "The stock level as it is now.")
            .seen()
    };
    Routes::of("stock")
        .on(
            Op::get("/v1/stock/{id}", "getStock", "The stock level of a product")
                .id("ProductId")
                .fresh()
                .refuses(&[Code::ProductNotFound])
                .answers::<Stock>(200, "The stock level."),
            read,
        )
        .on(
            Op::get("/v1/stock/{id}/movements", "listMovements", "Changes of the units on hand")
                .about("Oldest first.")
                .id("ProductId")
                .fresh()
                .page()
                .refuses(&[Code::ProductNotFound])
                .lists::<Movement>("A page of movements."),
            movements,
        )
        .on(
            change(Op::post("/v1/stock/receipts", "receiveStock", "Records units that arrived"))
                .body::<ReceiveStock>(),
            receive,
        )
        .on(
            change(Op::post("/v1/stock/adjustments", "adjustStock", "Corrects the units on hand"))
                .about("Units that were sold, and safety stock, stay.")
                .body::<AdjustStock>()
                .refuses(&[Code::UnitsInUse]),
            adjust,
        )
        .on(
            change(Op::post("/v1/stock/levels", "setStock", "Compares and sets the units on hand"))
                .about(
                    "Of one location, with what is there. Units that were sold, and safety stock, \
                     stay.",
                )
                .body::<SetStock>()
                .refuses(&[Code::UnitsInUse, Code::StockMismatch]),
            set,
        )
        .on(
            change(Op::post("/v1/stock/transfers", "transferStock", "Moves units elsewhere"))
                .about(
                    "From one location to another. Units that are held or committed stay where \
                     they are.",
                )
                .body::<TransferStock>()
                .refuses(&[Code::UnitsNotThere]),
            transfer,
        )
}

/// The parameters of the list of movements.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovementParams {
    limit: Option<u32>,
    cursor: Option<String>,
    #[expect(dead_code, reason = "read by `Freshness`, allowed here")]
    consistency: Option<String>,
}

/// `GET /v1/stock/{product_id}`
pub async fn read(
    State(app): State<App>,
    Id(id): Id<ProductId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let shard = app.topology.of_product(id);
    let level = |view: &raft::ShardView| {
        let Some(stock) = read::stock(view, id)? else { return Ok(None) };
        Ok(Some((stock, read::places(view, id, &stock)?)))
    };
    let (found, seen) = app.find(shard, &wish, level).await?;
    let (stock, places) = found.ok_or_else(|| not_found(id))?;
    let locations = places.into_iter().map(render::place).collect();
    let told = Stock { locations, ..render::stock(id, &stock) };
    Ok(seen.mark(answer::json(StatusCode::OK, &told)?))
}

/// `GET /v1/stock/{product_id}/movements`: oldest first.
pub async fn movements(
    State(app): State<App>,
    Id(id): Id<ProductId>,
    wish: Freshness,
    Query(params): Query<MovementParams>,
) -> Result<Response, Error> {
    let limit = extract::limit(params.limit)?;
    let after: u64 = params.cursor.as_deref().unwrap_or("0").parse().map_err(|_| {
        Error::about(Code::InvalidParameter, "cursor", "a cursor is what next_cursor said")
    })?;
    let shard = app.topology.of_product(id);
    let (stock, seen) = app.find(shard, &wish, |view| read::stock(view, id)).await?;
    stock.ok_or_else(|| not_found(id))?;
    let found = read::movements(&app.view(shard), id, after, limit + 1).map_err(Error::fault)?;
    let page = answer::page(found, limit, |(number, _)| number.to_string());
    let data = page.data.into_iter().map(|(number, row)| render::movement(number, row)).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `POST /v1/stock/receipts`: units arrived.
pub async fn receive(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<ReceiveStock>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/stock/receipts", &body)?;
    let product = extract::id("product_id", &body.product_id)?;
    let at = named(&app, "location_id", body.location_id.as_deref()).await?;
    let command = engine_core::ReceiveStock { product, quantity: body.quantity, at };
    change(&app, by.under(key), product, Command::ReceiveStock(command)).await
}

/// `POST /v1/stock/adjustments`: a correction, with a reason.
pub async fn adjust(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<AdjustStock>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/stock/adjustments", &body)?;
    let product = extract::id("product_id", &body.product_id)?;
    let at = named(&app, "location_id", body.location_id.as_deref()).await?;
    let AdjustStock { delta, reason, .. } = body;
    let command = engine_core::AdjustStock { product, delta, reason, at };
    change(&app, by.under(key), product, Command::AdjustStock(command)).await
}

/// `POST /v1/stock/levels`: compare and set.
pub async fn set(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<SetStock>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/stock/levels", &body)?;
    let product = extract::id("product_id", &body.product_id)?;
    let at = named(&app, "location_id", body.location_id.as_deref()).await?;
    let SetStock { expected, on_hand, reason, .. } = body;
    let command = engine_core::SetStock { product, expected, on_hand, reason, at };
    change(&app, by.under(key), product, Command::SetStock(command)).await
}

/// `POST /v1/stock/transfers`: units go to another location.
pub async fn transfer(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Json(body): Json<TransferStock>,
) -> Result<Response, Error> {
    let key = idempotency::key(&caller, &headers, "POST /v1/stock/transfers", &body)?;
    let product = extract::id("product_id", &body.product_id)?;
    let from = named(&app, "from_location_id", body.from_location_id.as_deref()).await?;
    let from = from.map_or(LocationId::DEFAULT, |from| from.id);
    let to = named(&app, "to_location_id", body.to_location_id.as_deref()).await?;
    let TransferStock { quantity, reason, .. } = body;
    let command = engine_core::TransferStock { product, from, to, quantity, reason };
    change(&app, by.under(key), product, Command::TransferStock(command)).await
}

async fn change(
    app: &App,
    by: By,
    product: ProductId,
    command: Command,
) -> Result<Response, Error> {
    let written = app.write_here(by, app.topology.of_product(product), command).await?;
    let Reply::Stock(stock) = written.reply else { return Err(unexpected(&written.reply)) };
    let response = answer::json(StatusCode::OK, &render::stock(product, &stock))?;
    Ok(written.seen.mark(answer::replayed(response, written.replayed)))
}
