//! `/livez`, `/readyz`, `/metrics`.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::errors::{Code, Error};
use crate::gauges;
use crate::openapi::{Op, Routes};
use crate::state::App;

/// The routes of health.
pub fn routes() -> Routes {
    let ok = json!({"type": "string", "const": "OK"});
    let plain = ["text/plain; charset=utf-8"];
    Routes::of("health")
        .on(
            Op::get("/livez", "livez", "The process serves")
                .public()
                .sends(&plain, &ok, "It does."),
            livez,
        )
        .on(
            Op::get("/readyz", "readyz", "The node can take requests")
                .public()
                .refuses(&[Code::NotReady, Code::Stopping])
                .sends(&plain, &ok, "It can."),
            readyz,
        )
}

/// The route of measurement.
pub fn measures() -> Routes {
    Routes::of("health").on(
        Op::get("/metrics", "metrics", "Counts and times, for Prometheus").sends(
            &["text/plain; version=0.0.4"],
            &json!({"type": "string"}),
            "The metrics.",
        ),
        metrics,
    )
}

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
    gauges::refresh(&app);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}
