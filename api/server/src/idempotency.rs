//! `Idempotency-Key`: what names a POST over all its retries, and what is minted from it.

use api_client::header;
use axum::http::HeaderMap;
use engine_core::dedup::Idempotency;
use engine_core::h128;
use serde::Serialize;

use crate::access::Principal;
use crate::errors::{Code, Error};
use crate::extract;

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 255;

/// The key of one request, with its body.
#[derive(Debug, Clone, Copy)]
pub struct Key(pub Idempotency);

/// The text of the key, if the request has one.
pub fn text(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let Some(key) = extract::header(headers, header::IDEMPOTENCY_KEY)? else { return Ok(None) };
    // A tab would be taken in a header, and is in no log that shows it.
    if (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.contains('\t') {
        return Ok(Some(key));
    }
    let detail = format!("a key has 1 to {KEY_BYTES_MAX} characters, and no tabs");
    Err(Error::about(Code::InvalidHeader, "Idempotency-Key", detail))
}

/// The text of the key of a request that must have one.
pub fn required(headers: &HeaderMap) -> Result<&str, Error> {
    text(headers)?.ok_or_else(|| {
        let detail = "send an Idempotency-Key, new for each request and the same for its retries";
        Error::about(Code::IdempotencyKeyRequired, "Idempotency-Key", detail)
    })
}

/// The key of a request to a route, if it has one. `body` is what the request was understood as.
pub fn key<B: Serialize>(
    caller: &Principal,
    headers: &HeaderMap,
    route: &str,
    body: &B,
) -> Result<Option<Key>, Error> {
    let Some(text) = text(headers)? else { return Ok(None) };
    let key = h128(&[caller.name().as_bytes(), route.as_bytes(), text.as_bytes()]);
    Ok(Some(Key(Idempotency { key, body: body_hash(body)? })))
}

/// H128 of a body in its canonical form: our own fields in their order, without white space.
pub fn body_hash<B: Serialize>(body: &B) -> Result<u128, Error> {
    let canonical = serde_json::to_vec(body).map_err(Error::fault)?;
    Ok(h128(&[&canonical]))
}

/// The id of what a request creates: from its key where it has one, else at random.
pub fn created_id(key: Option<Key>) -> u128 {
    key.map_or_else(rand::random, |key| key.0.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_can_be_shown() {
        let longest = "x".repeat(KEY_BYTES_MAX);
        let longer = "x".repeat(KEY_BYTES_MAX + 1);
        let keys =
            [("a key", true), (&longest, true), ("", false), ("a\tb", false), (&longer, false)];
        for (key, good) in keys {
            let mut headers = HeaderMap::new();
            let value = key.parse().unwrap();
            headers.insert(header::IDEMPOTENCY_KEY, value);
            assert_eq!(text(&headers).is_ok(), good, "{key:?}");
        }
    }
}
