//! Where the keys of customers' tokens come from: a JSON Web Key Set (RFC 7517) in a file or behind
//! a URL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

/// By how much clocks may differ, in seconds.
pub const SKEW_S: u64 = 60;
/// How long fetching a key set may take, in milliseconds.
const FETCH_TIMEOUT_MS: u64 = 10_000;
/// The largest key set, in bytes.
const BYTES_MAX: usize = 1 << 20;
/// How often a file is read again, in seconds.
const FILE_EVERY_S: u64 = 30;
/// How often a URL is asked again, in seconds.
const URL_EVERY_S: u64 = 300;

/// Who the tokens are from and for, and where the key set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where the key set is.
    pub place: Place,
    /// What `iss` must be.
    pub issuer: String,
    /// What `aud` must be, or name among others.
    pub audience: String,
}

/// Where a key set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A URL: HTTPS, or plain HTTP on this machine.
    Url(String),
}

/// Flags about customers' tokens that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSource {
    /// Some of them are missing.
    #[error("--jwks, --jwt-issuer and --jwt-audience belong together: give all three or none")]
    Alone,
    /// Anybody on the way could put in their own key.
    #[error("--jwks {0}: a key set is taken from a file, an https:// URL, or http:// on loopback")]
    Plain(String),
}

/// Why there is no key set.
#[derive(Debug, thiserror::Error)]
pub enum BadKeySet {
    /// It cannot be read.
    #[error("the key set {0} cannot be read: {1}")]
    File(PathBuf, std::io::Error),
    /// It cannot be fetched.
    #[error("the key set {0} cannot be fetched: {1}")]
    Fetch(String, String),
    /// It is no JSON Web Key Set.
    #[error("the key set is no JSON Web Key Set: {0}")]
    Malformed(serde_json::Error),
    /// It has no key that is taken.
    #[error(
        "the key set has no key that is taken: each needs a kid, and is an Ed25519 or a P-256 key"
    )]
    Empty,
}

/// A key that signs tokens, with the one algorithm that goes with it.
pub struct KnownKey {
    /// What tokens call it.
    pub kid: String,
    /// The public key.
    pub key: DecodingKey,
    /// What a token must have.
    pub validation: Validation,
}

impl Source {
    /// The key set at a file's path or a URL.
    pub fn new(place: &str, issuer: &str, audience: &str) -> Result<Self, BadSource> {
        let on_loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let is_loopback = |start: &&str| {
            let rest = place.strip_prefix(*start);
            rest.is_some_and(|rest| rest.starts_with([':', '/']))
        };
        let place = match place.split_once("://") {
            None => Place::File(PathBuf::from(place)),
            Some(("https", _)) => Place::Url(place.to_owned()),
            Some(_) if on_loopback.iter().any(is_loopback) => Place::Url(place.to_owned()),
            Some(_) => return Err(BadSource::Plain(place.to_owned())),
        };
        Ok(Self { place, issuer: issuer.to_owned(), audience: audience.to_owned() })
    }

    /// How often it is read again.
    pub fn every(&self) -> Duration {
        Duration::from_secs(match self.place {
            Place::File(_) => FILE_EVERY_S,
            Place::Url(_) => URL_EVERY_S,
        })
    }

    /// The text of the key set.
    pub async fn text(&self) -> Result<Vec<u8>, BadKeySet> {
        match &self.place {
            Place::File(file) => read(file).await,
            Place::Url(url) => {
                fetch(url).await.map_err(|error| BadKeySet::Fetch(url.clone(), error))
            }
        }
    }

    /// The keys of a key set that are taken; others are left out.
    pub fn keys(&self, text: &[u8]) -> Result<Vec<KnownKey>, BadKeySet> {
        let set: JwkSet = serde_json::from_slice(text).map_err(BadKeySet::Malformed)?;
        let keys: Vec<_> = set.keys.iter().filter_map(|key| self.known(key)).collect();
        if keys.is_empty() {
            return Err(BadKeySet::Empty);
        }
        Ok(keys)
    }

    fn known(&self, key: &Jwk) -> Option<KnownKey> {
        let algorithm = match &key.algorithm {
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                Algorithm::EdDSA
            }
            AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
                Algorithm::ES256
            }
            _ => return None,
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = SKEW_S;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let kid = key.common.key_id.clone()?;
        Some(KnownKey { kid, key: DecodingKey::from_jwk(key).ok()?, validation })
    }
}

async fn read(file: &Path) -> Result<Vec<u8>, BadKeySet> {
    let read = tokio::fs::read(file).await;
    read.map_err(|error| BadKeySet::File(file.to_owned(), error))
}

async fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let said = |error: reqwest::Error| error.without_url().to_string();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(FETCH_TIMEOUT_MS))
        // Elsewhere there may be somebody else's keys.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(said)?;
    let mut response = client.get(url).send().await.map_err(said)?;
    if !response.status().is_success() {
        return Err(format!("it answers with {}", response.status()));
    }
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(said)? {
        if text.len() + chunk.len() > BYTES_MAX {
            return Err(format!("it has more than {BYTES_MAX} bytes"));
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_comes_over_no_open_line() {
        for good in
            ["/etc/keys.json", "keys.json", "https://id.example/keys", "http://127.0.0.1:9/k"]
        {
            assert!(Source::new(good, "i", "a").is_ok(), "{good}");
        }
        for bad in ["http://id.example/keys", "http://127.0.0.1.example/k", "ftp://id.example/k"] {
            assert_eq!(Source::new(bad, "i", "a"), Err(BadSource::Plain(bad.to_owned())));
        }
    }
}
