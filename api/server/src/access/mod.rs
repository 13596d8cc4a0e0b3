//! Who calls, and what they may do.
//!
//! [`admit`] is the one door: before a request reaches its handler, its credentials become a
//! [`Principal`], and the principal must have what the route's line in `rules` needs. What belongs
//! to somebody is then read and written through [`Principal::whose`]: the engine knows the owner,
//! and somebody else's is as if it were not there.
//!
//! Bad credentials are refused everywhere, also where none are needed: who sends them believes in
//! them.

mod api_key;
mod guest;
mod key_text;
mod rules;

use std::net::{IpAddr, SocketAddr};

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use engine_core::access::Scope;
use engine_core::read::Whose;
use engine_core::{KeyId, Owner};
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};

use crate::errors::{Code, Error};
use crate::extract;
use crate::state::AppState;

pub use guest::GuestToken;
pub use key_text::KeyText;
pub use rules::{Need, need};

/// Where a request's connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Remote(pub SocketAddr);

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody in particular.
    Anonymous,
    /// Whoever reaches the loopback address, where `--trust-loopback` lets them do everything.
    Local,
    /// The holder of an API key.
    Key {
        /// Which key.
        id: KeyId,
        /// What it allows.
        scopes: Vec<Scope>,
    },
    /// A customer or a guest: their own orders, and nothing else.
    Customer(Owner),
}

impl Principal {
    /// Whether the caller may do this for everybody.
    pub fn can(&self, scope: Scope) -> bool {
        match self {
            Self::Local => true,
            Self::Key { scopes, .. } => scopes.contains(&scope),
            Self::Anonymous | Self::Customer(_) => false,
        }
    }

    /// Refuses what the caller may not do for everybody.
    pub fn require(&self, scope: Scope) -> Result<(), Error> {
        if self.can(scope) {
            return Ok(());
        }
        Err(match self {
            Self::Anonymous => unauthenticated(),
            _ => forbidden(&format!("it needs the scope {scope}")),
        })
    }

    /// Whose things the caller sees and changes.
    pub fn whose(&self) -> Whose {
        match self {
            Self::Customer(owner) => Whose::Of(owner.clone()),
            Self::Local | Self::Key { .. } => Whose::Anybody,
            Self::Anonymous => Whose::Nobody,
        }
    }

    /// What tells the caller's idempotency keys from other callers'.
    pub fn name(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Local => "local".to_owned(),
            Self::Key { id, .. } => id.to_string(),
            Self::Customer(owner) => format!("customer {owner}"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let principal = parts.extensions.get::<Self>().cloned();
        principal.ok_or_else(|| Error::fault("a request got past the door without a principal"))
    }
}

/// Lets a request in, with its principal in its extensions, or says why not.
pub fn admit(app: &AppState, request: &mut Request) -> Result<(), Error> {
    let remote = request.extensions().get::<Remote>().map(|remote| remote.0.ip());
    let remote = remote.ok_or_else(|| Error::fault("a request without a remote address"))?;
    let principal = identify(app, request.headers(), remote)?;
    let route = request.extensions().get::<MatchedPath>();
    check(&principal, remote, request.method(), route.map(MatchedPath::as_str))?;
    request.extensions_mut().insert(principal);
    Ok(())
}

/// What the credentials say of the caller.
fn identify(app: &AppState, headers: &HeaderMap, remote: IpAddr) -> Result<Principal, Error> {
    let Some(text) = extract::header(headers, AUTHORIZATION.as_str())? else {
        let local = app.trust_loopback && remote.is_loopback() && !is_of_a_web_page(headers);
        return Ok(if local { Principal::Local } else { Principal::Anonymous });
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(bad_credentials("send `Authorization: Bearer` and an API key or a token"));
    }
    let token = token.trim();
    if token.starts_with(key_text::PREFIX) {
        return api_key::principal(app, token, remote);
    }
    if token.starts_with(guest::PREFIX) {
        return Ok(Principal::Customer(token.parse::<GuestToken>()?.owner()?));
    }
    Err(bad_credentials("an API key begins with stoa_sk_, a guest's token with gst_"))
}

/// Whether a browser sends this for a page of another site, which must not borrow the trust in
/// this machine: a page's request names its origin, or a host that only its own name server maps
/// to this machine.
fn is_of_a_web_page(headers: &HeaderMap) -> bool {
    let foreign_origin = headers.get(ORIGIN).is_some_and(|origin| {
        let text = origin.to_str().unwrap_or_default();
        !text.split_once("://").is_some_and(|(_, host)| is_this_machine(host))
    });
    let foreign_host =
        headers.get(HOST).is_some_and(|host| !host.to_str().is_ok_and(is_this_machine));
    foreign_origin || foreign_host
}

/// Whether `host` or `host:port` names the loopback interface by itself.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the caller has what the route needs.
fn check(
    principal: &Principal,
    remote: IpAddr,
    method: &Method,
    route: Option<&str>,
) -> Result<(), Error> {
    // What no route takes is refused by itself, with 404.
    let Some(route) = route else { return Ok(()) };
    match need(method, route) {
        Need::Nothing => Ok(()),
        Need::Loopback if remote.is_loopback() => Ok(()),
        Need::Loopback => Err(forbidden("it is taken from this node's own machine only")),
        Need::All(scopes) => scopes.iter().try_for_each(|scope| principal.require(*scope)),
        Need::CustomerOr(_) if matches!(principal, Principal::Customer(_)) => Ok(()),
        Need::CustomerOr(scope) => principal.require(scope),
    }
}

fn unauthenticated() -> Error {
    let detail = "send `Authorization: Bearer` and an API key (`stoa key create` makes one), or a \
                  customer's token where the request is about the customer's own orders";
    Error::about(Code::Unauthenticated, "Authorization", detail)
}

fn bad_credentials(detail: &str) -> Error {
    Error::about(Code::InvalidCredentials, "Authorization", detail)
}

fn forbidden(detail: &str) -> Error {
    Error::new(Code::Forbidden, format!("the caller may not do this: {detail}"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(hyper::header::HeaderName, &'static str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn a_web_page_borrows_no_trust() {
        for ours in [
            headers(&[]),
            headers(&[(HOST, "127.0.0.1:7101")]),
            headers(&[(HOST, "localhost:7101"), (ORIGIN, "http://localhost:3000")]),
            headers(&[(HOST, "[::1]:7101")]),
        ] {
            assert!(!is_of_a_web_page(&ours), "{ours:?}");
        }
        for foreign in [
            headers(&[(HOST, "127.0.0.1:7101"), (ORIGIN, "https://shop.example")]),
            headers(&[(HOST, "127.0.0.1:7101"), (ORIGIN, "null")]),
            headers(&[(HOST, "rebound.example:7101")]),
            headers(&[(HOST, "localhost.example")]),
        ] {
            assert!(is_of_a_web_page(&foreign), "{foreign:?}");
        }
    }

    #[test]
    fn a_customer_does_nothing_for_others() {
        let owner = Owner::new("cus_1").unwrap();
        let customer = Principal::Customer(owner.clone());
        assert_eq!(customer.whose(), Whose::Of(owner));
        let local = IpAddr::from([127, 0, 0, 1]);
        let code = |principal: &Principal, method: Method, route: &str| {
            check(principal, local, &method, Some(route)).err().map(|error| error.code)
        };
        assert_eq!(code(&customer, Method::GET, "/v1/orders/{id}"), None);
        assert_eq!(code(&customer, Method::POST, "/v1/products"), Some(Code::Forbidden));
        assert_eq!(code(&customer, Method::GET, "/v1/cluster/status"), Some(Code::Forbidden));
        let nobody = Principal::Anonymous;
        assert_eq!(code(&nobody, Method::GET, "/v1/orders/{id}"), Some(Code::Unauthenticated));
        assert_eq!(code(&nobody, Method::GET, "/v1/products/{id}"), None);
        let scopes = vec![Scope::CatalogWrite];
        let key = Principal::Key { id: KeyId(1), scopes };
        assert_eq!(code(&key, Method::POST, "/v1/products"), None);
        assert_eq!(code(&key, Method::PUT, "/product/{id}"), Some(Code::Forbidden));
    }
}
