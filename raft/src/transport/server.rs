//! The other end of a peer's links: accepts connections, and carries out what they ask.
//!
//! Requests of one connection begin in the order in which they came, which is what keeps pipelined
//! log entries in order, and end in any order. A connection carries a bounded number at a time;
//! beyond it the reader stops reading, and the peer's buffer fills and refuses.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::door::Door;
use super::frame::{Frame, FrameError, FrameReader, Head};
use super::handshake::HandshakeError;
use super::kind::Lane;
use super::link::refused;
use super::send_buffer::SendBuffer;
use crate::types::NodeId;

/// The most requests of one connection that are carried out at a time.
const REQUESTS_PER_CONNECTION_MAX: usize = 8_192;

/// What a node does for one connection of a peer.
pub(crate) trait Service: Send + Sync + 'static {
    /// Carries out a request. Nothing is answered when it cannot be understood.
    fn serve(self: Arc<Self>, from: NodeId, frame: Frame) -> BoxFuture<'static, Option<Vec<u8>>>;
}

/// Accepts connections until it is told to stop, then ends them all. Each gets a service of its
/// own.
pub(crate) async fn run<S: Service>(
    listener: TcpListener,
    door: Arc<Door>,
    serve: impl Fn() -> Arc<S>,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((socket, addr)) => {
                let (door, service, stop) = (door.clone(), serve(), stop.clone());
                connections.spawn(async move {
                    let ended = tokio::select! {
                        ended = connection(socket, &door, service) => ended,
                        () = stop.cancelled() => Ok(()),
                    };
                    if let Err(error) = ended {
                        error.tell(addr);
                    }
                });
            }
            // Out of file descriptors, say: the listener itself goes on.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a peer's connection");
                tokio::task::yield_now().await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Why a connection ended.
enum Ended {
    /// It was never let in.
    Refused(HandshakeError),
    /// It went away, or what came over it cannot be read.
    Closed(String),
}

impl Ended {
    fn closed(why: impl std::fmt::Display) -> Self {
        Self::Closed(why.to_string())
    }

    fn tell(&self, addr: SocketAddr) {
        match self {
            Self::Refused(error @ HandshakeError::Broken(_)) => {
                tracing::info!(%addr, %error, "a peer's connection ended");
            }
            Self::Refused(error) => {
                refused(error);
                tracing::warn!(%addr, %error, "a connection at the peer port was refused");
            }
            Self::Closed(error) => tracing::info!(%addr, error, "a peer's connection ended"),
        }
    }
}

async fn connection(
    socket: TcpStream,
    door: &Door,
    service: Arc<impl Service>,
) -> Result<(), Ended> {
    socket.set_nodelay(true).map_err(Ended::closed)?;
    let (stream, from, lane) = door.admit(socket).await.map_err(Ended::Refused)?;
    tracing::debug!(from, ?lane, "a peer has connected");
    let (read, mut write) = stream.into_split();
    let buffer = Arc::new(SendBuffer::default());
    let writer = {
        let buffer = buffer.clone();
        tokio::spawn(async move { buffer.write_to(&mut write).await })
    };
    let _closes = CloseOnDrop(buffer.clone());
    tokio::select! {
        ended = requests(FrameReader::new(read), from, lane, service, &buffer) => {
            ended.map_err(Ended::closed)
        }
        written = writer => written.map_err(Ended::closed)?.map_err(Ended::closed),
    }
}

/// Lets the writer's task end when the connection's does, for whatever reason.
struct CloseOnDrop(Arc<SendBuffer>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

async fn requests<R: tokio::io::AsyncRead + Unpin>(
    mut reader: FrameReader<R>,
    from: NodeId,
    lane: Lane,
    service: Arc<impl Service>,
    buffer: &SendBuffer,
) -> Result<(), FrameError> {
    let mut running: FuturesUnordered<BoxFuture<'static, (Head, Option<Bytes>)>> =
        FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            Some((head, answer)) = running.next(), if !running.is_empty() => {
                let Some(body) = answer else { continue };
                if let Err(error) = buffer.push(Head { answer: true, ..head }, &body) {
                    // The asker's deadline passes; a full buffer means it does not read anyway.
                    tracing::warn!(from, ?lane, %error, "an answer was dropped");
                }
            }
            frame = reader.next(), if running.len() < REQUESTS_PER_CONNECTION_MAX => {
                let frame = frame?;
                let head = frame.head;
                let served = service.clone().serve(from, frame);
                running.push(Box::pin(async move { (head, served.await.map(Bytes::from)) }));
            }
        }
    }
}
