//! The REST interface: one file for each resource, all routes in one table.

mod audit;
mod audit_trail;
mod cluster;
mod collections;
mod guests;
mod health;
mod holds;
mod keys;
mod orders;
mod products;
mod search;
mod seeds;
mod stock;
mod viewer;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tower::util::option_layer;
use tower_http::cors::CorsLayer;

use crate::errors::{Code, Error};
use crate::http;
use crate::openapi::{self, Routes};
use crate::state::App;

pub use holds::HOLD_MS_MIN;
pub use keys::{OVERLAP_S_MAX, VALID_S_MAX};

/// Every route, declared once: the router and the document are made of them.
fn routes() -> Routes {
    products::routes()
        .and(collections::routes())
        .and(search::routes())
        .and(stock::routes())
        .and(holds::routes())
        .and(orders::routes())
        .and(guests::routes())
        .and(keys::routes())
        .and(cluster::routes())
        .and(audit::routes())
        .and(audit_trail::routes())
        .and(health::routes())
        .and(viewer::routes())
        .and(seeds::routes())
}

/// What answers requests, and browsers that ask for other sites' pages.
pub fn router(app: App, cors: Option<CorsLayer>) -> Router {
    let gate = from_fn_with_state(app.clone(), http::gate);
    routes()
        .into_router()
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(http::BODY_BYTES_MAX))
        .layer(gate)
        .layer(option_layer(cors))
        .with_state(app)
}

/// The OpenAPI document of every route.
pub fn document() -> serde_json::Value {
    openapi::document(routes().operations())
}

async fn no_route() -> Error {
    Error::new(Code::NotFound, "no such path; GET /v1/products is one that exists")
}

async fn no_method() -> Error {
    Error::new(Code::MethodNotAllowed, "see the Allow header for the methods of this path")
}
