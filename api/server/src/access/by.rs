//! On whose behalf a handler writes, and under which idempotency key.
//!
//! [`AppState::write`](crate::state::AppState::write) takes it, so that no handler can forget the
//! audit trail: whoever works for the shop is named in it, and customers are not.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use engine_core::audit::{Actor, Who};

use super::{Caller, Principal};
use crate::errors::Error;
use crate::http::RequestId;
use crate::idempotency::Key;

/// On whose behalf something is written.
#[derive(Debug, Clone, Copy)]
pub struct By {
    /// Whom the audit trail names.
    pub actor: Option<Actor>,
    /// The request's idempotency key, if it has one.
    pub key: Option<Key>,
}

impl By {
    /// The node writes by itself: the trail names nobody.
    pub const THE_NODE: Self = Self { actor: None, key: None };

    /// The same, under the request's idempotency key.
    pub fn under(self, key: Option<Key>) -> Self {
        Self { key, ..self }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let missing = |what| Error::fault(format!("a request got past the door without {what}"));
        let extensions = &parts.extensions;
        let principal = extensions.get::<Principal>().ok_or_else(|| missing("a principal"))?;
        let caller = extensions.get::<Caller>().ok_or_else(|| missing("an address"))?;
        let request = extensions.get::<RequestId>().ok_or_else(|| missing("an id"))?;
        let address = caller.address.to_canonical();
        let actor = who(principal).map(|who| Actor { who, address, request: request.number() });
        Ok(Self { actor, key: None })
    }
}

/// Whom the trail names: whoever does not act for themselves alone.
fn who(principal: &Principal) -> Option<Who> {
    match principal {
        Principal::Anonymous => Some(Who::Anonymous),
        Principal::Local => Some(Who::Local),
        Principal::Key { id, .. } => Some(Who::Key(*id)),
        Principal::Customer(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use engine_core::{KeyId, Owner};

    use super::*;

    #[test]
    fn only_a_customer_is_not_named_and_all_others_as_they_are_called() {
        let key = Principal::Key { id: KeyId(7), scopes: Vec::new() };
        for principal in [Principal::Anonymous, Principal::Local, key] {
            let named = who(&principal).map(|who| who.to_string());
            assert_eq!(named, Some(principal.name()));
        }
        assert_eq!(Owner::new("cus_1").map(Principal::Customer).as_ref().and_then(who), None);
    }
}
