//! `/v1/openapi.json` and `/docs`: the document, and a page to read and try it.
//!
//! The page is Swagger UI, compiled in; it loads nothing from elsewhere, and its security policy
//! forbids it to.

use std::io::Read as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::read::GzDecoder;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::json;

use crate::errors::{Code, Error};
use crate::http::set;
use crate::openapi::{Op, Routes};

/// What the page may load: what this node serves, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// A part of the viewer: its name, its type, and its bytes.
type Part = (&'static str, &'static str, &'static [u8]);

/// The parts, as they are, or packed where their name has that ending in the folder.
const PLAIN: [Part; 1] =
    [("start.js", JAVASCRIPT, include_bytes!("../../assets/swagger-ui/start.js"))];
const PACKED: [Part; 2] = [
    (
        "swagger-ui-bundle.js",
        JAVASCRIPT,
        include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz"),
    ),
    ("swagger-ui.css", CSS, include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz")),
];
const PAGE: &str = include_str!("../../assets/swagger-ui/index.html");

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// The document's bytes, made once.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| super::document().to_string().into());

/// The routes of the document and its viewer.
pub fn routes() -> Routes {
    let names: Vec<&str> = PLAIN.iter().chain(&PACKED).map(|part| part.0).collect();
    let file = json!({
        "name": "file", "in": "path", "required": true, "description": "Which part.",
        "schema": {"type": "string", "enum": names},
    });
    let text = json!({"type": "string"});
    Routes::of("health")
        .on(
            Op::get("/v1/openapi.json", "getDocument", "This document").public().sends(
                &["application/json"],
                &json!({"type": "object", "required": ["openapi", "info", "paths"]}),
                "An OpenAPI 3.1 document.",
            ),
            document,
        )
        .on(
            Op::get("/docs", "getViewer", "A page to read and try this document").public().sends(
                &[HTML],
                &text,
                "The page.",
            ),
            page,
        )
        .on(
            Op::get("/docs/{file}", "getViewerPart", "A part of that page")
                .public()
                .own_parameter(file)
                .refuses(&[Code::NotFound])
                .sends(&[JAVASCRIPT, CSS], &text, "The part."),
            part,
        )
}

/// `GET /v1/openapi.json`
async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.clone()).into_response()
}

/// `GET /docs`
async fn page() -> Response {
    guarded(([(CONTENT_TYPE, HTML)], PAGE).into_response())
}

/// `GET /docs/{file}`
async fn part(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    if let Some((_, media, bytes)) = PLAIN.iter().find(|part| part.0 == name) {
        return Ok(guarded(([(CONTENT_TYPE, *media)], *bytes).into_response()));
    }
    let packed = PACKED.iter().find(|part| part.0 == name);
    let missing = || Error::new(Code::NotFound, "the viewer has no such part; see /docs");
    let (_, media, bytes) = packed.ok_or_else(missing)?;
    if takes_gzip(&headers) {
        let headers = [(CONTENT_TYPE, *media), (CONTENT_ENCODING, "gzip")];
        return Ok(guarded((headers, *bytes).into_response()));
    }
    let mut plain = Vec::new();
    GzDecoder::new(*bytes).read_to_end(&mut plain).map_err(Error::fault)?;
    Ok(guarded(([(CONTENT_TYPE, *media)], plain).into_response()))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| coding.trim() == "gzip")
}

fn guarded(mut response: Response) -> Response {
    set(&mut response, "content-security-policy", POLICY);
    set(&mut response, "x-content-type-options", "nosniff");
    set(&mut response, "vary", "accept-encoding");
    response
}
