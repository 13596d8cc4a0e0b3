//! `/v1/orders/{id}/allocation`: from where the units of an order are to be sent.
//!
//! The holds in the shards of its products say so: what is read here costs orders nothing.

use api_client::{AllocatedUnits, List};
use axum::extract::State;
use axum::response::Response;
use engine_core::inventory::HoldRef;
use engine_core::{OrderId, read};
use hyper::StatusCode;

use crate::access::Principal;
use crate::answer;
use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::extract::Id;
use crate::openapi::{Op, Routes};
use crate::state::App;

const PATH: &str = "/v1/orders/{id}/allocation";

/// The route of an order's allocation.
pub fn routes() -> Routes {
    Routes::of("fulfillments").on(
        Op::get(PATH, "getOrderAllocation", "From where the units of an order are to be sent")
            .about(
                "Of each product, how many units at which location are not sent yet, all on one \
                 page: those of a line go in this order.",
            )
            .id("OrderId")
            .fresh()
            .refuses(&[Code::OrderNotFound])
            .lists::<AllocatedUnits>("What is left to send."),
        allocation,
    )
}

/// `GET /v1/orders/{id}/allocation`
pub async fn allocation(
    State(app): State<App>,
    caller: Principal,
    Id(id): Id<OrderId>,
    wish: Freshness,
) -> Result<Response, Error> {
    let (order, mut seen) = app.order(&caller, id, &wish).await?;
    let mut shards: Vec<_> =
        order.lines.iter().map(|line| app.topology.of_product(line.product)).collect();
    shards.sort_unstable();
    shards.dedup();
    let mut data = Vec::new();
    for shard in shards {
        seen = seen.and(app.fresh(&[shard], &wish).await?);
        let hold = read::hold(&app.view(shard), HoldRef::Order(id)).map_err(Error::fault)?;
        let lines = hold.iter().flat_map(|hold| hold.lines.iter().map(move |line| (hold, line)));
        data.extend(lines.flat_map(|(hold, line)| {
            hold.parts(line).into_iter().map(|(location, quantity)| AllocatedUnits {
                product_id: line.product.to_string(),
                location_id: location.to_string(),
                quantity,
            })
        }));
    }
    let list = List { data, has_more: false, next_cursor: None };
    Ok(seen.mark(answer::json(StatusCode::OK, &list)?))
}
