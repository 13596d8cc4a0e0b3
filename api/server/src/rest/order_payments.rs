//! `/v1/orders/{id}/payments`: another try, with another method, or a new payment; and what a
//! customer has to do next.

use api_client::{NewPayment, Order as WireOrder};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::access::Scope;
use engine_core::order::Order;
use engine_core::payment::Pay;
use engine_core::read::Whose;
use engine_core::{Command, OrderId, Reply, RetryPayment};
use hyper::StatusCode;

use super::orders::{not_found, pay, prefer_wait};
use crate::access::{By, Principal};
use crate::answer;
use crate::errors::{Code, Error};
use crate::extract::{Id, Personal};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::order::Placed;
use crate::render;
use crate::state::{App, AppState, unexpected};

/// The route.
pub fn routes() -> Routes {
    Routes::of("orders").on(
        Op::post("/v1/orders/{id}/payments", "payOrder", "Pays an order with another method")
            .about(
                "For an order that was placed without a method, or whose last one was declined: up \
                 to four attempts, for as long as its units are held. For a confirmed order whose \
                 money could not be captured (`flags.on_hold`): a new payment, within 48 hours. \
                 The old one is canceled first, and the order goes on once the new one is \
                 authorized.",
            )
            .customers()
            .id("OrderId")
            .keyed()
            .parameter("PreferWait")
            .body::<NewPayment>()
            .refuses(&[Code::OutOfRange, Code::OrderNotFound, Code::PaymentNotOpen])
            .refuses(&[Code::CardNumber, Code::CardsOff])
            .answers::<WireOrder>(200, "The order: whether it is paid is in `payment.status`.")
            .seen(),
        pay_order,
    )
}

/// `POST /v1/orders/{id}/payments`
pub async fn pay_order(
    State(app): State<App>,
    (caller, by): (Principal, By),
    headers: HeaderMap,
    Id(id): Id<OrderId>,
    Personal(body): Personal<NewPayment>,
) -> Result<Response, Error> {
    let route = "POST /v1/orders/{id}/payments";
    let key = idempotency::key(&caller, &headers, route, &(id.to_string(), &body))?;
    let owner = match caller.whose() {
        Whose::Anybody => None,
        Whose::Of(owner) => Some(owner),
        Whose::Nobody => return Err(not_found(id)),
    };
    let Pay::Card(Some(method)) = pay(Some(&body.payment_method))? else {
        let detail = "an order that waits for a card is paid with a card's token, `pm_…`";
        return Err(Error::about(Code::InvalidField, "payment_method", detail));
    };
    app.payments.takes_cards()?;
    let command = Command::RetryPayment(RetryPayment { order: id, owner, method });
    let written = app.write_here(by.under(key), app.topology.of_order(id), command).await?;
    let Reply::Order(order) = written.reply else { return Err(unexpected(&written.reply)) };
    let mut placed = Placed { order, replayed: written.replayed, seen: written.seen };
    if let Some(seconds) = prefer_wait(&headers) {
        placed = app.wait_decided(placed, seconds).await?;
    }
    let response = answer::json(StatusCode::OK, &app.shown(&caller, *placed.order).await)?;
    Ok(placed.seen.mark(answer::replayed(response, placed.replayed)))
}

impl AppState {
    /// An order as the caller may see it: who may pay it is told how to go on.
    pub(super) async fn shown(&self, caller: &Principal, order: Order) -> WireOrder {
        let pays = match caller.whose() {
            Whose::Of(owner) => owner == order.owner,
            Whose::Anybody => caller.can(Scope::OrdersWrite),
            Whose::Nobody => false,
        };
        let step = match pays {
            true => Some(self.payments.next_step(&order).await),
            false => None,
        };
        let mut shown = render::order_for(caller, order);
        if let Some(step) = step {
            step.tell(&mut shown.payment);
        }
        shown
    }
}
