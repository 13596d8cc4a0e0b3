//! `/v1/orders/{id}/returns`: what customers send back.
//!
//! A customer asks for a return and may keep the goods after all; a seller decides and takes in
//! what came. Every answer has the order's version as its tag.

use api_client::{
    List, NewReturn, ReceiveReturn, ReceivedUnits, RejectReturn, Return as WireReturn,
};
use axum::extract::State;
use axum::response::Response;
use engine_core::order::{Condition, Received};
use engine_core::read::Whose;
use engine_core::{ApproveReturn, CancelReturn, Command, OrderId, Owner, RequestReturn, ReturnId};
use hyper::StatusCode;

use super::fulfillments::{Seller, order_of, units};
use crate::access::Principal;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Id, Json, OrderPart, OrderPartAlone, Personal};
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, Written, unexpected};

/// Where returns are.
const PATH: &str = "/v1/orders/{id}/returns";

/// The routes of returns.
pub fn routes() -> Routes {
    decisions(
        Routes::of("returns")
            .on(
                Op::get(PATH, "listReturns", "What comes back, or came back, of an order")
                    .about("Oldest first, all of it on one page.")
                    .customers()
                    .id("OrderId")
                    .fresh()
                    .refuses(&[Code::OrderNotFound])
                    .lists::<WireReturn>("The order's returns."),
                list,
            )
            .on(
                Op::post(PATH, "requestReturn", "Asks for a return of units that have arrived")
                    .about("Within 30 days after all of the order has arrived.")
                    .customers()
                    .id("OrderId")
                    .key_required()
                    .body::<NewReturn>()
                    .refuses(&[Code::OrderNotFound, Code::AlreadyExists, Code::OutOfRange])
                    .refuses(&[Code::CardNumber, Code::NotReturnable, Code::UnitsNotLeft])
                    .refuses(&[Code::TooManyReturns])
                    .answers::<WireReturn>(201, "The return; the order's version is in `ETag`.")
                    .seen()
                    .tagged(),
                request,
            )
            .on(
                Op::post(
                    "/v1/orders/{id}/returns/{part_id}/cancel",
                    "cancelReturn",
                    "Cancels a return of which nothing has come",
                )
                .about("Canceling twice is the same as once.")
                .customers()
                .id("OrderId")
                .parameter("ReturnId")
                .keyed()
                .no_body()
                .refuses(&[Code::OrderNotFound, Code::ReturnNotFound, Code::WrongReturnState])
                .answers::<WireReturn>(200, "The return as it is now.")
                .seen()
                .tagged(),
                cancel,
            ),
    )
}

/// What a seller makes of a return.
fn decisions(routes: Routes) -> Routes {
    let decision = |path, id, summary| {
        Op::post(path, id, summary)
            .id("OrderId")
            .parameter("ReturnId")
            .if_match()
            .keyed()
            .refuses(&[Code::OrderNotFound, Code::ReturnNotFound, Code::WrongReturnState])
            .answers::<WireReturn>(200, "The return as it is now.")
            .seen()
            .tagged()
    };
    let paths = [
        "/v1/orders/{id}/returns/{part_id}/approve",
        "/v1/orders/{id}/returns/{part_id}/reject",
        "/v1/orders/{id}/returns/{part_id}/receive",
    ];
    routes
        .on(
            decision(paths[0], "approveReturn", "Waits for what a customer sends back")
                .about("For 30 days.")
                .no_body(),
            approve,
        )
        .on(
            decision(paths[1], "rejectReturn", "Does not want it back")
                .body::<RejectReturn>()
                .refuses(&[Code::OutOfRange, Code::CardNumber]),
            reject,
        )
        .on(
            decision(paths[2], "receiveReturn", "Takes in what came of an approved return")
                .about(
                    "What is `sellable` is on hand again. What it cost, or `refund`, goes back. \
                     What did not come is not waited for.",
                )
                .body::<ReceiveReturn>()
                .refuses(&[Code::OutOfRange, Code::UnitsNotLeft, Code::RefundTooLarge]),
            receive,
        )
}

/// `GET /v1/orders/{id}/returns`
pub async fn list(
    State(app): State<App>,
    caller: Principal,
    Id(id): Id<OrderId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let (order, seen) = app.order(&caller, id, &wish).await?;
    let data = order.progress.returns.into_iter().map(render::returned).collect();
    let list = List { data, has_more: false, next_cursor: None };
    Ok(seen.mark(answer::json(StatusCode::OK, &list)?))
}

/// `POST /v1/orders/{id}/returns`
pub async fn request(
    State(app): State<App>,
    caller: Principal,
    asks: Seller,
    Id(order): Id<OrderId>,
    Personal(body): Personal<NewReturn>,
) -> Result<Response, Error> {
    let by = asks.under_required("returns", &(order.to_string(), &body))?;
    let owner = own(&caller, order)?;
    let id = ReturnId(crate::idempotency::created_id(by.key));
    let (lines, reason) = (units(&body.lines), body.reason);
    let command = Command::RequestReturn(RequestReturn { order, owner, id, lines, reason });
    let written = app.write_here(by, app.topology.of_order(order), command).await?;
    answered(StatusCode::CREATED, id, written)
}

/// `POST /v1/orders/{id}/returns/{part_id}/cancel`
pub async fn cancel(
    State(app): State<App>,
    caller: Principal,
    asks: Seller,
    OrderPartAlone(order, id): OrderPartAlone<ReturnId>,
) -> Result<Response, Error> {
    let by = asks.under("returns/cancel", &(order.to_string(), id.to_string()))?;
    let owner = own(&caller, order)?;
    let command = Command::CancelReturn(CancelReturn { order, owner, id });
    let written = app.write_here(by, app.topology.of_order(order), command).await?;
    answered(StatusCode::OK, id, written)
}

/// `POST /v1/orders/{id}/returns/{part_id}/approve`
pub async fn approve(
    State(app): State<App>,
    seller: Seller,
    OrderPartAlone(order, id): OrderPartAlone<ReturnId>,
) -> Result<Response, Error> {
    let by = seller.under("returns/approve", &(order.to_string(), id.to_string()))?;
    let expected_version = seller.expected_version()?;
    let command = Command::ApproveReturn(ApproveReturn { order, expected_version, id });
    let written = app.write_here(by, app.topology.of_order(order), command).await?;
    answered(StatusCode::OK, id, written)
}

/// `POST /v1/orders/{id}/returns/{part_id}/reject`
pub async fn reject(
    State(app): State<App>,
    seller: Seller,
    OrderPart(order, id): OrderPart<ReturnId>,
    Personal(body): Personal<RejectReturn>,
) -> Result<Response, Error> {
    let by = seller.under("returns/reject", &(order.to_string(), id.to_string(), &body))?;
    let expected_version = seller.expected_version()?;
    let reason = body.reason;
    let command = engine_core::RejectReturn { order, expected_version, id, reason };
    let command = Command::RejectReturn(command);
    let written = app.write_here(by, app.topology.of_order(order), command).await?;
    answered(StatusCode::OK, id, written)
}

/// `POST /v1/orders/{id}/returns/{part_id}/receive`
pub async fn receive(
    State(app): State<App>,
    seller: Seller,
    OrderPart(order, id): OrderPart<ReturnId>,
    Json(body): Json<ReceiveReturn>,
) -> Result<Response, Error> {
    let by = seller.under("returns/receive", &(order.to_string(), id.to_string(), &body))?;
    let expected_version = seller.expected_version()?;
    let received = body.received.as_deref().map(came).transpose()?;
    let refund = body.refund;
    let command = engine_core::ReceiveReturn { order, expected_version, id, received, refund };
    let command = Command::ReceiveReturn(command);
    let written = app.write_here(by, app.topology.of_order(order), command).await?;
    answered(StatusCode::OK, id, written)
}

/// Who must own the order: nobody in particular, where the caller works for the shop.
fn own(caller: &Principal, order: OrderId) -> Result<Option<Owner>, Error> {
    match caller.whose() {
        Whose::Anybody => Ok(None),
        Whose::Of(owner) => Ok(Some(owner)),
        Whose::Nobody => Err(super::orders::not_found(order)),
    }
}

/// What came, in the engine's words.
fn came(units: &[ReceivedUnits]) -> Result<Vec<Received>, Error> {
    let unit = |(at, units): (usize, &ReceivedUnits)| {
        let known = Condition::ALL.into_iter().find(|it| it.as_str() == units.condition);
        let condition = known.ok_or_else(|| {
            let detail = "what came is sellable or damaged";
            Error::about(Code::InvalidField, format!("received[{at}].condition"), detail)
        })?;
        let (line, quantity) = (units.line, units.quantity);
        Ok(Received { line, quantity, condition })
    };
    units.iter().enumerate().map(unit).collect()
}

fn answered(status: StatusCode, id: ReturnId, written: Written) -> Result<Response, Error> {
    let order = order_of(&written)?;
    let it = order.progress.returns.iter().find(|it| it.id == id);
    let it = it.ok_or_else(|| unexpected(&written.reply))?.clone();
    let told = answer::tagged(answer::json(status, &render::returned(it))?, order.version);
    Ok(written.seen.mark(answer::replayed(told, written.replayed)))
}
