//! HTTP in front of a simulator. hyper's own server, because a lost answer breaks the connection,
//! which a router could not.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::gate::Hang;
use crate::keys::Answer;
use crate::page;
use crate::sim::{self, Config, Sim};

/// The largest body, in bytes.
const BODY_BYTES_MAX: usize = 256 << 10;

/// A simulator that runs. It ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it is reached.
    pub url: String,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why a call gets no answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    /// It is lost, as wished.
    #[error("the answer is lost, as the knobs say")]
    Lost,
    /// It cannot be made.
    #[error(transparent)]
    Http(#[from] hyper::http::Error),
}

/// Starts a simulator at an address.
pub async fn start(listen: SocketAddr, config: Config) -> io::Result<Running> {
    let listener = TcpListener::bind(listen).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let sim = Arc::new(Sim::new(config, url.clone())?);
    let task = tokio::spawn(serve(listener, sim)).abort_handle();
    Ok(Running { url, task })
}

async fn serve(listener: TcpListener, sim: Arc<Sim>) -> Infallible {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers must not wait for the next request.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow");
        }
        let sim = sim.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&sim, request));
            // A connection that breaks is the caller's business, or was wished.
            let _broken =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(sim: &Sim, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, NoAnswer> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(Response::builder()
            .status(StatusCode::PAYLOAD_TOO_LARGE)
            .body(Full::default())?);
    };
    let body = body.to_bytes();
    let path = head.uri.path();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match &parts[..] {
        ["_sim"] if head.method == hyper::Method::GET => html(sim.overview()),
        ["_sim", rest @ ..] => json(sim.steer(head.method.as_str(), rest, &body), false),
        ["authenticate", intent] => page(sim, head.method.as_str(), intent, &body),
        _ => {
            let header = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok());
            let query = head.uri.query().unwrap_or_default();
            let is_get = head.method == hyper::Method::GET;
            let method = head.method.as_str();
            sim.pass(method, Hang::Before).await;
            let outcome = sim.call(sim::Request {
                method,
                path,
                parameters: if is_get { query.as_bytes() } else { &body },
                authorization: header(AUTHORIZATION.as_str()),
                key: header("idempotency-key"),
            });
            sim.pass(method, Hang::After).await;
            if outcome.latency_ms > 0 {
                sleep(Duration::from_millis(outcome.latency_ms)).await;
            }
            json(outcome.answer.ok_or(NoAnswer::Lost)?, outcome.replayed)
        }
    }
}

fn json(answer: Answer, replayed: bool) -> Result<Response<Full<Bytes>>, NoAnswer> {
    let mut response = Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::from(answer.body))?;
    if replayed {
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn html(page: String) -> Result<Response<Full<Bytes>>, NoAnswer> {
    let html = Response::builder().header(CONTENT_TYPE, "text/html; charset=utf-8");
    Ok(html.body(Full::from(page))?)
}

/// The customer's page: what it shows, and what was chosen on it.
fn page(
    sim: &Sim,
    method: &str,
    intent: &str,
    body: &[u8],
) -> Result<Response<Full<Bytes>>, NoAnswer> {
    if method == "GET" {
        return html(page::ask(intent));
    }
    let verb = page::chosen(body);
    let done = sim.steer("POST", &["intents", intent, verb], b"");
    match sim.returns(intent).filter(|_| done.status == 200) {
        Some(url) => {
            let moved = Response::builder().status(StatusCode::SEE_OTHER).header(LOCATION, url);
            Ok(moved.body(Full::default())?)
        }
        None => json(done, false),
    }
}
