//! Accepts connections, through TLS or not, and serves HTTP/1.1 on them, until told to stop; then
//! lets each end the request it is in. Operators may have a listener of their own, which clients
//! cannot fill.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;

use crate::access::Remote;
use crate::rest::Routers;
use crate::tls::PublicTls;

/// The most connections at once.
const CONNECTIONS_MAX: usize = 8_192;
/// How long a client may take to send a request's head, in milliseconds.
const HEAD_TIMEOUT_MS: u64 = 30_000;
/// How long to wait after a failed accept (no file handles left), in milliseconds.
const ACCEPT_RETRY_MS: u64 = 50;

/// A node's sockets for HTTP.
pub struct Listeners {
    clients: TcpListener,
    operators: Option<TcpListener>,
}

impl Listeners {
    /// Takes the addresses, or says which one it cannot take.
    pub async fn bind(
        clients: SocketAddr,
        operators: Option<SocketAddr>,
    ) -> Result<Self, (SocketAddr, io::Error)> {
        let bind = async |addr| TcpListener::bind(addr).await.map_err(|error| (addr, error));
        let operators = match operators {
            Some(addr) => Some(bind(addr).await?),
            None => None,
        };
        Ok(Self { clients: bind(clients).await?, operators })
    }

    /// Where clients are taken.
    pub fn clients(&self) -> io::Result<SocketAddr> {
        self.clients.local_addr()
    }

    /// Serves until `stop` turns true; returns when every connection has ended its request.
    pub async fn serve(
        self,
        tls: Option<PublicTls>,
        routers: Routers,
        stop: watch::Receiver<bool>,
    ) {
        let operators = async {
            if let (Some(listener), Some(router)) = (self.operators, routers.operators) {
                serve(listener, tls.clone(), router, stop.clone()).await;
            }
        };
        let clients = serve(self.clients, tls.clone(), routers.clients, stop.clone());
        tokio::join!(clients, operators);
    }
}

async fn serve(
    listener: TcpListener,
    tls: Option<PublicTls>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = told(&mut stop) => break,
        };
        let Some((stream, remote, permit)) = accepted else { continue };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let (tls, router, mut stop) = (tls.clone(), router.clone(), stop.clone());
        connections.spawn(async move {
            match tls {
                None => connection(stream, remote, router, stop).await,
                Some(tls) => {
                    let stream = tokio::select! {
                        stream = tls.accept(stream) => stream,
                        () = told(&mut stop) => None,
                    };
                    if let Some(stream) = stream {
                        connection(stream, remote, router, stop).await;
                    }
                }
            }
            drop(permit);
        });
    }
    connections.close();
    connections.wait().await;
}

/// Returns when `stop` turns true, or when nobody is left to turn it.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await.map(|_| ());
}

type Permit = tokio::sync::OwnedSemaphorePermit;

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, Remote, Permit)> {
    let permit = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, remote)) => Some((stream, Remote(remote), permit)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(ACCEPT_RETRY_MS)).await;
            None
        }
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    remote: Remote,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(remote);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HEAD_TIMEOUT_MS))
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
