//! The REST interface: one file for each resource, all routes in one table.

mod allocation;
mod audit;
mod audit_trail;
mod carts;
mod cluster;
mod collections;
mod consumers;
mod events;
mod fulfillments;
mod guests;
mod health;
mod holds;
mod keys;
mod locations;
mod notices;
mod order_payments;
mod orders;
mod products;
mod promotions;
mod quotes;
mod reconcile;
mod recovery;
mod refunds;
mod returns;
mod search;
mod search_answer;
mod search_index;
mod search_pages;
mod search_settings;
mod seeds;
mod shipping_methods;
mod stock;
mod stock_policy;
mod stripe;
mod tax_rates;
mod viewer;
mod webhooks;

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
pub use products::{currency, not_found as products_not_found};
pub use search_answer::SNIPPET_CHARS;
pub use webhooks::SECRET_OVERLAP_S_MAX;

/// What customers, sellers and services call.
fn clients() -> Routes {
    products::routes()
        .and(collections::routes())
        .and(search::routes())
        .and(search_settings::routes())
        .and(stock::routes())
        .and(stock_policy::routes())
        .and(locations::routes())
        .and(holds::routes())
        .and(carts::routes())
        .and(orders::routes())
        .and(recovery::routes())
        .and(reconcile::routes())
        .and(order_payments::routes())
        .and(stripe::routes())
        .and(fulfillments::routes())
        .and(allocation::routes())
        .and(refunds::routes())
        .and(returns::routes())
        .and(quotes::routes())
        .and(promotions::routes())
        .and(shipping_methods::routes())
        .and(tax_rates::routes())
        .and(guests::routes())
        .and(webhooks::routes())
        .and(events::routes())
        .and(consumers::routes())
        .and(viewer::routes())
        .and(seeds::routes())
}

/// What operators call, who may have a listener of their own.
fn operators() -> Routes {
    keys::routes()
        .and(cluster::routes())
        .and(audit::routes())
        .and(search_index::routes())
        .and(audit_trail::routes())
        .and(notices::routes())
        .and(health::measures())
}

/// Every route, declared once: the routers and the document are made of them.
fn routes() -> Routes {
    clients().and(operators()).and(health::routes())
}

/// What answers at each listener.
pub struct Routers {
    /// At that of clients: everything, if operators have none.
    pub clients: Router,
    /// At that of operators, if they have one.
    pub operators: Option<Router>,
}

/// What answers requests, and browsers that ask for other sites' pages.
pub fn routers(app: &App, cors: Option<CorsLayer>, operators_apart: bool) -> Routers {
    if !operators_apart {
        return Routers { clients: finished(routes().into_router(), app, cors), operators: None };
    }
    let apart = operators().answered_by(elsewhere);
    let shown = clients().and(health::routes()).into_router().merge(apart);
    let operators = operators().and(health::routes()).into_router();
    Routers { clients: finished(shown, app, cors), operators: Some(finished(operators, app, None)) }
}

fn finished(router: Router<App>, app: &App, cors: Option<CorsLayer>) -> Router {
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(http::BODY_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), http::gate))
        .layer(option_layer(cors))
        .with_state(app.clone())
}

/// The OpenAPI document of every route.
pub fn document() -> serde_json::Value {
    openapi::document(routes().operations())
}

async fn no_route() -> Error {
    Error::new(Code::NotFound, "no such path; GET /v1/products is one that exists")
}

async fn elsewhere() -> Error {
    let detail = "operators have a listener of their own at this node: ask at its --ops address";
    Error::new(Code::NotFound, detail)
}

async fn no_method() -> Error {
    Error::new(Code::MethodNotAllowed, "see the Allow header for the methods of this path")
}
