//! `/v1/orders/{id}/fulfillments` and `/v1/orders/{id}/lines`: sellers at work on an order.
//!
//! Every change is one of the order: it names the version that was seen, and answers with the order
//! as it is then.

use api_client::{
    CancelLines, LineUnits, LoseFulfillment, NewFulfillment, Order as WireOrder, ShipFulfillment,
};
use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use engine_core::order::{LineUnits as Units, Lost, Order};
use engine_core::{
    CancelFulfillment, Command, CreateFulfillment, DeliverFulfillment, FulfillmentId, OrderId,
    PackFulfillment, Rejection, Reply, ReshipFulfillment,
};
use hyper::StatusCode;
use serde::Serialize;

use crate::access::{By, Principal};
use crate::answer;
use crate::errors::{Code, Error};
use crate::extract::{Id, Json, OrderPart, OrderPartAlone, Personal};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::refusals;
use crate::render;
use crate::state::{App, Written, unexpected};

/// How long other shards are waited for that take units once more, in seconds.
const RESERVE_S: u32 = 5;

/// The routes of fulfillments, and of the lines that will not be sent.
pub fn routes() -> Routes {
    verbs(
        Routes::of("fulfillments")
            .on(
                change(
                    "/v1/orders/{id}/fulfillments",
                    "createFulfillment",
                    "Begins a fulfillment: units of an order that are sent together",
                )
                .about("Without `lines` of all that is in no fulfillment yet.")
                .body::<NewFulfillment>()
                .refuses(&[Code::OrderBlocked, Code::UnitsNotLeft, Code::AlreadyExists])
                .refuses(&[Code::OutOfRange, Code::TooManyFulfillments])
                .answers::<WireOrder>(201, "The order, with the new fulfillment at the end."),
                create,
            )
            .on(
                change(
                    "/v1/orders/{id}/lines/cancel",
                    "cancelLines",
                    "Cancels units that will not be sent",
                )
                .about(
                    "Before the capture less is captured, after it the difference goes back. An \
                     order of which nothing is left is canceled.",
                )
                .body::<CancelLines>()
                .refuses(&[Code::OrderBlocked, Code::UnitsNotLeft, Code::OutOfRange])
                .refuses(&[Code::CardNumber])
                .answers::<WireOrder>(200, "The order as it is now."),
                cancel_lines,
            ),
    )
}

/// What becomes of a fulfillment.
fn verbs(routes: Routes) -> Routes {
    let verb = |path, id, summary| {
        of_part(path, id, summary).answers::<WireOrder>(200, "The order as it is now.")
    };
    let base = [
        "/v1/orders/{id}/fulfillments/{part_id}/pack",
        "/v1/orders/{id}/fulfillments/{part_id}/ship",
        "/v1/orders/{id}/fulfillments/{part_id}/deliver",
        "/v1/orders/{id}/fulfillments/{part_id}/cancel",
        "/v1/orders/{id}/fulfillments/{part_id}/lost",
        "/v1/orders/{id}/fulfillments/{part_id}/reship",
    ];
    routes
        .on(
            verb(base[0], "packFulfillment", "Says that a fulfillment is packed")
                .about("The first one takes the money of all that was not canceled.")
                .no_body()
                .refuses(&[Code::OrderBlocked]),
            pack,
        )
        .on(
            verb(base[1], "shipFulfillment", "Says that a fulfillment was handed to a carrier")
                .about("It must be packed, and the order be paid.")
                .body::<ShipFulfillment>()
                .refuses(&[Code::OrderBlocked, Code::OutOfRange]),
            ship,
        )
        .on(
            verb(base[2], "deliverFulfillment", "Says that a fulfillment has arrived")
                .about("14 days after it was sent it counts as delivered by itself.")
                .no_body(),
            deliver,
        )
        .on(
            verb(base[3], "cancelFulfillment", "Gives up a fulfillment that was not sent")
                .about("Its units wait for another one.")
                .no_body(),
            cancel,
        )
        .on(
            verb(base[4], "loseFulfillment", "Says that a fulfillment never arrives")
                .about(
                    "What its units cost goes back, unless `refund` says no. What was \
                     `returned_to_sender` is on hand again.",
                )
                .body::<LoseFulfillment>(),
            lose,
        )
        .on(again(base[5]), reship)
}

/// What never arrived is sent once more.
fn again(path: &'static str) -> Op {
    of_part(path, "reshipFulfillment", "Sends what never arrived once more")
        .about(
            "Nobody pays for it again. Its units are taken from the stock anew: if there are too \
             few it is 409, and can be tried once more. Is a shard slow to say so, the new \
             fulfillment is `reserving` until it has.",
        )
        .no_body()
        .refuses(&[Code::AlreadyMadeUp, Code::OutOfStock, Code::OrderBlocked])
        .refuses(&[Code::TooManyFulfillments, Code::AlreadyExists])
        .answers::<WireOrder>(201, "The order, with the new fulfillment at the end.")
}

/// A seller's change of a fulfillment.
fn of_part(path: &'static str, id: &'static str, summary: &'static str) -> Op {
    change(path, id, summary)
        .parameter("FulfillmentId")
        .refuses(&[Code::FulfillmentNotFound, Code::WrongFulfillmentState])
}

/// A seller's change of an order that was seen at a version.
fn change(path: &'static str, id: &'static str, summary: &'static str) -> Op {
    Op::post(path, id, summary)
        .id("OrderId")
        .if_match()
        .keyed()
        .refuses(&[Code::OrderNotFound])
        .seen()
        .tagged()
}

/// Who changes an order, under which key, and which version of it was seen.
pub struct Seller {
    caller: Principal,
    by: By,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Seller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let caller = Principal::from_request_parts(parts, state).await?;
        let by = By::from_request_parts(parts, state).await?;
        Ok(Self { caller, by, headers: parts.headers.clone() })
    }
}

impl Seller {
    /// On whose behalf, under the key of this request, if it has one. `verb` is the end of its
    /// path, `body` what it was understood as.
    pub fn under<B: Serialize>(&self, verb: &str, body: &B) -> Result<By, Error> {
        let route = format!("POST /v1/orders/{{id}}/{verb}");
        Ok(self.by.under(idempotency::key(&self.caller, &self.headers, &route, body)?))
    }

    /// The same, of a request that must have a key.
    pub fn under_required<B: Serialize>(&self, verb: &str, body: &B) -> Result<By, Error> {
        idempotency::required(&self.headers)?;
        self.under(verb, body)
    }

    /// The version of the order that was seen; none for any.
    pub fn expected_version(&self) -> Result<Option<u64>, Error> {
        answer::if_match(&self.headers)
    }
}

/// `POST /v1/orders/{id}/fulfillments`
pub async fn create(
    State(app): State<App>,
    seller: Seller,
    Id(order): Id<OrderId>,
    Json(body): Json<NewFulfillment>,
) -> Result<Response, Error> {
    let by = seller.under("fulfillments", &(order.to_string(), &body))?;
    let expected_version = seller.expected_version()?;
    let id = FulfillmentId(idempotency::created_id(by.key));
    let lines = body.lines.as_deref().map(units);
    let command = CreateFulfillment { order, expected_version, id, lines };
    let command = Command::CreateFulfillment(command);
    let written = app.write_here(by, app.topology.of_order(order), command).await?;
    answered(StatusCode::CREATED, written)
}

/// `POST /v1/orders/{id}/fulfillments/{part_id}/pack`
pub async fn pack(
    State(app): State<App>,
    seller: Seller,
    OrderPartAlone(order, id): OrderPartAlone<FulfillmentId>,
) -> Result<Response, Error> {
    let by = seller.under("pack", &(order.to_string(), id.to_string()))?;
    let expected_version = seller.expected_version()?;
    let command = PackFulfillment { order, expected_version, id };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::PackFulfillment(command)).await?;
    answered(StatusCode::OK, written)
}

/// `POST /v1/orders/{id}/fulfillments/{part_id}/ship`
pub async fn ship(
    State(app): State<App>,
    seller: Seller,
    OrderPart(order, id): OrderPart<FulfillmentId>,
    Json(body): Json<ShipFulfillment>,
) -> Result<Response, Error> {
    let by = seller.under("ship", &(order.to_string(), id.to_string(), &body))?;
    let expected_version = seller.expected_version()?;
    let ShipFulfillment { carrier, tracking } = body;
    let tracking = tracking.unwrap_or_default();
    let command = engine_core::ShipFulfillment { order, expected_version, id, carrier, tracking };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::ShipFulfillment(command)).await?;
    answered(StatusCode::OK, written)
}

/// `POST /v1/orders/{id}/fulfillments/{part_id}/deliver`
pub async fn deliver(
    State(app): State<App>,
    seller: Seller,
    OrderPartAlone(order, id): OrderPartAlone<FulfillmentId>,
) -> Result<Response, Error> {
    let by = seller.under("deliver", &(order.to_string(), id.to_string()))?;
    let expected_version = seller.expected_version()?;
    let command = DeliverFulfillment { order, expected_version, id };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::DeliverFulfillment(command)).await?;
    answered(StatusCode::OK, written)
}

/// `POST /v1/orders/{id}/fulfillments/{part_id}/cancel`
pub async fn cancel(
    State(app): State<App>,
    seller: Seller,
    OrderPartAlone(order, id): OrderPartAlone<FulfillmentId>,
) -> Result<Response, Error> {
    let by = seller.under("cancel", &(order.to_string(), id.to_string()))?;
    let expected_version = seller.expected_version()?;
    let command = CancelFulfillment { order, expected_version, id };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::CancelFulfillment(command)).await?;
    answered(StatusCode::OK, written)
}

/// `POST /v1/orders/{id}/fulfillments/{part_id}/lost`
pub async fn lose(
    State(app): State<App>,
    seller: Seller,
    OrderPart(order, id): OrderPart<FulfillmentId>,
    Json(body): Json<LoseFulfillment>,
) -> Result<Response, Error> {
    let by = seller.under("lost", &(order.to_string(), id.to_string(), &body))?;
    let expected_version = seller.expected_version()?;
    let how = match body.how.as_str() {
        "lost" => Lost::Gone,
        "returned_to_sender" => Lost::CameBack,
        _ => {
            let detail = "what never arrives is lost or returned_to_sender";
            return Err(Error::about(Code::InvalidField, "how", detail));
        }
    };
    let refund = body.refund.unwrap_or(true);
    let command = engine_core::LoseFulfillment { order, expected_version, id, how, refund };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::LoseFulfillment(command)).await?;
    answered(StatusCode::OK, written)
}

/// `POST /v1/orders/{id}/fulfillments/{part_id}/reship`
pub async fn reship(
    State(app): State<App>,
    seller: Seller,
    OrderPartAlone(order, id): OrderPartAlone<FulfillmentId>,
) -> Result<Response, Error> {
    let by = seller.under("reship", &(order.to_string(), id.to_string()))?;
    let expected_version = seller.expected_version()?;
    let again = FulfillmentId(idempotency::created_id(by.key));
    let command = ReshipFulfillment { order, expected_version, id, again };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::ReshipFulfillment(command)).await?;
    let (order, replayed) = (order_of(&written)?.clone(), written.replayed);
    let of = |order: &Order| order.progress.fulfillments.iter().find(|it| it.id == again).cloned();
    let decided = |order: &Order| !of(order).is_some_and(|it| it.is_reserving());
    let (order, seen) = app.wait_order(order, written.seen, RESERVE_S, decided).await?;
    let short = of(&order).and_then(|it| it.again).map(|again| again.short).unwrap_or_default();
    if !short.is_empty() {
        return Err(refusals::error(&Rejection::OutOfStock { lines: short }));
    }
    answered(StatusCode::CREATED, Written { reply: Reply::Order(Box::new(order)), replayed, seen })
}

/// `POST /v1/orders/{id}/lines/cancel`
pub async fn cancel_lines(
    State(app): State<App>,
    seller: Seller,
    Id(order): Id<OrderId>,
    Personal(body): Personal<CancelLines>,
) -> Result<Response, Error> {
    let by = seller.under("lines/cancel", &(order.to_string(), &body))?;
    let expected_version = seller.expected_version()?;
    let CancelLines { lines, reason, write_off } = body;
    let lines = units(&lines);
    let command = engine_core::CancelLines { order, expected_version, lines, reason, write_off };
    let shard = app.topology.of_order(order);
    let written = app.write_here(by, shard, Command::CancelLines(command)).await?;
    answered(StatusCode::OK, written)
}

/// The order as it is after a change.
pub fn order_of(written: &Written) -> Result<&Order, Error> {
    match &written.reply {
        Reply::Order(order) => Ok(order),
        other => Err(unexpected(other)),
    }
}

fn answered(status: StatusCode, written: Written) -> Result<Response, Error> {
    let order = order_of(&written)?;
    let told = answer::json(status, &render::order(order.clone()))?;
    let told = answer::tagged(told, order.version);
    Ok(written.seen.mark(answer::replayed(told, written.replayed)))
}

/// Units of lines, in the engine's words.
pub fn units(lines: &[LineUnits]) -> Vec<Units> {
    let units = |&LineUnits { line, quantity }: &LineUnits| Units { line, quantity };
    lines.iter().map(units).collect()
}
