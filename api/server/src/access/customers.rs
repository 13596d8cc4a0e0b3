//! Customers' tokens: JWTs of the shop's own identity provider, checked against its key set
//! (RFC 7519, RFC 7517; what to look out for: RFC 8725).
//!
//! A token says by `kid` which key has signed it; the key, never the token, says how: EdDSA with
//! Ed25519 or ES256, and nothing else. `iss`, `aud`, `exp` and `sub` are required, `nbf` is heeded,
//! and clocks may differ by a minute. The key set is read again now and then, and when a token
//! names a key that it does not have; when it cannot be read, the last one counts for a day.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use engine_core::Owner;
use jsonwebtoken::{decode, decode_header};
use moka::sync::Cache;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use super::bad_credentials;
use super::guest;
use super::key_set::{KnownKey, SKEW_S};
use crate::errors::{Code, Error};
use crate::time::now_ms;

pub use super::key_set::{BadKeySet, BadSource, Place, Source};

/// How long a key set counts that cannot be read again, in seconds: a day.
const AGE_S_MAX: u64 = 24 * 3_600;
/// How soon after another reading the key set is read for a key that it lacks, in seconds.
const SOONEST_S: u64 = 10;
/// How many tokens are remembered, so that a signature is checked once.
const REMEMBERED_MAX: u64 = 100_000;

/// Tells customers by their tokens.
pub struct Customers {
    source: Source,
    keys: ArcSwapOption<KeySet>,
    lacking: Notify,
}

struct KeySet {
    text: Vec<u8>,
    read_at: Instant,
    keys: Arc<Vec<KnownKey>>,
    /// What was checked against these very keys: by the token's SHA-256.
    checked: Cache<[u8; 32], Arc<Checked>>,
}

struct Checked {
    owner: Owner,
    /// When it ends, in Unix seconds.
    exp: u64,
}

/// What is read of a token.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Unix seconds, which may have a fraction.
    exp: f64,
}

impl Customers {
    /// Reads the key set for the first time. A file must be there; a provider that does not answer
    /// keeps no shop from opening.
    pub async fn open(source: Source) -> Result<Self, BadKeySet> {
        let customers = Self { source, keys: ArcSwapOption::empty(), lacking: Notify::new() };
        match (customers.read().await, &customers.source.place) {
            (Ok(()), _) => {}
            (Err(error), Place::File(_)) => return Err(error),
            (Err(error), Place::Url(_)) => {
                tracing::warn!(%error, "customers' tokens are refused until there is a key set");
            }
        }
        Ok(customers)
    }

    /// Keeps the key set fresh, for ever.
    pub async fn keep_fresh(&self) {
        loop {
            let read_at = Instant::now();
            tokio::select! {
                () = tokio::time::sleep(self.source.every()) => {}
                () = self.lacking.notified() => {
                    let soonest = Duration::from_secs(SOONEST_S);
                    tokio::time::sleep(soonest.saturating_sub(read_at.elapsed())).await;
                }
            }
            if let Err(error) = self.read().await {
                tracing::warn!(%error, "the last key set counts on");
            }
        }
    }

    /// Reads the key set again; one that cannot be read changes nothing.
    async fn read(&self) -> Result<(), BadKeySet> {
        let text = self.source.text().await?;
        let read_at = Instant::now();
        let (keys, checked) = match self.keys.load_full() {
            Some(last) if last.text == text => (last.keys.clone(), last.checked.clone()),
            _ => (Arc::new(self.source.keys(&text)?), Cache::new(REMEMBERED_MAX)),
        };
        self.keys.store(Some(Arc::new(KeySet { text, read_at, keys, checked })));
        Ok(())
    }

    /// The customer that a token names.
    pub fn owner(&self, token: &str) -> Result<Owner, Error> {
        let old = |set: &Arc<KeySet>| set.read_at.elapsed() > Duration::from_secs(AGE_S_MAX);
        let set = self.keys.load();
        let set = set.as_ref().filter(|set| !old(set)).ok_or_else(|| {
            self.lacking.notify_one();
            let detail = "this node could not read the key set of customers' tokens for a day; \
                          ask another one";
            Error::new(Code::NotReady, detail)
        })?;
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now_s = now_ms() / 1_000;
        if let Some(checked) = set.checked.get(&hash)
            && now_s < checked.exp.saturating_add(SKEW_S)
        {
            return Ok(checked.owner.clone());
        }
        let checked = Arc::new(self.check(set, token)?);
        set.checked.insert(hash, checked.clone());
        Ok(checked.owner.clone())
    }

    fn check(&self, set: &KeySet, token: &str) -> Result<Checked, Error> {
        let unknown = || bad_credentials("no key of the key set has signed this token");
        let kid = decode_header(token).ok().and_then(|header| header.kid).ok_or_else(unknown)?;
        let known = set.keys.iter().find(|known| known.kid == kid).ok_or_else(|| {
            self.lacking.notify_one();
            unknown()
        })?;
        let claims = decode::<Claims>(token, &known.key, &known.validation)
            .map_err(|error| bad_credentials(&format!("the token is refused: {error}")))?
            .claims;
        let owner = Owner::new(&claims.sub);
        let owner = owner.filter(|owner| !owner.as_str().starts_with(guest::OWNER_PREFIX));
        let owner = owner.ok_or_else(|| {
            let most = Owner::BYTES_MAX;
            bad_credentials(&format!(
                "the token's sub is no customer id: 1 to {most} letters, digits and any of _-.:@, \
                 not beginning with {}",
                guest::OWNER_PREFIX
            ))
        })?;
        Ok(Checked { owner, exp: claims.exp as u64 })
    }
}

/// Whether a text has the shape of a JWT.
pub fn is_like(token: &str) -> bool {
    token.split('.').count() == 3
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{SystemTime, UNIX_EPOCH};

    use axum::response::IntoResponse as _;
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use serde_json::{Value, json};

    use super::*;

    /// PKCS #8 of an Ed25519 key, before its 32 bytes.
    const ED_HEAD: [u8; 16] =
        [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    /// PKCS #8 of a P-256 key that signs nothing but this test.
    const EC: &str = concat!(
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgL/79L8fDGOqdTYLwQRbXOKH8",
        "Xgn/SDJHH+6JCaG5qiWhRANCAATflc1zET+9ia5tWK1HQY2clOzY1qztMfaMBfjhGoYZ3j87",
        "vUHE2wm70nYccM2H92J84aUsUVPU5DHuUBCreQe5",
    );

    fn ed(seed: u8) -> EncodingKey {
        EncodingKey::from_ed_der(&[&ED_HEAD[..], &[seed; 32]].concat())
    }

    fn ec() -> EncodingKey {
        let digit = |letter: u8| {
            let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            letters.iter().position(|known| *known == letter).unwrap() as u32
        };
        let bits = EC.trim_end_matches('=').as_bytes();
        let mut bytes = Vec::new();
        for four in bits.chunks(4) {
            let value = four.iter().fold(0, |value, letter| value << 6 | digit(*letter));
            let value = value << (6 * (4 - four.len()));
            bytes.extend(&value.to_be_bytes()[1..four.len()]);
        }
        EncodingKey::from_ec_der(&bytes)
    }

    fn now() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    fn claims(change: &[(&str, Value)]) -> Value {
        let mut claims = json!({
            "sub": "cus_7", "iss": "https://id.example", "aud": "shop", "exp": now() + 300,
        });
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        claims
    }

    fn token(algorithm: Algorithm, kid: &str, key: &EncodingKey, claims: &Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
        encode(&header, claims, key).unwrap()
    }

    async fn customers(dir: &Path) -> Customers {
        let mut set = Vec::new();
        for (kid, key, algorithm) in
            [("ed", ed(1), Algorithm::EdDSA), ("ec", ec(), Algorithm::ES256)]
        {
            let mut key = Jwk::from_encoding_key(&key, algorithm).unwrap();
            key.common.key_id = Some(kid.to_owned());
            set.push(key);
        }
        let file = dir.join("jwks.json");
        let text = serde_json::to_vec(&json!({ "keys": set })).unwrap();
        std::fs::write(&file, text).unwrap();
        let source = Source::new(file.to_str().unwrap(), "https://id.example", "shop").unwrap();
        Customers::open(source).await.unwrap()
    }

    #[tokio::test]
    async fn a_customers_token_names_the_customer() {
        let dir = tempfile::tempdir().unwrap();
        let customers = customers(dir.path()).await;
        for (kid, key, algorithm) in
            [("ed", ed(1), Algorithm::EdDSA), ("ec", ec(), Algorithm::ES256)]
        {
            let owner = |change: &[(&str, Value)]| {
                customers.owner(&token(algorithm, kid, &key, &claims(change)))
            };
            assert_eq!(owner(&[]).unwrap().as_str(), "cus_7");
            assert!(owner(&[("aud", json!(["other", "shop"]))]).is_ok());
            assert!(owner(&[("exp", json!(now() - 30))]).is_ok(), "within the skew");
            assert!(owner(&[("nbf", json!(now() + 30))]).is_ok(), "within the skew");
            for (name, value) in [
                ("exp", json!(now() - 120)),
                ("exp", Value::Null),
                ("nbf", json!(now() + 120)),
                ("iss", json!("https://other.example")),
                ("iss", Value::Null),
                ("aud", json!("other")),
                ("aud", Value::Null),
                ("sub", json!("guest_00000000000000000000000000000000")),
                ("sub", json!("two words")),
                ("sub", Value::Null),
            ] {
                let refused = owner(&[(name, value.clone())]);
                let code = refused.err().map(|error| error.code);
                assert_eq!(code, Some(Code::InvalidCredentials), "{kid} {name} {value}");
            }
        }
    }

    #[tokio::test]
    async fn a_forged_token_names_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let customers = customers(dir.path()).await;
        let good = token(Algorithm::EdDSA, "ed", &ed(1), &claims(&[]));
        assert!(customers.owner(&good).is_ok());
        let parts: Vec<&str> = good.split('.').collect();
        // {"alg":"none","kid":"ed"} and {"alg":"RS256","kid":"ed"}
        let none = format!("eyJhbGciOiJub25lIiwia2lkIjoiZWQifQ.{}.", parts[1]);
        let rsa = format!("eyJhbGciOiJSUzI1NiIsImtpZCI6ImVkIn0.{}.{}", parts[1], parts[2]);
        let public = Jwk::from_encoding_key(&ed(1), Algorithm::EdDSA).unwrap();
        let public = serde_json::to_vec(&public).unwrap();
        let forged = [
            none,
            rsa,
            token(Algorithm::EdDSA, "ed", &ed(2), &claims(&[])),
            token(Algorithm::EdDSA, "unknown", &ed(1), &claims(&[])),
            token(Algorithm::EdDSA, "ec", &ed(1), &claims(&[])),
            token(Algorithm::ES256, "ed", &ec(), &claims(&[])),
            token(Algorithm::HS256, "ed", &EncodingKey::from_secret(&public), &claims(&[])),
            format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 4]),
            format!("{}.{}A.{}", parts[0], parts[1], parts[2]),
            "a.b.c".to_owned(),
            "..".to_owned(),
        ];
        for token in forged {
            let code = customers.owner(&token).err().map(|error| error.code);
            assert_eq!(code, Some(Code::InvalidCredentials), "{token}");
        }
    }

    #[tokio::test]
    async fn a_key_set_is_read_again_and_a_broken_one_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let customers = customers(dir.path()).await;
        let good = token(Algorithm::EdDSA, "ed", &ed(1), &claims(&[]));
        let file = dir.path().join("jwks.json");
        std::fs::write(&file, "{").unwrap();
        assert!(customers.read().await.is_err());
        assert!(customers.owner(&good).is_ok(), "the last one counts");
        let mut other = Jwk::from_encoding_key(&ed(3), Algorithm::EdDSA).unwrap();
        other.common.key_id = Some("next".to_owned());
        std::fs::write(&file, serde_json::to_vec(&json!({ "keys": [other] })).unwrap()).unwrap();
        customers.read().await.unwrap();
        assert!(customers.owner(&good).is_err(), "its key is gone");
        assert!(customers.owner(&token(Algorithm::EdDSA, "next", &ed(3), &claims(&[]))).is_ok());
    }

    #[tokio::test]
    async fn a_remembered_token_ends_when_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let customers = customers(dir.path()).await;
        let good = token(Algorithm::EdDSA, "ed", &ed(1), &claims(&[]));
        assert!(customers.owner(&good).is_ok());
        let set = customers.keys.load_full().unwrap();
        let hash: [u8; 32] = Sha256::digest(good.as_bytes()).into();
        assert_eq!(set.checked.get(&hash).unwrap().owner.as_str(), "cus_7");
        // As if its end had passed since: it is checked again, and only then refused or taken.
        let other = Owner::new("cus_of_the_past").unwrap();
        let past = Arc::new(Checked { owner: other, exp: now() - SKEW_S - 1 });
        set.checked.insert(hash, past);
        assert_eq!(customers.owner(&good).unwrap().as_str(), "cus_7");
    }

    #[tokio::test]
    async fn a_key_set_is_fetched_and_a_provider_that_is_down_closes_no_shop() {
        let mut public = Jwk::from_encoding_key(&ed(1), Algorithm::EdDSA).unwrap();
        public.common.key_id = Some("ed".to_owned());
        let set = serde_json::to_string(&json!({ "keys": [public] })).unwrap();
        let site =
            axum::Router::new().fallback(async move |uri: axum::http::Uri| match uri.path() {
                "/keys" => set.into_response(),
                "/moved" => axum::response::Redirect::to("/keys").into_response(),
                _ => axum::http::StatusCode::NOT_FOUND.into_response(),
            });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let source =
            |path: &str| Source::new(&format!("{base}{path}"), "https://id.example", "shop");
        let good = token(Algorithm::EdDSA, "ed", &ed(1), &claims(&[]));
        let serving = tokio::spawn(async move { axum::serve(listener, site).await });
        let customers = Customers::open(source("/keys").unwrap()).await.unwrap();
        assert_eq!(customers.owner(&good).unwrap().as_str(), "cus_7");
        for elsewhere in ["/moved", "/nothing"] {
            let customers = Customers::open(source(elsewhere).unwrap()).await.unwrap();
            let code = customers.owner(&good).err().map(|error| error.code);
            assert_eq!(code, Some(Code::NotReady), "{elsewhere}");
        }
        serving.abort();
        assert!(serving.await.unwrap_err().is_cancelled());
        assert!(customers.read().await.is_err());
        assert!(customers.owner(&good).is_ok(), "the last one counts");
    }
}
