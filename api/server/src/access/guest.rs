//! Guests: who buys without an account has a token of ours, `gst_` and 128 random bits.
//!
//! Whoever has the token is the guest. It is stored nowhere: the guest's orders belong to an owner
//! named by its SHA-256, so that orders, logs and backups do not give it away.

use std::str::FromStr;

use engine_core::Owner;
use sha2::{Digest as _, Sha256};

use super::bad_credentials;
use super::key_text::hex;
use crate::errors::Error;

/// What every guest's token begins with.
pub const PREFIX: &str = "gst_";
/// What the owner of a guest's orders begins with. No account may.
pub const OWNER_PREFIX: &str = Owner::GUEST_PREFIX;
/// How many bytes of the hash name the owner.
const HASH_BYTES: usize = 16;

/// A guest's token.
#[derive(Clone, PartialEq, Eq)]
pub struct GuestToken(u128);

impl GuestToken {
    /// A new guest.
    pub fn fresh() -> Self {
        Self(rand::random())
    }

    /// The text that the guest keeps.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{:032x}", self.0)
    }

    /// Whose orders the guest's are.
    pub fn owner(&self) -> Result<Owner, Error> {
        let hash = Sha256::digest(self.reveal().as_bytes());
        let digits: String =
            hash.iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let owner = Owner::new(&format!("{OWNER_PREFIX}{digits}"));
        owner.ok_or_else(|| Error::fault("a guest's owner is no owner"))
    }
}

impl FromStr for GuestToken {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let token = text.strip_prefix(PREFIX).and_then(|digits| hex(digits, 32));
        token.map(Self).ok_or_else(|| {
            bad_credentials("a guest's token is gst_ and 32 hexadecimal digits, as it was given")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_in_its_owner() -> Result<(), Error> {
        let token = GuestToken::fresh();
        let text = token.reveal();
        let owner = text.parse::<GuestToken>()?.owner()?;
        assert_eq!(owner, token.owner()?);
        assert!(owner.as_str().starts_with(OWNER_PREFIX));
        assert!(!owner.as_str().contains(&text[PREFIX.len()..]));
        for bad in ["gst_", "gst_12", "gst_000000000000000000000000000000XY"] {
            assert!(bad.parse::<GuestToken>().is_err());
        }
        Ok(())
    }
}
