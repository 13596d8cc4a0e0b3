//! `/v1/recovery`: the orders that do not go on by themselves, and what a person can do about one.
//!
//! There is no index of them: the list reads orders in the order of their ids, a bounded number for
//! each page, so a page may be empty and have a next one.

use api_client::{List, OrderRecovery, OrderToRecover, RecoverOrder as WireRecover};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine_core::order::{Order, RecoverOrder};
use engine_core::read::{self, Whose};
use engine_core::{Command, OrderId, Reply, ShardId};
use hyper::StatusCode;

use super::products::ListParams;
use crate::access::{By, Principal};
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::{Id, Json, Query};
use crate::idempotency;
use crate::openapi::{Op, Routes};
use crate::render;
use crate::state::{App, AppState, unexpected};
use crate::time::rfc3339;

/// The most orders that are read for one page.
const ORDERS_PER_PAGE: usize = 20_000;
/// How many are read at a time.
const ORDERS_PER_READ: usize = 500;

/// The routes of `/v1/recovery`, and of recovering an order.
pub fn routes() -> Routes {
    Routes::of("recovery")
        .on(
            Op::get(
                "/v1/recovery/orders",
                "listOrdersToRecover",
                "Orders that somebody should look at",
            )
            .about(
                "Those that a person must look at, whose payment has been unknown for ten \
                 minutes, or whose calls or timers are overdue; shard by shard, in the order of \
                 their ids. A page may be empty and have a next one.",
            )
            .fresh()
            .page()
            .refuses(&[Code::InvalidId])
            .lists::<OrderToRecover>("A page of orders."),
            list,
        )
        .on(
            Op::post("/v1/orders/{id}/recover", "recoverOrder", "Finds out about an order now")
                .about(
                    "Has the payment provider asked at once what became of the order's payment; \
                     the answer decides, here as anywhere. With `reviewed` it leaves the list of \
                     those that a person must look at. A dry run only says what would be done.",
                )
                .id("OrderId")
                .keyed()
                .body::<WireRecover>()
                .refuses(&[Code::OutOfRange, Code::OrderNotFound])
                .refuses(&[Code::NothingToRecover, Code::ReviewStands])
                .answers::<OrderRecovery>(200, "What is done, and the order.")
                .seen(),
            recover,
        )
}

/// `GET /v1/recovery/orders`
pub async fn list(
    State(app): State<App>,
    wish: Freshness,
    Query(params): Query<ListParams>,
) -> Result<Response, Error> {
    let (limit, after) = params.page::<OrderId>()?;
    let shards: Vec<ShardId> = app.topology.groups().filter(|id| *id != ShardId::META).collect();
    let seen = app.fresh(&shards, &wish).await?;
    let state = app.clone();
    let read = move || state.orders_to_recover(&shards, after, limit);
    let page = tokio::task::spawn_blocking(read).await.map_err(Error::fault)??;
    Ok(seen.mark(answer::json(StatusCode::OK, &page)?))
}

/// `POST /v1/orders/{id}/recover`
pub async fn recover(
    State(app): State<App>,
    (caller, by): (Principal, By),
    headers: HeaderMap,
    Id(id): Id<OrderId>,
    Json(body): Json<WireRecover>,
) -> Result<Response, Error> {
    let shard = app.topology.of_order(id);
    if body.dry_run.unwrap_or(false) {
        let strong = Freshness { strong: true, ..Freshness::default() };
        let find = |view: &raft::ShardView| read::order(view, id, &Whose::Anybody);
        let (order, seen) = app.find(shard, &strong, find).await?;
        let order = order.ok_or_else(|| super::orders::not_found(id))?;
        return Ok(seen.mark(answer::json(StatusCode::OK, &told(true, order))?));
    }
    let route = "POST /v1/orders/{id}/recover";
    let key = idempotency::key(&caller, &headers, route, &(id.to_string(), &body))?;
    let reviewed = body.reviewed.unwrap_or(false);
    let command = Command::RecoverOrder(RecoverOrder { order: id, reason: body.reason, reviewed });
    let written = app.write_here(by.under(key), shard, command).await?;
    let Reply::Order(order) = written.reply else { return Err(unexpected(&written.reply)) };
    let response = answer::json(StatusCode::OK, &told(false, *order))?;
    Ok(written.seen.mark(answer::replayed(response, written.replayed)))
}

fn told(dry_run: bool, order: Order) -> OrderRecovery {
    let recovery = order.recovery().as_str().to_owned();
    OrderRecovery { dry_run, recovery, order: render::order(order) }
}

impl AppState {
    /// A page of orders that somebody should look at.
    fn orders_to_recover(
        &self,
        shards: &[ShardId],
        after: Option<OrderId>,
        limit: usize,
    ) -> Result<List<OrderToRecover>, Error> {
        let first = after.map(|order| self.topology.of_order(order));
        let (mut data, mut last, mut read) = (Vec::new(), after, 0);
        for shard in shards.iter().copied().filter(|shard| first.is_none_or(|it| *shard >= it)) {
            let view = self.view(shard);
            let now = read::clock(&view).map_err(Error::fault)?.now;
            let mut from = after.filter(|_| first == Some(shard));
            loop {
                let orders = read::orders(&view, from, ORDERS_PER_READ).map_err(Error::fault)?;
                let Some(end) = orders.last().map(|order| order.id) else { break };
                for order in orders {
                    if data.len() == limit || read == ORDERS_PER_PAGE {
                        let next_cursor = last.map(|order| order.to_string());
                        return Ok(List { data, has_more: true, next_cursor });
                    }
                    (last, read) = (Some(order.id), read + 1);
                    data.extend(to_recover(order, now));
                }
                from = Some(end);
            }
        }
        Ok(List { data, has_more: false, next_cursor: None })
    }
}

fn to_recover(order: Order, now: u64) -> Option<OrderToRecover> {
    let why = order.attention(now)?;
    Some(OrderToRecover {
        order_id: order.id.to_string(),
        customer_id: order.owner.to_string(),
        status: order.status().as_str().to_owned(),
        why: why.as_str().to_owned(),
        recovery: order.recovery().as_str().to_owned(),
        total: order.total,
        currency: order.currency.to_string(),
        updated_at: rfc3339(order.updated_at),
    })
}
