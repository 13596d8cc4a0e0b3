//! One connection that this node opened to a peer, for as long as the node runs.
//!
//! ```text
//! connect ─► handshake ─► up ──────────────────────────► closed ─► connect at once
//!    │ refused: nobody listens there                                  │ refused again: gone
//!    └───────────── wait, a little longer each time ◄─────────────────┘
//! ```
//!
//! A request that cannot be handed to a living connection fails at once and was never sent. One
//! whose connection ends before the answer is `Lost`: nobody knows whether it was carried out.
//! Invariant: every request ends, with its answer, with the connection, or with its deadline.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use engine_core::ShardId;
use parking_lot::Mutex;
use rand::Rng;
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::door::Door;
use super::frame::{Frame, FrameReader, Head};
use super::handshake::HandshakeError;
use super::kind::{Kind, Lane};
pub(crate) use super::send_buffer::NotSent;
use super::send_buffer::SendBuffer;
use super::stream::Stream;
use crate::types::NodeId;

/// How long a connection attempt may take.
const CONNECT_DEADLINE: Duration = Duration::from_millis(500);
/// The first wait between attempts.
const RECONNECT_AFTER_MIN: Duration = Duration::from_millis(10);
/// The longest wait between attempts.
const RECONNECT_AFTER_MAX: Duration = Duration::from_millis(300);
/// The most requests of one connection that wait for their answers.
const UNANSWERED_MAX: usize = 65_536;

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// It is being opened; nothing is known.
    Connecting,
    /// It is there.
    Up,
    /// Nobody listens at the peer's address: its process is not there.
    Refused,
    /// It cannot be opened, and that proves nothing about the peer. Why, in words.
    Down(String),
}

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// It was not sent, and will not be.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// The connection ended first: it may have been carried out, or not.
    #[error("the connection was lost before the answer came")]
    Lost,
    /// The deadline passed first: it may yet be carried out, or not.
    #[error("no answer in time")]
    Timeout,
    /// The answer cannot be read.
    #[error("an unreadable answer: {0}")]
    Unreadable(String),
}

/// A connection to a peer that is opened again whenever it ends.
pub(crate) struct Link {
    target: NodeId,
    lane: Lane,
    live: Mutex<Option<Arc<Live>>>,
    state: watch::Sender<LinkState>,
}

/// A connection while it lives.
struct Live {
    buffer: SendBuffer,
    unanswered: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
    next: AtomicU64,
}

/// An answer that is on its way.
pub(crate) struct Answer {
    live: Arc<Live>,
    request: u64,
    receiver: oneshot::Receiver<Bytes>,
}

impl Link {
    /// A link that is not connected yet: see [`Link::run`].
    pub fn new(target: NodeId, lane: Lane) -> Self {
        let state = watch::Sender::new(LinkState::Connecting);
        Self { target, lane, live: Mutex::new(None), state }
    }

    /// How the connection stands.
    pub fn state(&self) -> LinkState {
        self.state.borrow().clone()
    }

    /// Tells of every change of the connection's state.
    pub fn watch(&self) -> watch::Receiver<LinkState> {
        self.state.subscribe()
    }

    /// Sends a request; the answer is awaited on its own.
    pub fn send(&self, group: ShardId, kind: Kind, body: &[u8]) -> Result<Answer, CallError> {
        let live = self.live.lock().clone().ok_or(NotSent::Closed)?;
        let request = live.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        {
            let mut unanswered = live.unanswered.lock();
            if unanswered.len() >= UNANSWERED_MAX {
                return Err(NotSent::Full.into());
            }
            unanswered.insert(request, sender);
        }
        let answer = Answer { live: live.clone(), request, receiver };
        live.buffer.push(Head { request, group, kind, answer: false }, body)?;
        Ok(answer)
    }

    /// Sends a request and waits for its answer until a deadline.
    pub async fn call(
        &self,
        group: ShardId,
        kind: Kind,
        body: &[u8],
        deadline: Duration,
    ) -> Result<Bytes, CallError> {
        let mut answer = self.send(group, kind, body)?;
        timeout(deadline, answer.recv()).await.map_err(|_| CallError::Timeout)?
    }

    /// Keeps the connection open until it is told to stop.
    pub async fn run(&self, addr: SocketAddr, door: Arc<Door>, stop: CancellationToken) {
        let mut wait = RECONNECT_AFTER_MIN;
        while !stop.is_cancelled() {
            let Some(connected) = stop.run_until_cancelled(self.connect(addr, &door)).await else {
                return;
            };
            match connected {
                Ok(stream) => {
                    wait = RECONNECT_AFTER_MIN;
                    self.serve(stream, &stop).await;
                    continue;
                }
                Err(state) => self.enter(state),
            }
            let jittered = wait.mul_f64(rand::rng().random_range(0.5..1.0));
            let _stopped = timeout(jittered, stop.cancelled()).await;
            wait = (wait * 2).min(RECONNECT_AFTER_MAX);
        }
    }

    async fn connect(&self, addr: SocketAddr, door: &Door) -> Result<Stream, LinkState> {
        let down = |why: &dyn std::fmt::Display| LinkState::Down(why.to_string());
        let connected = timeout(CONNECT_DEADLINE, TcpStream::connect(addr)).await;
        let socket = match connected {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                return Err(LinkState::Refused);
            }
            Ok(Err(error)) => return Err(down(&error)),
            Err(elapsed) => return Err(down(&elapsed)),
        };
        socket.set_nodelay(true).map_err(|error| down(&error))?;
        match door.dial(socket, self.target, self.lane).await {
            Ok(stream) => Ok(stream),
            Err(error @ HandshakeError::Broken(_)) => Err(down(&error)),
            Err(error) => {
                refused(&error);
                // A person must mend this: say it once in a while, not in every attempt.
                sleep(RECONNECT_AFTER_MAX).await;
                Err(down(&error))
            }
        }
    }

    async fn serve(&self, stream: Stream, stop: &CancellationToken) {
        let live = Arc::new(Live::default());
        *self.live.lock() = Some(live.clone());
        self.enter(LinkState::Up);
        let (read, mut write) = stream.into_split();
        let mut reader = FrameReader::new(read);
        let answers = async {
            loop {
                match reader.next().await {
                    Ok(frame) => live.answered(frame),
                    Err(error) => return error.to_string(),
                }
            }
        };
        // The writer has a task of its own, so that a slow write never delays an answer.
        let writer = {
            let live = live.clone();
            tokio::spawn(async move { live.buffer.write_to(&mut write).await })
        };
        let mut writer = std::pin::pin!(writer);
        let why = tokio::select! {
            why = answers => why,
            written = &mut writer => match written {
                Ok(Ok(())) => "closed".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            },
            () = stop.cancelled() => "stopping".to_owned(),
        };
        *self.live.lock() = None;
        live.close();
        writer.abort();
        self.enter(LinkState::Down(why));
    }

    fn enter(&self, state: LinkState) {
        self.state.send_if_modified(|now| {
            if *now == state {
                return false;
            }
            tracing::info!(peer = self.target, lane = ?self.lane, from = ?now, to = ?state, "link");
            *now = state;
            true
        });
    }
}

/// Counts a connection that was not made because the two nodes do not go together.
pub(crate) fn refused(error: &HandshakeError) {
    metrics::counter!("stoa_peer_refusals_total", "why" => error.label()).increment(1);
}

impl Default for Live {
    fn default() -> Self {
        Self {
            buffer: SendBuffer::default(),
            unanswered: Mutex::default(),
            next: AtomicU64::new(1),
        }
    }
}

impl Live {
    fn answered(&self, frame: Frame) {
        // Nobody waits any longer when the deadline passed: the answer is dropped.
        if let Some(sender) = self.unanswered.lock().remove(&frame.head.request) {
            let _nobody_waits = sender.send(frame.body);
        }
    }

    fn close(&self) {
        self.buffer.close();
        self.unanswered.lock().clear();
    }
}

impl Answer {
    /// The answer. May be canceled and called again.
    pub async fn recv(&mut self) -> Result<Bytes, CallError> {
        (&mut self.receiver).await.map_err(|_| CallError::Lost)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.live.unanswered.lock().remove(&self.request);
    }
}
