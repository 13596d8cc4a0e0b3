//! What handlers take from a request, with errors that name the field, parameter or header at
//! fault.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use engine_core::{BadId, OrderId};
use serde::de::DeserializeOwned;

use crate::card_number;
use crate::errors::{Code, Error};
use crate::json_path;

/// The most items a list answers with, and how many without a `limit`.
pub const LIMIT_MAX: u32 = 100;
/// How many items a list answers with when no `limit` is given.
pub const LIMIT_DEFAULT: u32 = 20;

/// A JSON body of a `/v1` write.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        media_type(request.headers())?;
        let body = bytes(request, state).await?;
        parse(&body).map(Self)
    }
}

/// A JSON body about an order or a customer: in no field of it is a card's number.
pub struct Personal<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Personal<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        media_type(request.headers())?;
        let body = bytes(request, state).await?;
        card_number::refuse(&body)?;
        parse(&body).map(Self)
    }
}

/// A JSON body of the seeds' interface: any media type, unknown fields ignored.
pub struct Loose<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Loose<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let body = bytes(request, state).await?;
        parse(&body).map(Self)
    }
}

/// The absence of a body: nothing, or an empty JSON object.
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let body = bytes(request, state).await?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self);
        }
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        parse::<Nothing>(&body).map(|Nothing {}| Self)
    }
}

/// The whole body, already in memory: `http.rs` has bounded it.
async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Error> {
    let read = Bytes::from_request(request, state).await;
    read.map_err(|error| Error::new(Code::InvalidJson, format!("the body was cut short: {error}")))
}

/// A JSON object as a value, or what is wrong with it and where.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let value = serde_json::from_slice(body).map_err(|error| {
        if !error.is_data() {
            return Error::new(Code::InvalidJson, error.to_string());
        }
        let param = json_path::of(body, &error);
        Error { param, ..Error::new(Code::InvalidField, error.to_string()) }
    })?;
    // Without names, serde would take an array's values for the fields in their order.
    match body.trim_ascii_start().first() {
        Some(b'{') => Ok(value),
        _ => Err(Error::new(Code::InvalidField, "the body must be a JSON object: {\"name\": …}")),
    }
}

fn media_type(headers: &HeaderMap) -> Result<(), Error> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii().to_ascii_lowercase();
    if essence == b"application/json" || essence.ends_with(b"+json") {
        return Ok(());
    }
    let detail = "send the body as application/json";
    Err(Error::about(Code::UnsupportedMediaType, "Content-Type", detail))
}

/// The id in the path.
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = BadId>> FromRequestParts<S> for Id<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let bad = |detail: String| Error::about(Code::InvalidId, "id", detail);
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|error| bad(error.to_string()))?;
        let (_, text) = params.iter().next().ok_or_else(|| bad("no id".into()))?;
        text.parse().map(Self).map_err(|error: BadId| bad(error.to_string()))
    }
}

/// An id in the path of a request that has no body.
pub struct IdAlone<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = BadId> + Send> FromRequest<S> for IdAlone<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let Id(id) = Id::from_request_parts(&mut parts, state).await?;
        NoBody::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self(id))
    }
}

/// The ids in the path of an order and of a part of it.
pub struct OrderPart<T>(pub OrderId, pub T);

impl<S: Send + Sync, T: FromStr<Err = BadId>> FromRequestParts<S> for OrderPart<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let bad = |name: &str, detail: String| Error::about(Code::InvalidId, name, detail);
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|error| bad("id", error.to_string()))?;
        let mut ids = params.iter().map(|(_, text)| text);
        let (order, part) = (ids.next().unwrap_or_default(), ids.next().unwrap_or_default());
        let order = order.parse().map_err(|error: BadId| bad("id", error.to_string()))?;
        let part = part.parse().map_err(|error: BadId| bad("part_id", error.to_string()))?;
        Ok(Self(order, part))
    }
}

/// The same, of a request that has no body.
pub struct OrderPartAlone<T>(pub OrderId, pub T);

impl<S: Send + Sync, T: FromStr<Err = BadId> + Send> FromRequest<S> for OrderPartAlone<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let OrderPart(order, part) = OrderPart::from_request_parts(&mut parts, state).await?;
        NoBody::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self(order, part))
    }
}

/// The parameters after the `?`.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|error| {
            let text = error.body_text();
            let text = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, why)| why);
            let param = match text.split_once(": ") {
                Some((name, _)) if !name.contains(' ') => Some(name.to_owned()),
                _ => backticked(text).map(str::to_owned),
            };
            let param = param.filter(|name| !name.is_empty());
            Error { param, ..Error::new(Code::InvalidParameter, text) }
        })
    }
}

/// What stands in the first pair of backticks.
pub fn backticked(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('`')?;
    rest.split_once('`').map(|(name, _)| name)
}

/// An id inside a body or a query.
pub fn id<T: FromStr<Err = BadId>>(param: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error: BadId| Error::about(Code::InvalidId, param, error.to_string()))
}

/// The size of a page.
pub fn limit(limit: Option<u32>) -> Result<usize, Error> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit as usize);
    }
    Err(Error::about(Code::OutOfRange, "limit", format!("a limit is 1 to {LIMIT_MAX}")))
}

/// The one value of a header, as text.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Error> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::about(Code::InvalidHeader, name, format!("{name} is given twice")));
    }
    let text = value.to_str().map_err(|_| {
        Error::about(Code::InvalidHeader, name, format!("{name} takes visible ASCII only"))
    })?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_an_object_and_its_fields_have_names() {
        #[derive(Debug, serde::Deserialize)]
        struct Named {
            name: Option<String>,
        }
        let read = |text: &str| parse::<Named>(text.as_bytes()).map(|named| named.name);
        assert_eq!(read(" \n{\"name\": \"a\"}").unwrap(), Some("a".to_owned()));
        for (text, code) in [
            ("[\"a\"]", Code::InvalidField),
            ("[null]", Code::InvalidField),
            ("null", Code::InvalidField),
            ("{\"name\": 1}", Code::InvalidField),
            ("{", Code::InvalidJson),
        ] {
            assert_eq!(read(text).unwrap_err().code, code, "{text}");
        }
    }
}
