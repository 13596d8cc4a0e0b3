//! The other end of a peer's links: accepts connections, and carries out what they ask.
//!
//! Requests of one connection begin in the order in which they came, which is what keeps pipelined
//! log entries in order, and end in any order. A connection carries a bounded number at a time;
//! beyond it the reader stops reading, and the peer's buffer fills and refuses.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::frame::{Frame, FrameError, FrameReader, Head};
use super::handshake::{self, Identity};
use super::kind::Lane;
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
    us: Arc<Identity>,
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
                let (us, service, stop) = (us.clone(), serve(), stop.clone());
                connections.spawn(async move {
                    let ended = tokio::select! {
                        ended = connection(socket, &us, service) => ended,
                        () = stop.cancelled() => Ok(()),
                    };
                    if let Err(error) = ended {
                        tracing::info!(%addr, %error, "a peer's connection ended");
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

async fn connection(
    mut socket: TcpStream,
    us: &Identity,
    service: Arc<impl Service>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    socket.set_nodelay(true)?;
    let (from, lane) = handshake::answer(&mut socket, us).await?;
    tracing::debug!(from, ?lane, "a peer has connected");
    let (read, mut write) = socket.into_split();
    let buffer = Arc::new(SendBuffer::default());
    let writer = {
        let buffer = buffer.clone();
        tokio::spawn(async move { buffer.write_to(&mut write).await })
    };
    let _closes = CloseOnDrop(buffer.clone());
    tokio::select! {
        ended = requests(FrameReader::new(read), from, lane, service, &buffer) => ended?,
        written = writer => written??,
    }
    Ok(())
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
