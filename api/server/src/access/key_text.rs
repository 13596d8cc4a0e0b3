//! The text of an API key: `stoa_sk_<id>_<secret>_<crc>`, all in lower-case hexadecimal digits.
//!
//! The checksum tells a mistyped key from a wrong one without asking anybody, and lets scanners of
//! leaked secrets find real ones. The text exists in the answer that creates it and in the requests
//! of its holder, nowhere else: what is stored is the secret's SHA-256.

use std::fmt;
use std::str::FromStr;

use engine_core::KeyId;
use engine_core::access::SecretHash;
use sha2::{Digest as _, Sha256};

use super::bad_credentials;
use crate::errors::Error;

/// What every API key begins with.
pub const PREFIX: &str = "stoa_sk_";

/// An API key as its holder has it. Its secret is shown by [`KeyText::reveal`] only.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText {
    /// Which key.
    pub id: KeyId,
    secret: u128,
}

impl KeyText {
    /// A new key, of 128 random bits.
    pub fn fresh(id: KeyId) -> Self {
        Self { id, secret: rand::random() }
    }

    /// What is stored of the secret.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret.to_be_bytes()).into())
    }

    /// The whole text, secret and all.
    pub fn reveal(&self) -> String {
        let body = format!("{PREFIX}{:016x}_{:032x}", self.id.0, self.secret);
        let checksum = crc32c::crc32c(body.as_bytes());
        format!("{body}_{checksum:08x}")
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:016x}_…", self.id.0)
    }
}

impl FromStr for KeyText {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mistyped = || {
            bad_credentials(
                "this is no API key as it was shown: its checksum differs; copy it once more",
            )
        };
        let digits = text.strip_prefix(PREFIX).filter(|text| text.is_ascii());
        let parts: Vec<_> = digits.ok_or_else(mistyped)?.split('_').collect();
        let [id, secret, _] = parts[..] else { return Err(mistyped()) };
        let id = hex(id, 16).and_then(|id| u64::try_from(id).ok());
        let (Some(id), Some(secret)) = (id, hex(secret, 32)) else { return Err(mistyped()) };
        let key = Self { id: KeyId(id), secret };
        if key.reveal() == text { Ok(key) } else { Err(mistyped()) }
    }
}

/// So many lower-case hexadecimal digits as a number.
pub fn hex(text: &str, digits: usize) -> Option<u128> {
    let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(plain) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_shown() -> Result<(), Error> {
        let key = KeyText { id: KeyId(7), secret: 0xabc };
        let text = key.reveal();
        assert!(text.starts_with("stoa_sk_0000000000000007_00000000000000000000000000000abc_"));
        assert_eq!(text.parse::<KeyText>()?, key);
        assert_eq!(key.hash(), text.parse::<KeyText>()?.hash());
        assert_ne!(key.hash(), KeyText { secret: 0xabd, ..key.clone() }.hash());
        assert_eq!(format!("{key:?}"), "stoa_sk_0000000000000007_…");
        Ok(())
    }

    #[test]
    fn one_wrong_letter_is_found_without_asking() {
        let text = KeyText { id: KeyId(u64::MAX), secret: u128::MAX / 3 }.reveal();
        for at in 0..text.len() {
            for letter in ['0', 'f', '_', 'X', 'é'] {
                let typed: String = text
                    .chars()
                    .enumerate()
                    .map(|(place, before)| if place == at { letter } else { before })
                    .collect();
                assert_eq!(typed.parse::<KeyText>().is_ok(), typed == text, "{typed}");
            }
        }
        for cut in 0..text.len() {
            assert!(text[..cut].parse::<KeyText>().is_err());
        }
        assert!(format!("{text}0").parse::<KeyText>().is_err());
    }
}
