//! Whether an API key opens the door: read from this node's own replica of the meta group, so that
//! a revocation holds here from the moment it is applied.

use std::net::IpAddr;

use engine_core::access::ApiKey;
use engine_core::{KeyId, ShardId, read};

use super::key_text::KeyText;
use super::{Principal, bad_credentials, forbidden};
use crate::errors::{Code, Error};
use crate::state::AppState;
use crate::time::now_ms;

/// The key and its holder, or why it does not open.
pub fn principal(app: &AppState, text: &str, remote: IpAddr) -> Result<(KeyId, Principal), Error> {
    let shown: KeyText = text.parse()?;
    let key = read::api_key(&app.view(ShardId::META), shown.id).map_err(|fault| {
        tracing::warn!(%fault, "API keys cannot be read");
        Error::new(Code::NotReady, "this node cannot read API keys now; ask another one")
    })?;
    let unknown = || bad_credentials("there is no such API key, or its secret is another one");
    let key = key.ok_or_else(unknown)?;
    let now = now_ms();
    if !key.secrets_at(now).any(|hash| hash == shown.hash()) {
        return Err(unknown());
    }
    opens(&key, now, remote)?;
    app.door.uses.note(key.id, now);
    Ok((key.id, Principal::Key { id: key.id, scopes: key.scopes }))
}

/// Whoever knows the secret is told why it does not help.
fn opens(key: &ApiKey, now: u64, remote: IpAddr) -> Result<(), Error> {
    if key.revoked_at.is_some() {
        return Err(bad_credentials("the API key was revoked; create another one"));
    }
    if !key.is_valid_at(now) {
        return Err(bad_credentials("the API key has expired; create another one"));
    }
    if !key.networks.is_empty() && !key.networks.iter().any(|network| network.contains(remote)) {
        return Err(forbidden(&format!("the API key is not for requests from {remote}")));
    }
    Ok(())
}
