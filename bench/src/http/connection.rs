//! One keep-alive connection with one request in flight.

use std::io;
use std::net::SocketAddr;

use super::head::{BadHead, Head};
use super::stream::Stream;

/// The room for an answer that is there from the start, in bytes.
const BUFFER_BYTES: usize = 16 * 1024;
/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// The connection could not be made, or ended.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What came back is not an answer this client understands.
    #[error("{0}")]
    Head(#[from] BadHead),
    /// More than this client reads.
    #[error("an answer of {0} bytes is more than is read")]
    TooLarge(usize),
    /// Nobody answered in time.
    #[error("no answer in time")]
    Timeout,
}

impl HttpError {
    /// The name it is counted under.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "connection_lost",
            Self::Head(_) | Self::TooLarge(_) => "bad_answer",
            Self::Timeout => "timeout",
        }
    }
}

/// An answer, in the connection's buffer.
#[derive(Debug)]
pub(crate) struct Response<'a> {
    /// The status code.
    pub(crate) status: u16,
    /// The answer is an earlier one's.
    pub(crate) replayed: bool,
    /// The body.
    pub(crate) body: &'a [u8],
}

/// A connection to one node. After an error it must be dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    buffer: Vec<u8>,
    open: bool,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(addr: SocketAddr) -> Result<Self, HttpError> {
        let stream = Stream::open(addr).await?;
        Ok(Self { stream, buffer: vec![0; BUFFER_BYTES], open: true })
    }

    /// Sends a whole request and reads the whole answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Response<'_>, HttpError> {
        if !self.open {
            return Err(io::Error::from(io::ErrorKind::NotConnected).into());
        }
        self.open = false;
        self.stream.send(request).await?;
        let mut filled = 0;
        let head = loop {
            filled += self.fill(filled).await?;
            if let Some(head) = Head::parse(&self.buffer[..filled])? {
                break head;
            }
        };
        if head.body_bytes > ANSWER_BYTES_MAX {
            return Err(HttpError::TooLarge(head.body_bytes));
        }
        let whole = head.head_bytes + head.body_bytes;
        if self.buffer.len() < whole {
            self.buffer.resize(whole, 0);
        }
        while filled < whole {
            filled += self.fill(filled).await?;
        }
        self.open = !head.close;
        let body = &self.buffer[head.head_bytes..whole];
        Ok(Response { status: head.status, replayed: head.replayed, body })
    }

    async fn fill(&mut self, filled: usize) -> Result<usize, HttpError> {
        if filled == self.buffer.len() {
            self.buffer.resize(filled * 2, 0);
        }
        match self.stream.read(&mut self.buffer[filled..]).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            bytes => Ok(bytes),
        }
    }
}
