//! What waits to be written to one connection: a bounded buffer with one writer.
//!
//! Whoever has a frame appends it and goes on. The writer takes all there is and writes it at once,
//! so the busier a connection, the fewer system calls per frame. A buffer that is full refuses: the
//! sender learns it at once, and memory does not grow.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::frame::{self, BODY_BYTES_MAX, HEADER_BYTES, Head};

/// The most bytes that wait for one connection; a frame on its own may be larger.
const WAITING_BYTES_MAX: usize = 32 << 20;
/// A spare buffer larger than this is given back to the allocator, in bytes.
const SPARE_BYTES_MAX: usize = 1 << 20;
/// A peer that takes nothing for so long is not there any more.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);

/// Why a frame was not taken. It has not been sent, and will not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSent {
    /// Too much waits already.
    #[error("the connection's queue is full")]
    Full,
    /// The frame is longer than any frame may be.
    #[error("the message is longer than a frame may be")]
    TooLong,
    /// The connection has ended.
    #[error("not connected")]
    Closed,
}

/// Frames that wait for the writer.
#[derive(Default)]
pub(crate) struct SendBuffer {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    closed: bool,
}

impl SendBuffer {
    /// Leaves a frame for the writer.
    pub fn push(&self, head: Head, body: &[u8]) -> Result<(), NotSent> {
        if body.len() > BODY_BYTES_MAX {
            return Err(NotSent::TooLong);
        }
        let first = {
            let mut waiting = self.waiting.lock();
            if waiting.closed {
                return Err(NotSent::Closed);
            }
            let after = waiting.bytes.len() + HEADER_BYTES + body.len();
            if after > WAITING_BYTES_MAX && !waiting.bytes.is_empty() {
                return Err(NotSent::Full);
            }
            let first = waiting.bytes.is_empty();
            frame::put(&mut waiting.bytes, head, body);
            first
        };
        if first {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Ends the writer; what waits is dropped.
    pub fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.closed = true;
        waiting.bytes = Vec::new();
        self.wake.notify_one();
    }

    /// Writes what is pushed until the buffer is closed or the socket fails.
    pub async fn write_to<W: AsyncWrite + Unpin>(&self, socket: &mut W) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        loop {
            {
                let mut waiting = self.waiting.lock();
                if waiting.closed {
                    return Ok(());
                }
                std::mem::swap(&mut bytes, &mut waiting.bytes);
            }
            if bytes.is_empty() {
                self.wake.notified().await;
                continue;
            }
            let written = async {
                socket.write_all(&bytes).await?;
                // TLS keeps what the socket did not take; a socket keeps nothing.
                socket.flush().await
            };
            timeout(WRITE_DEADLINE, written).await??;
            bytes.clear();
            bytes.shrink_to(SPARE_BYTES_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use engine_core::ShardId;

    use super::super::frame::FrameReader;
    use super::super::kind::Kind;
    use super::*;

    fn head(request: u64) -> Head {
        Head { request, group: ShardId(1), kind: Kind::Append, answer: false }
    }

    #[tokio::test]
    async fn frames_are_written_in_order_and_the_rest_is_dropped_on_close() {
        let buffer = SendBuffer::default();
        let (mut near, far) = tokio::io::duplex(1 << 16);
        for request in 0..100 {
            buffer.push(head(request), b"body").unwrap();
        }
        let mut reader = FrameReader::new(far);
        let read = async {
            for request in 0..100 {
                assert_eq!(reader.next().await.unwrap().head.request, request);
            }
            buffer.close();
        };
        let (written, ()) = tokio::join!(buffer.write_to(&mut near), read);
        written.unwrap();
        assert_eq!(buffer.push(head(1), b""), Err(NotSent::Closed));
    }

    #[test]
    fn a_full_buffer_refuses() {
        let buffer = SendBuffer::default();
        let body = vec![0; WAITING_BYTES_MAX / 2];
        assert_eq!(buffer.push(head(1), &body), Ok(()));
        assert_eq!(buffer.push(head(2), &body), Err(NotSent::Full));
    }
}
