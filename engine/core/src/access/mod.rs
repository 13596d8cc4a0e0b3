//! API keys: who may do what. They live in the meta group, so every node has all of them.
//!
//! Invariant: no row, command or answer of this crate carries a secret, only its SHA-256; a revoked
//! key never becomes valid again, and its row stays, so that its id cannot be given anew.

mod create_key;
mod network;
mod note_key_uses;
mod revoke_key;
mod rotate_key;
pub(crate) mod rows;
mod scope;

use serde::{Deserialize, Serialize};

use crate::ids::KeyId;

pub use create_key::CreateKey;
pub use network::{BadNetwork, Network};
pub use note_key_uses::NoteKeyUses;
pub use revoke_key::RevokeKey;
pub use rotate_key::RotateKey;
pub use scope::{BadScope, Role, Scope};

/// The longest name of a key, in bytes of UTF-8.
pub const KEY_NAME_BYTES_MAX: usize = 128;
/// The most networks in the allow-list of one key.
pub const NETWORKS_PER_KEY_MAX: usize = 64;
/// The latest that a key may expire, in Unix milliseconds: the last of the year 9999.
pub const EXPIRES_AT_MAX: u64 = 253_402_300_799_999;
/// The longest that an old secret stays valid beside a new one, in milliseconds: 30 days.
pub const OVERLAP_MS_MAX: u64 = 30 * 24 * 3_600_000;

/// An API key as it is stored and told: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id, the public part of its text.
    pub id: KeyId,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// What it is for, in its owner's words: 1 to [`KEY_NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// What its holder may do; sorted, each once, at least one.
    pub scopes: Vec<Scope>,
    /// From where it may be used; sorted, each once; from everywhere when empty.
    pub networks: Vec<Network>,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it was last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// From when on it is not valid any more, in Unix milliseconds, if ever.
    pub expires_at: Option<u64>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<u64>,
    /// SHA-256 of the secret that is shown with it now.
    pub secret: SecretHash,
    /// The secret before it, for as long as it still works.
    pub previous: Option<PreviousSecret>,
}

/// The last use of a key that the cluster knows of: a row of its own, so that using a key does not
/// change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// When, in Unix milliseconds.
    pub at: u64,
}

/// SHA-256 of a secret. Secrets are random, so nothing slower is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHash(pub [u8; 32]);

/// A secret that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// Its hash.
    pub hash: SecretHash,
    /// From when on it is not valid any more, in Unix milliseconds.
    pub until: u64,
}

impl ApiKey {
    /// Whether the key as such is valid at a time, in Unix milliseconds, whoever shows it.
    pub fn is_valid_at(&self, now: u64) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }

    /// The hashes of the secrets it has at a time, in Unix milliseconds: the newest first, at most
    /// two. They open nothing when the key is not valid ([`ApiKey::is_valid_at`]).
    pub fn secrets_at(&self, now: u64) -> impl Iterator<Item = SecretHash> {
        let previous = self.previous.filter(|previous| now < previous.until);
        [Some(self.secret), previous.map(|previous| previous.hash)].into_iter().flatten()
    }
}
