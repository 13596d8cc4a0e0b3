//! `/v1/orders`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use api_client::{List, NewLine, NewOrder, Order as WireOrder, OrderTransition};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::access::Scope;
use engine_core::inventory::HoldLine;
use engine_core::notice::Email;
use engine_core::order::Order;
use engine_core::payment::{PAYMENT_METHOD_BYTES_MAX, Pay, PaymentMethod};
use engine_core::read::{self, Whose};
use engine_core::{CancelOrder, Command, Money, OrderId, Owner, ProductId, Reply};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::products::currency;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::{Freshness, Seen};
use crate::errors::{Code, Error};
use crate::extract::{self, Id, IdAlone, Personal, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes, limits};
use crate::order::{Request, WAIT_S_MAX, check_lines};
use crate::pricing::Wanted;
use crate::refusals;
use crate::render;
use crate::state::{App, AppState, unexpected};

/// Why terms do not fit an order, beside what its products refuse.
pub const PRICING_REFUSALS: &[Code] = &[
    Code::PromotionNotFound,
    Code::PromotionExpired,
    Code::PromotionUsedUp,
    Code::MinimumSpendNotReached,
    Code::ShippingNotAvailable,
    Code::TooStale,
];

/// The routes of `/v1/orders`.
pub fn routes() -> Routes {
    changes(reads(Routes::of("orders")))
}

fn reads(routes: Routes) -> Routes {
    routes
        .on(
            Op::get("/v1/orders", "listOrders", "A customer's orders, newest first")
                .about("Those of the guests that the customer was are among them.")
                .customers()
                .own_parameter(json!({
                    "name": "customer_id", "in": "query", "required": true,
                    "description": "Whose orders.", "schema": limits::customer(),
                }))
                .fresh()
                .page()
                .refuses(&[Code::InvalidField, Code::CustomerNotFound])
                .lists::<WireOrder>("A page of orders."),
            list,
        )
        .on(
            Op::get("/v1/orders/{id}", "getOrder", "An order")
                .customers()
                .id("OrderId")
                .fresh()
                .cached()
                .refuses(&[Code::OrderNotFound])
                .answers::<WireOrder>(200, "The order."),
            read,
        )
        .on(
            Op::get("/v1/orders/{id}/history", "getOrderHistory", "What happened to an order")
                .about("Oldest first, all of it on one page.")
                .customers()
                .id("OrderId")
                .fresh()
                .refuses(&[Code::OrderNotFound])
                .lists::<OrderTransition>("The order's transitions."),
            history,
        )
}

fn changes(routes: Routes) -> Routes {
    routes
        .on(
            Op::post("/v1/orders", "placeOrder", "Places an order")
                .about(
                    "201 whenever an order exists: whether it is paid is in `payment.status`. \
                     Repeated with its key, it answers with the order as it is now.",
                )
                .customers()
                .key_required()
                .parameter("PreferWait")
                .body::<NewOrder>()
                .refuses(&[Code::InvalidId, Code::OutOfRange, Code::ProductNotFound])
                .refuses(&[Code::ProductArchived, Code::OutOfStock, Code::CurrencyMismatch])
                .refuses(&[Code::PriceChanged, Code::CustomerNotFound])
                .refuses(&[Code::TooManyOpenOrders, Code::CardNumber, Code::CardsOff])
                .refuses(&[Code::CartNotFound, Code::CartConsumed, Code::CartEnded])
                .refuses(&[Code::CartChanged, Code::GuestMerged])
                .refuses(PRICING_REFUSALS)
                .answers::<WireOrder>(201, "The order.")
                .seen(),
            place,
        )
        .on(
            Op::post("/v1/orders/{id}/cancel", "cancelOrder", "Cancels an order")
                .about("As far as its payment allows now. Canceling twice is the same as once.")
                .customers()
                .id("OrderId")
                .keyed()
                .no_body()
                .refuses(&[Code::OrderNotFound, Code::OrderNotCancelable])
                .answers::<WireOrder>(
                    200,
                    "The order is canceled, or its money is on the way back.",
                )
                .answers::<WireOrder>(202, "It is canceled as soon as its payment is known.")
                .seen(),
            cancel,
        )
}

/// `POST /v1/orders`
pub async fn place(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    Personal(body): Personal<NewOrder>,
) -> Result<Response, Error> {
    let cart = body.cart.as_deref().map(|text| extract::id("cart", text)).transpose()?;
    let mut request = request(by, &headers, body)?;
    check_own(&caller, &request.owner)?;
    if request.pay == Pay::OnAccount {
        // An invoice is the shop's trust in a customer: a customer cannot say that there is any.
        caller.require(Scope::OrdersWrite)?;
    } else {
        app.payments.takes_cards()?;
    }
    if let Some(cart) = cart {
        app.read_cart(&mut request, cart).await?;
    }
    let wait = prefer_wait(&headers);
    let mut placed = {
        let _permit = app.room.of_order().await?;
        app.place(&request).await?
    };
    if let Some(seconds) = wait {
        placed = app.wait_decided(placed, seconds).await?;
    }
    let response = answer::json(StatusCode::CREATED, &app.shown(&caller, *placed.order).await)?;
    Ok(placed.seen.mark(answer::replayed(response, placed.replayed)))
}

/// `GET /v1/orders/{id}`
pub async fn read(
    State(app): State<App>,
    caller: Principal,
    Id(id): Id<OrderId>,
    wish: Freshness,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (order, seen) = app.order(&caller, id, &wish).await?;
    let version = order.version;
    if let Some(response) = answer::not_modified(&headers, version)? {
        return Ok(seen.mark(response));
    }
    let told = answer::json(StatusCode::OK, &app.shown(&caller, order).await)?;
    Ok(seen.mark(answer::tagged(told, version)))
}

/// `GET /v1/orders/{id}/history`: oldest first.
pub async fn history(
    State(app): State<App>,
    caller: Principal,
    Id(id): Id<OrderId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let (order, seen) = app.order(&caller, id, &wish).await?;
    let view = app.view(app.topology.of_order(id));
    let steps = read::order_history(&view, &order).map_err(Error::fault)?;
    let data = steps.into_iter().map(render::transition).collect();
    let list = List { data, has_more: false, next_cursor: None };
    Ok(seen.mark(answer::json(StatusCode::OK, &list)?))
}

/// The parameters of a customer's list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    customer_id: String,
    limit: Option<u32>,
    cursor: Option<String>,
    #[expect(dead_code, reason = "read by `Freshness`, allowed here")]
    consistency: Option<String>,
}

/// `GET /v1/orders?customer_id=`: newest first.
pub async fn list(
    State(app): State<App>,
    caller: Principal,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let limit = extract::limit(params.limit)?;
    let owner = owner(&params.customer_id)?;
    check_own(&caller, &owner)?;
    let after = params.cursor.as_deref().map(cursor).transpose()?;
    let (orders, seen) = app.orders_of(owner, after, limit + 1, &wish).await?;
    let page = answer::page(orders, limit, cursor_after);
    let data = page.data.into_iter().map(|order| render::order_for(&caller, order)).collect();
    let page = List { data, has_more: page.has_more, next_cursor: page.next_cursor };
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `POST /v1/orders/{id}/cancel`
pub async fn cancel(
    State(app): State<App>,
    caller: Principal,
    by: By,
    headers: HeaderMap,
    IdAlone(id): IdAlone<OrderId>,
) -> Result<Response, Error> {
    let route = "POST /v1/orders/{id}/cancel";
    let key = idempotency::key(&caller, &headers, route, &id.to_string())?;
    let owner = match app.whose_is(&caller, id)? {
        Whose::Anybody => None,
        Whose::Of(owner) => Some(owner),
        Whose::Nobody => return Err(not_found(id)),
    };
    let command = Command::CancelOrder(CancelOrder { order: id, owner });
    let written = app.write_here(by.under(key), app.topology.of_order(id), command).await?;
    let Reply::Order(order) = written.reply else { return Err(unexpected(&written.reply)) };
    let waits = order.flags.cancel_requested;
    let status = if waits { StatusCode::ACCEPTED } else { StatusCode::OK };
    let response = answer::json(status, &render::order_for(&caller, *order))?;
    Ok(written.seen.mark(answer::replayed(response, written.replayed)))
}

impl AppState {
    /// An owner's orders, and those of the guests that the owner was: newest first.
    async fn orders_of(
        &self,
        owner: Owner,
        after: Option<(u64, OrderId)>,
        limit: usize,
        wish: &Freshness,
    ) -> Result<(Vec<Order>, Seen), Error> {
        let home = self.topology.of_owner(&owner);
        let mut seen = self.fresh(&[home], wish).await?;
        let guests = self.guests_of(&owner)?;
        let shards: BTreeSet<_> =
            guests.iter().map(|guest| self.topology.of_owner(guest)).collect();
        let shards: Vec<_> = shards.into_iter().filter(|shard| *shard != home).collect();
        if !shards.is_empty() {
            seen = seen.and(self.fresh(&shards, wish).await?);
        }
        let mut orders = Vec::new();
        for owner in [vec![owner], guests].concat() {
            let view = self.view(self.topology.of_owner(&owner));
            orders.extend(read::orders_of(&view, &owner, after, limit).map_err(Error::fault)?);
        }
        orders.sort_by_key(|order| (Reverse(order.placed_at), order.id));
        orders.truncate(limit);
        Ok((orders, seen))
    }

    /// The guests that a customer was.
    fn guests_of(&self, owner: &Owner) -> Result<Vec<Owner>, Error> {
        let view = self.view(self.topology.of_owner(owner));
        let account = read::account(&view, owner).map_err(Error::fault)?;
        Ok(account.map_or_else(Vec::new, |account| account.guests))
    }

    /// On whose behalf the caller reads an order: on that of a guest, if the caller was that guest
    /// when it was placed.
    fn whose_is(&self, caller: &Principal, id: OrderId) -> Result<Whose, Error> {
        let whose = caller.whose();
        let Whose::Of(own) = &whose else { return Ok(whose) };
        let view = self.view(self.topology.of_order(id));
        for guest in self.guests_of(own)? {
            let was = Whose::Of(guest);
            if read::order(&view, id, &was).map_err(Error::fault)?.is_some() {
                return Ok(was);
            }
        }
        Ok(whose)
    }

    /// An order that the caller may see.
    pub async fn order(
        &self,
        caller: &Principal,
        id: OrderId,
        wish: &Freshness,
    ) -> Result<(Order, Seen), Error> {
        let (shard, whose) = (self.topology.of_order(id), self.whose_is(caller, id)?);
        let (order, seen) = self.find(shard, wish, |view| read::order(view, id, &whose)).await?;
        Ok((order.ok_or_else(|| not_found(id))?, seen))
    }
}

/// Somebody else's account is as if it were not there.
pub(super) fn check_own(caller: &Principal, owner: &Owner) -> Result<(), Error> {
    if caller.whose().includes(owner) {
        return Ok(());
    }
    let detail = format!("there is no customer {owner} whose orders you may see or place");
    Err(Error::about(Code::CustomerNotFound, "customer_id", detail))
}

/// There is no such order, as far as the caller may know.
pub fn not_found(id: OrderId) -> Error {
    Error::new(Code::OrderNotFound, format!("there is no order {id}"))
}

pub(super) fn owner(text: &str) -> Result<Owner, Error> {
    Owner::new(text).ok_or_else(|| {
        let most = Owner::BYTES_MAX;
        let detail = format!("a customer id is 1 to {most} letters, digits and any of _-.:@");
        Error::about(Code::InvalidField, "customer_id", detail)
    })
}

/// The order after which a page begins: its `placed_at` in milliseconds, a dash, its id.
fn cursor(text: &str) -> Result<(u64, OrderId), Error> {
    let parsed =
        text.split_once('-').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parsed.ok_or_else(|| {
        Error::about(Code::InvalidParameter, "cursor", "a cursor is what next_cursor said")
    })
}

fn cursor_after(order: &Order) -> String {
    format!("{}-{}", order.placed_at, order.id)
}

/// What the body and the key ask for, within the limits.
fn request(by: By, headers: &HeaderMap, body: NewOrder) -> Result<Request, Error> {
    let key = idempotency::required(headers)?.to_owned();
    let owner = owner(&body.customer_id)?;
    let currency = currency(&body.currency)?;
    let lines = match (&body.cart, body.lines.as_slice()) {
        // The cart has them.
        (Some(_), []) => Vec::new(),
        (_, named) => lines(named)?,
    };
    if body.expected_total.is_some_and(|total| !(0..=Money::AMOUNT_MAX).contains(&total)) {
        let detail = format!("a total is 0 to {} minor units", Money::AMOUNT_MAX);
        return Err(Error::about(Code::OutOfRange, "expected_total", detail));
    }
    let pay = pay(body.payment_method.as_deref())?;
    let email = body.email.as_deref().map(Email::normalized);
    let checked = email.as_ref().map_or(Ok(()), Email::check);
    checked.map_err(|why| refusals::error(&why))?;
    let wanted = Wanted::read(
        body.promotion_code.as_deref(),
        body.shipping_method.as_deref(),
        body.ship_to.as_ref(),
    )?;
    let expected_total = body.expected_total;
    let body = NewOrder { currency: currency.to_string(), ..body };
    let body = idempotency::body_hash(&body)?;
    let (cart, actor) = (None, by.actor);
    Ok(Request {
        owner,
        key,
        body,
        lines,
        cart,
        currency,
        expected_total,
        pay,
        wanted,
        email,
        actor,
    })
}

/// What is ordered.
pub fn lines(lines: &[NewLine]) -> Result<Vec<HoldLine>, Error> {
    let line = |(at, line): (usize, &NewLine)| {
        let param = format!("lines[{at}].product_id");
        let product = extract::id::<ProductId>(&param, &line.product_id)?;
        Ok(HoldLine { product, quantity: line.quantity })
    };
    let lines = lines.iter().enumerate().map(line).collect::<Result<Vec<_>, Error>>()?;
    check_lines(&lines)?;
    Ok(lines)
}

pub(super) fn pay(method: Option<&str>) -> Result<Pay, Error> {
    let token = |text: &str| {
        text.starts_with("pm_")
            && text.len() <= PAYMENT_METHOD_BYTES_MAX
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match method {
        None => Ok(Pay::Card(None)),
        Some("on_account") => Ok(Pay::OnAccount),
        Some(text) if token(text) => Ok(Pay::Card(Some(PaymentMethod(text.to_owned())))),
        Some(_) => {
            let detail = "a payment method is a card's token `pm_…`, or `on_account`";
            Err(Error::about(Code::InvalidField, "payment_method", detail))
        }
    }
}

/// The seconds of `Prefer: wait=N`. A preference that is not understood is ignored (RFC 7240).
pub(super) fn prefer_wait(headers: &HeaderMap) -> Option<u32> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let waits = preferences.flat_map(|value| value.split([',', ';']));
    let seconds = waits.filter_map(|preference| preference.trim().strip_prefix("wait="));
    seconds.filter_map(|text| text.trim().parse::<u32>().ok()).next().map(|s| s.min(WAIT_S_MAX))
}
