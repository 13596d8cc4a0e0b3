//! Events as a stream (SSE): each with its cursor as `id`, so that who comes back says where.
//!
//! A stream reads a page, hands it to the connection, and reads the next when that one is on its
//! way: a slow reader costs one page of memory, and one that takes nothing for long is let go.
//! Whether its reader may still read is asked before each page.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use futures::stream::unfold;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Cursor, Page, Wanted, source};
use crate::access::{self, Caller};
use crate::errors::Error;
use crate::state::App;

/// After how long without events a comment says that the stream lives, in seconds.
const HEARTBEAT_S: u64 = 15;
/// How long a reader may take for one page, in seconds.
const SLOW_S_MAX: u64 = 60;
/// How long a client should wait before it comes back, in milliseconds.
const RETRY_MS: u32 = 1_000;

/// Who reads a stream, and with what: enough to ask again whether they may.
pub struct Stay {
    /// With these credentials.
    pub headers: HeaderMap,
    /// From there.
    pub caller: Caller,
    /// This route.
    pub route: &'static str,
}

/// An answer that begins with a page after a cursor, and goes on with events as they happen.
pub fn sse(
    app: App,
    wanted: Wanted,
    (begin, page): (Cursor, Page),
    (stay, permit): (Stay, OwnedSemaphorePermit),
) -> Response {
    let (pages, taken) = mpsc::channel::<Bytes>(1);
    tokio::spawn(async move {
        let ended = write(&app, wanted, (begin, page), &stay, &pages).await;
        if let Err(error) = ended {
            // Whoever comes back is told so by the answer.
            let problem = serde_json::json!({"code": error.code.name(), "detail": error.detail,
                "oldest_cursor": error.oldest_cursor});
            let _gone = pages.try_send(Bytes::from(format!("event: problem\ndata: {problem}\n\n")));
        }
        drop(permit);
    });
    let body = unfold(taken, async |mut taken| {
        let page = taken.recv().await?;
        Some((Ok::<_, Infallible>(page), taken))
    });
    let mut response = Response::new(Body::from_stream(body));
    let media = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(CONTENT_TYPE, media);
    response
}

/// Writes pages until the node stops, the reader goes, or may not read any more.
async fn write(
    app: &App,
    wanted: Wanted,
    (begin, page): (Cursor, Page),
    stay: &Stay,
    pages: &mpsc::Sender<Bytes>,
) -> Result<(), Error> {
    let source = source(&app.cluster_id);
    // Who goes before the first event comes back to here.
    let mut text = format!("retry: {RETRY_MS}\nid: {begin}\n\n");
    if !page.events.is_empty() {
        text += &told(&page, &source);
    }
    let mut cursor = page.cursor;
    loop {
        let slow = Duration::from_secs(SLOW_S_MAX);
        if pages.send_timeout(Bytes::from(text), slow).await.is_err() {
            return Ok(());
        }
        let wait = Duration::from_secs(HEARTBEAT_S);
        let page = tokio::select! {
            page = app.follow(&wanted, cursor, wait) => page?,
            () = pages.closed() => return Ok(()),
        };
        // It may have been revoked while there was nothing to tell.
        access::stays(app, &stay.headers, stay.caller, stay.route)?;
        text = told(&page, &source);
        if app.readers.ended.is_cancelled() {
            if !page.events.is_empty() {
                let _gone = pages.try_send(Bytes::from(text));
            }
            return Ok(());
        }
        cursor = page.cursor;
    }
}

/// A page as events; an empty one is a comment that brings the cursor along.
fn told(page: &Page, source: &str) -> String {
    let mut text = String::new();
    for (read, cursor) in &page.events {
        let data = serde_json::to_string(&read.told(source)).unwrap_or_default();
        let _ = write!(text, "id: {cursor}\ndata: {data}\n\n");
    }
    if page.events.is_empty() {
        let _ = write!(text, ": heartbeat\nid: {}\n\n", page.cursor);
    }
    text
}
