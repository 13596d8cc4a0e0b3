//! `/v1/orders/{id}/refunds`: money of an order on its way back.

use api_client::{List, NewRefund, Refund as WireRefund};
use axum::extract::State;
use axum::response::Response;
use engine_core::{Command, OrderId, RefundId, RefundOrder};
use hyper::StatusCode;

use super::fulfillments::{Seller, order_of};
use crate::access::Principal;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Id, Personal};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, unexpected};

/// Where refunds are.
const PATH: &str = "/v1/orders/{id}/refunds";

/// The routes of refunds.
pub fn routes() -> Routes {
    Routes::of("refunds")
        .on(
            Op::get(PATH, "listRefunds", "What of an order's money was, or is to be, given back")
                .about("Oldest first, all of it on one page.")
                .customers()
                .id("OrderId")
                .fresh()
                .refuses(&[Code::OrderNotFound])
                .lists::<WireRefund>("The order's refunds."),
            list,
        )
        .on(
            Op::post(PATH, "createRefund", "Gives money of an order back")
                .about("Without `amount` all that is left. One refund is made after another.")
                .id("OrderId")
                .if_match()
                .key_required()
                .body::<NewRefund>()
                .refuses(&[Code::OrderNotFound, Code::AlreadyExists, Code::OutOfRange])
                .refuses(&[Code::CardNumber, Code::NotCaptured, Code::TooManyRefunds])
                .refuses(&[Code::RefundTooLarge])
                .answers::<WireRefund>(201, "The refund; the order's version is in `ETag`.")
                .seen()
                .tagged(),
            create,
        )
}

/// `GET /v1/orders/{id}/refunds`
pub async fn list(
    State(app): State<App>,
    caller: Principal,
    Id(id): Id<OrderId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let (order, seen) = app.order(&caller, id, &wish).await?;
    let currency = order.currency;
    let refunds = order.progress.refunds.into_iter();
    let data = refunds.map(|refund| render::refund(refund, currency)).collect();
    let list = List { data, has_more: false, next_cursor: None };
    Ok(seen.mark(answer::json(StatusCode::OK, &list)?))
}

/// `POST /v1/orders/{id}/refunds`
pub async fn create(
    State(app): State<App>,
    seller: Seller,
    Id(order): Id<OrderId>,
    Personal(body): Personal<NewRefund>,
) -> Result<Response, Error> {
    let by = seller.under_required("refunds", &(order.to_string(), &body))?;
    let expected_version = seller.expected_version()?;
    let id = RefundId(idempotency::created_id(by.key));
    let NewRefund { amount, reason } = body;
    let command = RefundOrder { order, expected_version, id, amount, reason };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::RefundOrder(command)).await?;
    let order = order_of(&written)?;
    let made = order.progress.refunds.iter().find(|refund| refund.id == id);
    let made = made.ok_or_else(|| unexpected(&written.reply))?.clone();
    let told = answer::json(StatusCode::CREATED, &render::refund(made, order.currency))?;
    let told = answer::tagged(told, order.version);
    Ok(written.seen.mark(answer::replayed(told, written.replayed)))
}
