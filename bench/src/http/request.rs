//! Writes requests as the bytes that go over the wire.

use std::io::Write;
use std::sync::OnceLock;

use api_client::header;

/// The headers that every request has: set once, before the first.
static COMMON: OnceLock<String> = OnceLock::new();
/// The same without an API key. A node trusts its own machine by this name.
const HOST: &str = "host: localhost\r\n";

/// Shows an API key with every request from now on.
pub(crate) fn show(api_key: &str) {
    let _set_before = COMMON.set(format!("{HOST}authorization: Bearer {api_key}\r\n"));
}

fn common() -> &'static str {
    COMMON.get().map_or(HOST, String::as_str)
}

/// A POST's headers beyond those that every request has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Post<'a> {
    /// The route.
    pub(crate) path: &'a str,
    /// The `Idempotency-Key`.
    pub(crate) key: &'a str,
    /// `Prefer: wait=`, in seconds; 0 leaves it out.
    pub(crate) wait_s: u32,
}

/// Writes a GET over what `out` held.
pub(crate) fn get(out: &mut Vec<u8>, path: &str) {
    out.clear();
    put(out, format_args!("GET {path} HTTP/1.1\r\n{}\r\n", common()));
}

/// Writes a POST of a JSON body over what `out` held.
pub(crate) fn post(out: &mut Vec<u8>, post: Post<'_>, body: &[u8]) {
    out.clear();
    let Post { path, key, wait_s } = post;
    put(out, format_args!("POST {path} HTTP/1.1\r\n{}", common()));
    put(
        out,
        format_args!("content-type: application/json\r\n{}: {key}\r\n", header::IDEMPOTENCY_KEY),
    );
    if wait_s > 0 {
        put(out, format_args!("prefer: wait={wait_s}\r\n"));
    }
    put(out, format_args!("content-length: {}\r\n\r\n", body.len()));
    out.extend_from_slice(body);
}

/// Appends formatted text; a vector takes all it is given.
pub(crate) fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok());
}

/// Percent-encodes a query's value.
pub(crate) fn encode_query(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Post, encode_query, get, post};

    #[test]
    fn a_request_is_complete_and_replaces_the_one_before() {
        let mut out = Vec::new();
        get(&mut out, "/livez");
        let route = Post { path: "/v1/orders", key: "k1", wait_s: 5 };
        post(&mut out, route, b"{}");
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("POST /v1/orders HTTP/1.1\r\nhost: localhost\r\n"));
        assert!(text.contains("\r\nidempotency-key: k1\r\nprefer: wait=5\r\n"));
        assert!(text.ends_with("\r\ncontent-length: 2\r\n\r\n{}"));
    }

    #[test]
    fn a_query_survives_the_url() {
        assert_eq!(encode_query("4K TV & more"), "4K+TV+%26+more");
        assert_eq!(encode_query("é"), "%C3%A9");
    }
}
