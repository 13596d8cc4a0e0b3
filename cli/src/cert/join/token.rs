//! The token that a new node shows: `stoa_join_<secret>_<digest of the CA's certificate>`.

use std::{fmt, fmt::Write as _, str::FromStr};

use sha2::{Digest as _, Sha256};

/// What its text begins with.
const PREFIX: &str = "stoa_join_";
/// Bytes of the secret.
const SECRET_BYTES: usize = 16;
/// Bytes of the digest.
const DIGEST_BYTES: usize = 32;

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    secret: [u8; SECRET_BYTES],
    ca: [u8; DIGEST_BYTES],
}

impl Token {
    /// A new one, for the cluster of a CA's certificate (DER).
    pub fn new(ca: &[u8]) -> Self {
        Self { secret: rand::random(), ca: Sha256::digest(ca).into() }
    }

    /// Its secret part, as it is sent.
    pub fn secret(&self) -> String {
        hex(&self.secret)
    }

    /// Whether a secret is its own. Digests are compared, so that how long it takes says nothing.
    pub fn has(&self, secret: &str) -> bool {
        Sha256::digest(self.secret().as_bytes()) == Sha256::digest(secret.as_bytes())
    }

    /// Whether a certificate (DER) is its CA's.
    pub fn is_of(&self, certificate: &[u8]) -> bool {
        Sha256::digest(certificate)[..] == self.ca
    }

    /// All of it, to be shown once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.secret(), hex(&self.ca))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl FromStr for Token {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.trim().strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let token = parts.and_then(|(secret, ca)| {
            Some(Self { secret: bytes(secret)?.try_into().ok()?, ca: bytes(ca)?.try_into().ok()? })
        });
        token.ok_or_else(|| format!("a token is {PREFIX}…, whole, as `stoa cert invite` prints it"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.bytes().map(|digit| char::from(digit).to_digit(16));
    let digits = digits.collect::<Option<Vec<u32>>>()?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| u8::try_from(pair[0] << 4 | pair[1]).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_as_it_is_told_and_nothing_else_does() {
        let token = Token::new(b"a CA");
        let text = token.reveal();
        assert_eq!(text.parse(), Ok(token.clone()));
        assert!(token.is_of(b"a CA") && !token.is_of(b"another CA"));
        assert!(token.has(&token.secret()) && !token.has("") && !token.has(&text));
        assert!(!format!("{token:?}").contains(&token.secret()));
        for bad in ["", "stoa_join_", "stoa_join_00_00", &text[1..], &text[..text.len() - 1]] {
            assert!(bad.parse::<Token>().is_err(), "{bad}");
        }
        assert!(text.replace('_', "é").parse::<Token>().is_err());
    }
}
