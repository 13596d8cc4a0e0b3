//! Frames: how one message is cut out of a byte stream.
//!
//! ```text
//! length 4 | crc32c 4 | request 8 | group 2 | kind 1 | flags 1 | body (length bytes)
//! ```
//!
//! The checksum covers everything after itself. A frame that is too long, or whose checksum
//! differs, ends the connection: after it nothing on the stream can be trusted.

use bytes::{Buf, Bytes, BytesMut};
use engine_core::ShardId;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::kind::Kind;

/// The bytes before a frame's body.
pub(crate) const HEADER_BYTES: usize = 20;
/// The longest body of a frame, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 20;
/// How much the reader asks the socket for at once, in bytes.
const READ_BYTES: usize = 64 << 10;

/// What a frame says beside its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Pairs an answer with its request; unique per connection.
    pub request: u64,
    /// Which group it is for.
    pub group: ShardId,
    /// What it is.
    pub kind: Kind,
    /// It answers a request, or it is one.
    pub answer: bool,
}

/// A message between nodes.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// What it is.
    pub head: Head,
    /// What it carries.
    pub body: Bytes,
}

/// Why a stream of frames ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The peer closed the connection, or it broke.
    #[error("the connection closed: {0}")]
    Closed(#[from] std::io::Error),
    /// A length beyond the limit.
    #[error("a frame of {0} bytes is longer than {BODY_BYTES_MAX}")]
    TooLong(usize),
    /// The bytes are not those that were sent.
    #[error("a frame's checksum differs")]
    Checksum,
    /// A kind that this version does not know.
    #[error("unknown kind of message: {0}")]
    UnknownKind(u8),
}

/// Appends a frame to a buffer.
pub(crate) fn put(out: &mut Vec<u8>, head: Head, body: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&head.request.to_be_bytes());
    out.extend_from_slice(&head.group.0.to_be_bytes());
    out.extend_from_slice(&[head.kind as u8, u8::from(head.answer)]);
    out.extend_from_slice(body);
    let checksum = crc32c::crc32c(&out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&checksum.to_be_bytes());
}

/// Reads frames from one direction of a connection. `next` may be canceled and called again.
pub(crate) struct FrameReader<R> {
    socket: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads from a socket, beginning with bytes that were read already.
    pub fn new(socket: R) -> Self {
        Self { socket, buffer: BytesMut::with_capacity(READ_BYTES) }
    }

    /// The next frame.
    pub async fn next(&mut self) -> Result<Frame, FrameError> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(frame);
            }
            self.buffer.reserve(READ_BYTES);
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(FrameError::Closed(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Cuts a frame off the buffer, if it holds a whole one.
    fn take(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(header) = self.buffer.first_chunk::<HEADER_BYTES>() else { return Ok(None) };
        let mut fields = &header[..];
        let length = fields.get_u32() as usize;
        if length > BODY_BYTES_MAX {
            return Err(FrameError::TooLong(length));
        }
        let checksum = fields.get_u32();
        let request = fields.get_u64();
        let group = ShardId(fields.get_u16());
        let (kind, flags) = (fields.get_u8(), fields.get_u8());
        let total = HEADER_BYTES + length;
        if self.buffer.len() < total {
            self.buffer.reserve(total - self.buffer.len());
            return Ok(None);
        }
        let mut frame = self.buffer.split_to(total);
        if crc32c::crc32c(&frame[8..]) != checksum {
            return Err(FrameError::Checksum);
        }
        let kind = Kind::of(kind).ok_or(FrameError::UnknownKind(kind))?;
        let body = frame.split_off(HEADER_BYTES).freeze();
        Ok(Some(Frame { head: Head { request, group, kind, answer: flags & 1 == 1 }, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(request: u64) -> Head {
        Head { request, group: ShardId(3), kind: Kind::Propose, answer: false }
    }

    #[tokio::test]
    async fn frames_come_out_as_they_went_in() {
        let mut bytes = Vec::new();
        put(&mut bytes, head(1), b"first");
        put(&mut bytes, head(2), b"");
        let mut reader = FrameReader::new(&bytes[..]);
        let first = reader.next().await.unwrap();
        assert_eq!((first.head, &first.body[..]), (head(1), &b"first"[..]));
        assert_eq!(reader.next().await.unwrap().head, head(2));
        assert!(matches!(reader.next().await, Err(FrameError::Closed(_))));
    }

    #[tokio::test]
    async fn a_flipped_bit_ends_the_stream() {
        let mut bytes = Vec::new();
        put(&mut bytes, head(1), b"first");
        for at in 4..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            let next = FrameReader::new(&bad[..]).next().await;
            assert!(matches!(next, Err(FrameError::Checksum)), "byte {at}");
        }
    }

    #[tokio::test]
    async fn a_length_beyond_the_limit_is_refused_before_it_is_allocated() {
        let mut bytes = Vec::new();
        put(&mut bytes, head(1), b"first");
        bytes[..4].copy_from_slice(&(BODY_BYTES_MAX as u32 + 1).to_be_bytes());
        let next = FrameReader::new(&bytes[..]).next().await;
        assert!(matches!(next, Err(FrameError::TooLong(_))));
    }
}
