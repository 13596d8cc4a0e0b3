//! The one layer around every route: it names the request, asks who calls, reads the body within
//! bounds, catches a panic, writes out errors, and counts.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use api_client::header;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use futures::FutureExt as _;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use hyper::header::{
    CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use tracing::Instrument as _;

use crate::access;
use crate::browser;
use crate::errors::{Code, Error};
use crate::metrics;
use crate::shedding::LARGE_BODY_BYTES;
use crate::state::{App, AppState};
use crate::traces;

/// The largest body, in bytes: 1 MiB.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How much of a larger body is read and dropped, in bytes, so that its sender gets the answer.
const DRAIN_BYTES_MAX: usize = 64 << 20;
/// How long a body may take to arrive, in milliseconds.
const BODY_TIMEOUT_MS: u64 = 30_000;

/// Names a request in its answer and in the log.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(u64);

impl RequestId {
    /// A fresh id: a counter that starts at random, spread over the whole range.
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut count = NEXT.fetch_add(1, Ordering::Relaxed);
        if count == 0 {
            count = rand::random();
            NEXT.store(count.wrapping_add(1), Ordering::Relaxed);
        }
        Self(count.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The id of a number that was an id's before.
    pub fn of(number: u64) -> Self {
        Self(number)
    }

    /// The id as a number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "req_{:016x}", self.0)
    }
}

/// Takes a request through its handler.
pub async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::fresh();
    let method = metrics::method(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(id);
    let (left, admitted) = access::admit(&app, &mut request);
    let whole = bounded(&app, request).await;
    let mut response = match (admitted, whole) {
        (Ok(()), Ok(request)) => shed(&app, id, request, next).await,
        (Err(error), Ok(_)) => error.into_response(),
        (Err(error), Err(_)) | (Ok(()), Err(error)) => closing(error.into_response()),
    };
    if let Some(error) = response.extensions_mut().remove::<Error>() {
        write_problem(&mut response, &error, id);
    }
    set(&mut response, header::REQUEST_ID, &id.to_string());
    browser::guard(&mut response, app.is_https);
    if let Some(left) = left {
        count(&mut response, header::RATE_LIMIT, left.limit);
        count(&mut response, header::RATE_REMAINING, left.remaining);
        count(&mut response, header::RATE_RESET, left.reset_s);
    }
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    app.metrics.observe(route, method, response.status().as_u16(), began.elapsed());
    response
}

/// The handler's answer, if there is room for the request.
async fn shed(app: &AppState, id: RequestId, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    match app.room.of_request(route) {
        Ok(_permit) => answered(app, id, request, next).await,
        Err(error) => error.into_response(),
    }
}

/// The handler's answer, or an error where it panics.
async fn answered(app: &AppState, id: RequestId, request: Request, next: Next) -> Response {
    let span = traces::begin(app.trace_ratio, id, &request);
    let handled = match span.clone() {
        None => next.run(request).left_future(),
        Some(span) => next.run(request).instrument(span).right_future(),
    };
    let caught = AssertUnwindSafe(handled).catch_unwind().await;
    let response = caught.unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().map(String::as_str);
        let what = what.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?");
        tracing::error!(request_id = %id, what, "a handler panicked");
        Error::fault("a handler panicked").into_response()
    });
    if let Some(span) = span {
        traces::end(&span, response.status());
    }
    response
}

/// The request with its whole body in memory.
async fn bounded(app: &AppState, request: Request) -> Result<Request, Error> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let whole = collect(app, body);
    let read = tokio::time::timeout(Duration::from_millis(BODY_TIMEOUT_MS), whole).await;
    let late = |_| Error::new(Code::RequestTimeout, "send the body faster, or a smaller one");
    Ok(Request::from_parts(parts, Body::from(read.map_err(late)??)))
}

async fn collect(app: &AppState, mut body: Body) -> Result<Bytes, Error> {
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    // Nobody gets memory for what they only announce.
    let mut bytes = BytesMut::with_capacity(expected.min(LARGE_BODY_BYTES));
    let mut length = 0_usize;
    let mut permit = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Error::new(Code::InvalidJson, format!("the body was cut short: {error}"))
        })?;
        let Some(data) = frame.data_ref() else { continue };
        length = length.saturating_add(data.len());
        if length > DRAIN_BYTES_MAX {
            break;
        }
        if length > LARGE_BODY_BYTES && permit.is_none() {
            permit = Some(app.room.of_large_body()?);
        }
        if length <= BODY_BYTES_MAX {
            bytes.extend_from_slice(data);
        }
    }
    if length > BODY_BYTES_MAX {
        let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
        return Err(Error::new(Code::BodyTooLarge, detail));
    }
    Ok(bytes.freeze())
}

/// The answer after which the connection ends, because the request was not read whole.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn write_problem(response: &mut Response, error: &Error, id: RequestId) {
    if error.code == Code::Internal {
        tracing::error!(request_id = %id, detail = %error.detail, "answered with 500");
    }
    let text = serde_json::to_vec(&error.problem(id.to_string())).unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(hyper::header::CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if error.code.status() == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"stoa\""));
    }
    if let Some(seconds) = error.retry_after_s() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.replayed {
        let name = HeaderName::from_static(header::IDEMPOTENT_REPLAYED);
        headers.insert(name, HeaderValue::from_static("true"));
    }
    *response.body_mut() = Body::from(text);
}

fn count(response: &mut Response, name: &'static str, count: u32) {
    response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(count));
}

/// Sets a header to a text that is known to be one.
pub fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
