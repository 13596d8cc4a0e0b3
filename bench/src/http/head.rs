//! The head of an answer: the few facts of it that a load generator acts on.

/// What the generator wants to know of an answer's head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status code.
    pub(crate) status: u16,
    /// How many bytes the head has, the empty line included.
    pub(crate) head_bytes: usize,
    /// How many bytes of body follow it.
    pub(crate) body_bytes: usize,
    /// The answer is an earlier one's (`Idempotent-Replayed: true`).
    pub(crate) replayed: bool,
    /// The connection ends with this answer.
    pub(crate) close: bool,
}

/// Why bytes are not the head of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadHead {
    /// The first line is not a status line.
    #[error("not an HTTP/1.1 status line")]
    StatusLine,
    /// Neither a length nor a status without a body.
    #[error("an answer without a content-length: only those are understood")]
    NoLength,
    /// The length is not a number.
    #[error("a content-length that is not a number")]
    BadLength,
}

impl Head {
    /// Reads the head at the start of `bytes`; nothing when it is not complete yet.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Self>, BadHead> {
        let Some(end) = find_end(bytes) else { return Ok(None) };
        let mut lines = bytes[..end].split(|byte| *byte == b'\n');
        let mut head = Self { status: status_of(lines.next())?, ..Self::default() };
        head.head_bytes = end + END.len();
        let mut length = None;
        for line in lines {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-length") {
                length = Some(number(value).ok_or(BadHead::BadLength)?);
            } else if name.eq_ignore_ascii_case(b"connection") {
                head.close = value.eq_ignore_ascii_case(b"close");
            } else if name.eq_ignore_ascii_case(api_client::header::IDEMPOTENT_REPLAYED.as_bytes())
            {
                head.replayed = value == b"true";
            }
        }
        let bodiless = head.status == 204 || head.status == 304;
        head.body_bytes = length.or(bodiless.then_some(0)).ok_or(BadHead::NoLength)?;
        Ok(Some(head))
    }
}

const END: &[u8] = b"\r\n\r\n";

fn find_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(END.len()).position(|window| window == END)
}

fn status_of(line: Option<&[u8]>) -> Result<u16, BadHead> {
    let line = line.unwrap_or_default();
    let code = line.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    code.and_then(number).and_then(|code| u16::try_from(code).ok()).ok_or(BadHead::StatusLine)
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{BadHead, Head};

    #[test]
    fn reads_what_matters_and_skips_the_rest() {
        let bytes = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\
            Idempotent-Replayed: true\r\ncontent-length: 12\r\n\r\n{\"id\":\"x\"}";
        let head = Head::parse(bytes).unwrap().unwrap();
        assert_eq!(
            (head.status, head.body_bytes, head.replayed, head.close),
            (201, 12, true, false)
        );
        assert_eq!(&bytes[head.head_bytes..head.head_bytes + 1], b"{");
    }

    #[test]
    fn waits_for_the_whole_head() {
        assert_eq!(Head::parse(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n").unwrap(), None);
    }

    #[test]
    fn a_close_is_seen_and_no_content_needs_no_length() {
        let head = Head::parse(b"HTTP/1.1 204 No Content\r\nConnection: Close\r\n\r\n");
        let head = head.unwrap().unwrap();
        assert_eq!((head.status, head.body_bytes, head.close), (204, 0, true));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert_eq!(Head::parse(b"SSH-2.0\r\n\r\n"), Err(BadHead::StatusLine));
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(Head::parse(chunked), Err(BadHead::NoLength));
        let bad = b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n";
        assert_eq!(Head::parse(bad), Err(BadHead::BadLength));
    }
}
