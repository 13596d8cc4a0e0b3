//! What browsers need to be told: which sites' pages may call this node, and what they must not
//! make of its answers.

use api_client::header as ours;
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use axum::response::Response;
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MATCH,
    IF_NONE_MATCH, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use tower_http::cors::CorsLayer;

use crate::config::BadConfig;

/// How long a browser may remember what it was told of a path, in seconds.
const PREFLIGHT_S: u64 = 600;
/// What a page may do that an answer is shown as: nothing, and nowhere inside another.
const NO_CONTENT: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
/// A browser that was here once comes by https for a year.
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// Answers carry stock, orders and keys: nobody on the way keeps them.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Lets pages of these origins call the node, with any credentials that they send themselves.
/// Without origins no page of another site may.
pub fn cors(origins: &[HeaderValue]) -> Option<CorsLayer> {
    let sent =
        [AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, HeaderName::from_static("prefer")]
            .into_iter()
            .chain(
                [ours::IDEMPOTENCY_KEY, ours::MIN_TOKEN, ours::MAX_STALENESS]
                    .map(HeaderName::from_static),
            );
    let shown = [ETAG, RETRY_AFTER].into_iter().chain(
        [
            ours::TOKEN,
            ours::AS_OF,
            ours::REQUEST_ID,
            ours::IDEMPOTENT_REPLAYED,
            ours::RATE_LIMIT,
            ours::RATE_REMAINING,
            ours::RATE_RESET,
        ]
        .map(HeaderName::from_static),
    );
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins.to_vec())
            .allow_methods(methods)
            .allow_headers(sent.collect::<Vec<_>>())
            .expose_headers(shown.collect::<Vec<_>>())
            .max_age(std::time::Duration::from_secs(PREFLIGHT_S))
    })
}

/// The origins as browsers name them: scheme, host, and the port unless it is the scheme's own.
pub fn origins(texts: &[String]) -> Result<Vec<HeaderValue>, BadConfig> {
    texts
        .iter()
        .map(|text| origin(text).ok_or_else(|| BadConfig::CorsOrigin(text.clone())))
        .collect()
}

fn origin(text: &str) -> Option<HeaderValue> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let is_whole = text.eq_ignore_ascii_case(&format!("{scheme}://{authority}"));
    let is_plain = !authority.as_str().contains('@');
    let is_web = matches!(scheme, "http" | "https");
    let is_default =
        matches!((scheme, authority.port_u16()), ("http", Some(80)) | ("https", Some(443)));
    (is_whole && is_web && is_plain && !is_default)
        .then(|| HeaderValue::from_str(&text.to_ascii_lowercase()).ok())?
}

/// What every answer says, unless its handler knows better; and over https, that it be used from
/// then on.
pub fn guard(response: &mut Response, is_https: bool) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
    if is_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NO_CONTENT);
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_as_browsers_name_it() {
        for good in ["https://shop.example", "http://localhost:3000", "HTTPS://Shop.Example"] {
            let value = origin(good).unwrap();
            assert_eq!(value.to_str().unwrap(), good.to_lowercase());
        }
        for bad in [
            "*",
            "shop.example",
            "https://shop.example/",
            "https://shop.example/a",
            "https://shop.example:443",
            "https://me@shop.example",
            "ftp://shop.example",
            "null",
            "",
        ] {
            assert!(origin(bad).is_none(), "{bad}");
        }
        assert!(cors(&[]).is_none());
    }
}
