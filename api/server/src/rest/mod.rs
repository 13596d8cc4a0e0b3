//! The REST interface: one file for each resource, all routes in one table.

mod audit;
mod cluster;
mod collections;
mod health;
mod holds;
mod orders;
mod products;
mod search;
mod seeds;
mod stock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};

use crate::errors::{Code, Error};
use crate::http;
use crate::state::App;

/// Every route.
pub fn router(app: App) -> Router {
    let gate = from_fn_with_state(app.clone(), http::gate);
    Router::new()
        .merge(v1())
        .route("/heartbeat", get(seeds::heartbeat))
        .route("/product", post(seeds::create_product))
        .route("/product/{id}", put(seeds::update_product).get(seeds::get_product))
        .route("/collection", post(seeds::create_collection))
        .route("/collection/{id}", put(seeds::update_collection).get(seeds::get_collection))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(http::BODY_BYTES_MAX))
        .layer(gate)
        .with_state(app)
}

fn v1() -> Router<App> {
    Router::new()
        .route("/v1/products", get(products::list).post(products::create))
        .route(
            "/v1/products/{id}",
            get(products::read)
                .patch(products::update)
                .put(products::update)
                .delete(products::archive),
        )
        .route("/v1/collections", get(collections::list).post(collections::create))
        .route(
            "/v1/collections/{id}",
            get(collections::read)
                .patch(collections::update)
                .put(collections::update)
                .delete(collections::archive),
        )
        .route("/v1/stock/receipts", post(stock::receive))
        .route("/v1/stock/adjustments", post(stock::adjust))
        .route("/v1/stock/levels", post(stock::set))
        .route("/v1/stock/{id}", get(stock::read))
        .route("/v1/stock/{id}/movements", get(stock::movements))
        .route("/v1/holds", post(holds::create))
        .route("/v1/holds/{id}", get(holds::read).delete(holds::release))
        .route("/v1/holds/{id}/commit", post(holds::commit))
        .route("/v1/search", get(search::search))
        .route("/v1/orders", get(orders::list).post(orders::place))
        .route("/v1/orders/{id}", get(orders::read))
        .route("/v1/orders/{id}/cancel", post(orders::cancel))
        .route("/v1/orders/{id}/history", get(orders::history))
        .route("/v1/cluster/status", get(cluster::status))
        .route("/v1/cluster/self", get(cluster::node_self))
        .route("/v1/cluster/leaders/transfer", post(cluster::transfer))
        .route("/v1/audit", get(audit::audit))
}

async fn no_route() -> Error {
    Error::new(Code::NotFound, "no such path; GET /v1/products is one that exists")
}

async fn no_method() -> Error {
    Error::new(Code::MethodNotAllowed, "see the Allow header for the methods of this path")
}
