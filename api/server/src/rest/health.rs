//! `/livez`, `/readyz`, `/metrics`.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::errors::{Code, Error};
use crate::state::App;

/// `GET /livez`: the process serves.
pub async fn livez() -> &'static str {
    "OK"
}

/// `GET /readyz`: the node can take requests.
pub async fn readyz(State(app): State<App>) -> Result<&'static str, Error> {
    if app.is_stopping() {
        return Err(Error::new(Code::Stopping, "the node is stopping; ask another one"));
    }
    app.node.ready().map_err(|why| Error::new(Code::NotReady, why.to_string()))?;
    if !app.indexed.is_loaded() {
        return Err(Error::new(Code::NotReady, "the search index is being brought up to date"));
    }
    Ok("OK")
}

/// `GET /metrics`: for Prometheus.
pub async fn metrics(State(app): State<App>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}
