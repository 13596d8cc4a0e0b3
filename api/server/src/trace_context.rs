//! W3C Trace Context: the `traceparent` that a caller sends names the trace that this node's log
//! lines belong to (<https://www.w3.org/TR/trace-context/>).

use axum::http::HeaderMap;

/// The header.
const TRACEPARENT: &str = "traceparent";

/// The trace that a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The whole trace.
    pub trace_id: u128,
    /// The caller's span in it.
    pub parent_id: u64,
}

impl TraceContext {
    /// What a request says, if it says it well; a header that is not well formed is ignored, as the
    /// standard wants.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        parse(value.to_str().ok()?)
    }

    /// The trace's id, as other tools write it.
    pub fn trace(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The parent's id, as other tools write it.
    pub fn parent(&self) -> String {
        format!("{:016x}", self.parent_id)
    }
}

fn parse(text: &str) -> Option<TraceContext> {
    let mut parts = text.split('-');
    let version = hex(parts.next()?, 2)?;
    let trace_id = hex(parts.next()?, 32)?;
    let parent_id = hex(parts.next()?, 16)?;
    hex(parts.next()?, 2)?;
    // Later versions may add parts, version 0 has none, and 255 is no version.
    let is_whole = version > 0 || parts.next().is_none();
    let parent_id = u64::try_from(parent_id).ok()?;
    (is_whole && version < 0xff && trace_id != 0 && parent_id != 0)
        .then_some(TraceContext { trace_id, parent_id })
}

/// Exactly that many lowercase hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == digits && is_hex).then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_taken_as_the_standard_says() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = parse(good).unwrap();
        assert_eq!(context.trace(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.parent(), "00f067aa0ba902b7");
        assert!(parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
