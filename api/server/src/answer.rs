//! How answers are made: JSON with the headers that say what they are.

use api_client::{List, header};
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use serde::Serialize;

use crate::errors::{Code, Error};
use crate::extract;
use crate::http::set;

/// The longest `If-None-Match`, in bytes.
pub const KNOWN_TAGS_BYTES_MAX: usize = 1_024;

/// A JSON answer.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, Error> {
    let bytes = serde_json::to_vec(body).map_err(Error::fault)?;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

/// One page of a list: `data` may have one item more than `limit`, which says that there are more.
pub fn page<T>(mut data: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> List<T> {
    let has_more = data.len() > limit;
    data.truncate(limit);
    let next_cursor = data.last().filter(|_| has_more).map(cursor);
    List { data, has_more, next_cursor }
}

/// Says that the answer is an earlier one's.
pub fn replayed(mut response: Response, replayed: bool) -> Response {
    if replayed {
        set(&mut response, header::IDEMPOTENT_REPLAYED, "true");
    }
    response
}

/// Writes the version tag.
pub fn tagged(mut response: Response, version: u64) -> Response {
    set(&mut response, ETAG.as_str(), &format!("\"{version}\""));
    response
}

/// The client has this version already: 304 instead of the body.
pub fn not_modified(headers: &HeaderMap, version: u64) -> Result<Option<Response>, Error> {
    let Some(known) = extract::header(headers, IF_NONE_MATCH.as_str())? else { return Ok(None) };
    if known.len() > KNOWN_TAGS_BYTES_MAX {
        let detail = format!("If-None-Match has at most {KNOWN_TAGS_BYTES_MAX} characters");
        return Err(Error::about(Code::InvalidHeader, "If-None-Match", detail));
    }
    let same =
        known.split(',').map(str::trim).any(|tag| tag == "*" || version_of(tag) == Some(version));
    Ok(same.then(|| tagged(StatusCode::NOT_MODIFIED.into_response(), version)))
}

/// The version a change is for, where the request names one.
pub fn if_match_given(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    if headers.contains_key(IF_MATCH) { if_match(headers) } else { Ok(None) }
}

/// The version a change is for: none for `*`. Without the header there is no change.
pub fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let Some(tag) = extract::header(headers, IF_MATCH.as_str())? else {
        let detail = "send If-Match with the ETag of the version you saw";
        return Err(Error::about(Code::IfMatchRequired, "If-Match", detail));
    };
    if tag.trim() == "*" {
        return Ok(None);
    }
    let strong = tag.trim();
    match version_of(strong).filter(|_| !strong.starts_with("W/")) {
        Some(version) => Ok(Some(version)),
        None => {
            let detail = "If-Match names no version of ours; send the ETag as it was read";
            Err(Error::about(Code::VersionMismatch, "If-Match", detail))
        }
    }
}

/// The version in a tag, strong or weak.
fn version_of(tag: &str) -> Option<u64> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_known_is_not_sent_again() {
        let told = |known: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, known.parse().unwrap());
            not_modified(&headers, 3).map(|response| response.is_some()).map_err(|it| it.code)
        };
        for (known, same) in
            [("\"3\"", true), ("\"1\", W/\"3\"", true), ("*", true), ("\"4\"", false)]
        {
            assert_eq!(told(known).ok(), Some(same), "{known}");
        }
        let long = "\"3\",".repeat(KNOWN_TAGS_BYTES_MAX / 4 + 1);
        assert!(matches!(told(&long), Err(Code::InvalidHeader)));
        assert!(matches!(not_modified(&HeaderMap::new(), 3), Ok(None)));
    }
}
