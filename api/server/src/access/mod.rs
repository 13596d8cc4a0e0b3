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
mod by;
mod customers;
mod flags;
mod guest;
mod key_set;
mod key_text;
mod rates;
mod remote;
mod rules;
mod uses;

use std::net::IpAddr;

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use engine_core::access::{Network, Scope};
use engine_core::read::Whose;
use engine_core::{KeyId, Owner};
use hyper::header::AUTHORIZATION;

use crate::errors::{Code, Error};
use crate::extract;
use crate::state::AppState;

pub use by::By;
pub use customers::{BadKeySet, BadSource, Customers};
pub use flags::AccessFlags;
pub use guest::GuestToken;
pub use key_text::KeyText;
pub use rates::{Allowance, RateLimits};
pub use remote::Remote;
pub use rules::{Need, need};
pub use uses::KeyUses;

use rates::Counted;

/// What the door knows beside the keys, which are rows.
pub struct Door {
    /// Whoever is on this machine may do everything.
    pub trust_loopback: bool,
    /// Tells customers by their tokens, if there is a key set.
    pub customers: Option<Customers>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Counts requests.
    pub rates: RateLimits,
    /// When keys are used.
    pub uses: KeyUses,
}

/// Where a request comes from, as far as this node knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Its address, which a trusted proxy may have told.
    pub address: IpAddr,
    /// It is on this machine, with nobody between.
    pub is_here: bool,
}

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

    /// Whether the caller sees where the owners of orders are told of them: owners, who see their
    /// own orders only, sellers, who ship them, and support.
    pub fn sees_contacts(&self) -> bool {
        matches!(self, Self::Customer(_))
            || self.can(Scope::FulfillmentWrite)
            || self.can(Scope::RefundsWrite)
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

/// Lets a request in, with its principal and caller in its extensions, or says why not; and how
/// many more would be let in.
pub fn admit(app: &AppState, request: &mut Request) -> Counted {
    let remote = request.extensions().get::<Remote>().copied();
    let Some(remote) = remote else {
        return (None, Err(Error::fault("a request without a remote address")));
    };
    let headers = request.headers();
    let caller = Caller {
        address: remote::client_address(remote, headers, &app.door.trusted_proxies),
        is_here: remote::is_of_this_machine(remote, headers),
    };
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if route.is_some_and(is_uncounted) {
        return (None, Ok(()));
    }
    let (left, principal) = identify(app, headers, caller);
    let admitted = principal.and_then(|principal| {
        check(&principal, caller, request.method(), route)?;
        Ok(principal)
    });
    let admitted = admitted.map(|principal| {
        request.extensions_mut().insert(principal);
        request.extensions_mut().insert(caller);
    });
    (left, admitted)
}

/// Whether a caller who is being answered would still be let in, to read: keys are revoked, tokens
/// end. It counts as no request.
pub fn stays(
    app: &AppState,
    headers: &HeaderMap,
    caller: Caller,
    route: &str,
) -> Result<(), Error> {
    let principal = match bearer(headers)? {
        None if app.door.trust_loopback && caller.is_here => Principal::Local,
        None => Principal::Anonymous,
        Some(token) if token.starts_with(key_text::PREFIX) => {
            api_key::principal(app, token, caller.address)?.1
        }
        Some(token) => Principal::Customer(customer(&app.door, token)?),
    };
    check(&principal, caller, &Method::GET, Some(route))
}

/// Whether requests to a route are let in without a look at who calls: those by which a load
/// balancer asks, more often than anybody else, if the node lives.
pub fn is_uncounted(route: &str) -> bool {
    matches!(route, "/livez" | "/readyz")
}

/// What the credentials say of the caller, unless there were too many of the caller's requests.
///
/// Requests with an API key count for the key. All others count for their address, before a
/// signature is checked: neither guessing nor making up tokens is worth a try.
fn identify(
    app: &AppState,
    headers: &HeaderMap,
    caller: Caller,
) -> (Option<Allowance>, Result<Principal, Error>) {
    let door = &app.door;
    let shown = match bearer(headers) {
        Ok(None) if door.trust_loopback && caller.is_here => return (None, Ok(Principal::Local)),
        Ok(shown) => shown,
        Err(error) => return door.counted(caller, Err(error)),
    };
    if let Some(token) = shown.filter(|token| token.starts_with(key_text::PREFIX)) {
        return match api_key::principal(app, token, caller.address) {
            Ok((key, principal)) => with(door.rates.of_key(key), Ok(principal)),
            Err(error) => door.counted(caller, Err(error)),
        };
    }
    let (left, counted) = door.rates.of_address(caller.address);
    if let Err(error) = counted {
        return (left, Err(error));
    }
    match shown.map(|token| customer(door, token)) {
        None => (left, Ok(Principal::Anonymous)),
        Some(Ok(owner)) => with(door.rates.of_customer(&owner), Ok(Principal::Customer(owner))),
        Some(Err(error)) => (left, Err(error)),
    }
}

impl Door {
    /// The answer, unless there were too many requests from the caller's address.
    fn counted<T>(
        &self,
        caller: Caller,
        answer: Result<T, Error>,
    ) -> (Option<Allowance>, Result<T, Error>) {
        with(self.rates.of_address(caller.address), answer)
    }
}

/// The answer, unless there were too many requests.
fn with<T>(
    (left, counted): Counted,
    answer: Result<T, Error>,
) -> (Option<Allowance>, Result<T, Error>) {
    (left, counted.and(answer))
}

/// What stands after `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let Some(text) = extract::header(headers, AUTHORIZATION.as_str())? else { return Ok(None) };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(bad_credentials("send `Authorization: Bearer` and an API key or a token"));
    }
    Ok(Some(token.trim()))
}

/// The customer or guest that a token names.
fn customer(door: &Door, token: &str) -> Result<Owner, Error> {
    if token.starts_with(guest::PREFIX) {
        return token.parse::<GuestToken>()?.owner();
    }
    match &door.customers {
        Some(customers) if customers::is_like(token) => customers.owner(token),
        None if customers::is_like(token) => Err(bad_credentials(
            "this node takes no customers' tokens: it was started without --jwks",
        )),
        _ => Err(bad_credentials(
            "an API key begins with stoa_sk_, a guest's token with gst_, and a customer's is a JWT",
        )),
    }
}

/// Whether the caller has what the route needs.
fn check(
    principal: &Principal,
    caller: Caller,
    method: &Method,
    route: Option<&str>,
) -> Result<(), Error> {
    // What no route takes is refused by itself, with 404.
    let Some(route) = route else { return Ok(()) };
    match need(method, route) {
        Need::Nothing => Ok(()),
        Need::Loopback if caller.is_here => Ok(()),
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
    use super::*;

    #[test]
    fn a_customer_does_nothing_for_others() {
        let owner = Owner::new("cus_1").unwrap();
        let customer = Principal::Customer(owner.clone());
        assert_eq!(customer.whose(), Whose::Of(owner));
        let here = Caller { address: IpAddr::from([127, 0, 0, 1]), is_here: true };
        let code = |principal: &Principal, method: Method, route: &str| {
            check(principal, here, &method, Some(route)).err().map(|error| error.code)
        };
        assert_eq!(code(&customer, Method::GET, "/v1/orders/{id}"), None);
        assert_eq!(code(&customer, Method::POST, "/v1/products"), Some(Code::Forbidden));
        assert_eq!(code(&customer, Method::GET, "/v1/cluster/status"), Some(Code::Forbidden));
        let nobody = Principal::Anonymous;
        assert_eq!(code(&nobody, Method::GET, "/v1/orders/{id}"), Some(Code::Unauthenticated));
        assert_eq!(code(&nobody, Method::GET, "/v1/products/{id}"), None);
        assert_eq!(code(&nobody, Method::POST, "/v1/cluster/init"), None);
        let proxied = Caller { is_here: false, ..here };
        assert!(check(&nobody, proxied, &Method::POST, Some("/v1/cluster/init")).is_err());
        let scopes = vec![Scope::CatalogWrite];
        let key = Principal::Key { id: KeyId(1), scopes };
        assert_eq!(code(&key, Method::POST, "/v1/products"), None);
        assert_eq!(code(&key, Method::PUT, "/product/{id}"), Some(Code::Forbidden));
    }
}
