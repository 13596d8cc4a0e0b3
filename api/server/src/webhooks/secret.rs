//! Secrets of endpoints, derived from one master key that no log, row or snapshot has.
//!
//! HMAC-SHA256(master, "stoa webhook", a zero, the endpoint's id, the generation): who has the rows
//! has no secret, and each node has all of them without being told. A check value in the
//! endpoint's row tells whether a node has the master key that it was derived from.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine_core::EndpointId;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// The least bytes of a master key.
const MASTER_BYTES_MIN: usize = 32;
/// What a secret's text begins with, by the Standard Webhooks specification.
const PREFIX: &str = "whsec_";

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum BadMaster {
    /// The file cannot be read.
    #[error("cannot read --webhook-master {path}: {error}")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is too easy to guess.
    #[error(
        "--webhook-master {0} has less than {MASTER_BYTES_MIN} bytes; make one with \
         `head -c 32 /dev/urandom | base64`, the same for every node"
    )]
    Short(String),
}

/// The master key.
pub struct Master(Vec<u8>);

impl Master {
    /// Reads it from a file; white space around it does not count.
    pub fn read(path: &Path) -> Result<Self, BadMaster> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path);
        let bytes = bytes.map_err(|error| BadMaster::Read { path: name.clone(), error })?;
        let key = bytes.trim_ascii();
        if key.len() < MASTER_BYTES_MIN {
            return Err(BadMaster::Short(name));
        }
        Ok(Self(key.to_vec()))
    }

    /// Tells this master key from others, and nothing else.
    pub fn check(&self) -> u64 {
        let mac = self.mac(&[b"stoa webhook check"]);
        mac.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    /// The secret of a generation.
    pub fn secret(&self, endpoint: EndpointId, generation: u32) -> Secret {
        let (id, generation) = (endpoint.0.to_be_bytes(), generation.to_be_bytes());
        Secret(self.mac(&[b"stoa webhook\0", &id, &generation]))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Master(…)")
    }
}

/// What one generation of an endpoint's webhooks is signed with.
pub struct Secret([u8; 32]);

impl Secret {
    /// Its text, to be shown once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// The signature of a message.
    pub fn sign(&self, id: &str, at_s: i64, body: &str) -> Option<String> {
        let signer = standardwebhooks::Webhook::from_bytes(self.0.to_vec()).ok()?;
        signer.sign(id, at_s, body.as_bytes()).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_and_generation_has_a_secret_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let master = |text: &str| {
            let file = dir.path().join("master");
            std::fs::write(&file, text).unwrap();
            Master::read(&file)
        };
        assert!(matches!(master("too short\n"), Err(BadMaster::Short(_))));
        let one = master("0123456789abcdef0123456789abcdef\n").unwrap();
        let two = master("0123456789abcdef0123456789abcdeF").unwrap();
        let texts = [
            one.secret(EndpointId(1), 1).reveal(),
            one.secret(EndpointId(1), 2).reveal(),
            one.secret(EndpointId(2), 1).reveal(),
            two.secret(EndpointId(1), 1).reveal(),
        ];
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(text.len(), PREFIX.len() + 44, "{text}");
            assert!(!texts[at + 1..].contains(text), "{text} is there twice");
        }
        assert_eq!(texts[0], one.secret(EndpointId(1), 1).reveal(), "always the same");
        assert_ne!(one.check(), two.check());
        assert_eq!(format!("{one:?}{:?}", one.secret(EndpointId(1), 1)), "Master(…)Secret(…)");
    }

    #[test]
    fn a_signature_is_one_that_receivers_check() {
        let master = Master(b"0123456789abcdef0123456789abcdef".to_vec());
        let secret = master.secret(EndpointId(7), 3);
        let now = i64::try_from(crate::time::now_ms() / 1_000).unwrap();
        let signature = secret.sign("msg_1", now, "{}").unwrap();
        let receiver = standardwebhooks::Webhook::new(&secret.reveal()).unwrap();
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", now.to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        receiver.verify(b"{}", &headers).unwrap();
        assert!(receiver.verify(b"{} ", &headers).is_err());
    }
}
