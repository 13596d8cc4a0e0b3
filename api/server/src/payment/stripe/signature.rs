//! Who says that an event is Stripe's: HMAC-SHA256 over the bytes as they came
//! (<https://docs.stripe.com/webhooks/signature>).
//!
//! A signature counts for five minutes before and after its time, so that what somebody has
//! overheard is of no use later. Secrets lie in a file, a line each: while one is being changed
//! there are two. The file is looked at again now and then; one that has no secret changes nothing.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

use crate::time::now_ms;

/// How far a signature's time may be from ours, in seconds, either way.
const TOLERANCE_S: u64 = 300;
/// The most secrets of a file.
const SECRETS_MAX: usize = 8;
/// The most signatures of a header that are looked at.
const SIGNATURES_MAX: usize = 8;
/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// The shortest secret, in bytes.
const SECRET_BYTES_MIN: usize = 16;
/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why an event is not taken for Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// It has no time or no signature.
    #[error("Stripe-Signature is t=…,v1=…")]
    Malformed,
    /// It was signed too long ago, or is of the future.
    #[error("it was signed more than {TOLERANCE_S} s from this node's time")]
    Late,
    /// Nobody who knows a secret of ours has signed these bytes.
    #[error("no secret of --stripe-webhook-secrets gives this signature of this body")]
    Forged,
}

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum BadSecrets {
    /// The file cannot be read.
    #[error("cannot read --stripe-webhook-secrets {path}: {error}")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It has something else in it.
    #[error("--stripe-webhook-secrets {0} has 1 to {SECRETS_MAX} secrets, whsec_…, a line each")]
    Lines(String),
}

/// A secret that Stripe signs with. It is never shown.
#[derive(Clone, PartialEq, Eq)]
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secrets that Stripe may sign with.
pub struct HookSecrets {
    current: Arc<ArcSwap<Vec<Secret>>>,
    _following: AbortOnDropHandle<()>,
}

impl HookSecrets {
    /// Reads them, and follows the file until it is dropped.
    pub fn follow(file: &Path) -> Result<Self, BadSecrets> {
        let first = read(file)?;
        let current = Arc::new(ArcSwap::from_pointee(first));
        let following = tokio::spawn(follow(file.to_owned(), current.clone()));
        Ok(Self { current, _following: AbortOnDropHandle::new(following) })
    }

    /// Says whether a header is Stripe's over a body.
    pub fn check(&self, header: &str, body: &[u8]) -> Result<(), BadSignature> {
        check(&self.current.load(), header, body, now_ms() / 1_000)
    }
}

async fn follow(file: PathBuf, current: Arc<ArcSwap<Vec<Secret>>>) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        looks.tick().await;
        let path = file.clone();
        let Ok(looked) = tokio::task::spawn_blocking(move || read(&path)).await else { return };
        match looked {
            Ok(same) if same == **current.load() => told = None,
            Ok(new) => {
                tracing::info!(secrets = new.len(), "Stripe's webhooks have other secrets now");
                current.store(Arc::new(new));
                told = None;
            }
            Err(bad) => {
                let bad = bad.to_string();
                if told.as_ref() != Some(&bad) {
                    tracing::error!(error = bad, "the secrets in use stay");
                    told = Some(bad);
                }
            }
        }
    }
}

fn read(file: &Path) -> Result<Vec<Secret>, BadSecrets> {
    let path = file.display().to_string();
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| BadSecrets::Read { path: path.clone(), error })?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Vec<Secret> = lines.map(|line| Secret(line.to_owned())).collect();
    let good = |Secret(text): &Secret| {
        text.starts_with(PREFIX)
            && text.len() >= SECRET_BYTES_MIN
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match (1..=SECRETS_MAX).contains(&secrets.len()) && secrets.iter().all(good) {
        true => Ok(secrets),
        false => Err(BadSecrets::Lines(path)),
    }
}

fn check(secrets: &[Secret], header: &str, body: &[u8], now_s: u64) -> Result<(), BadSignature> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(name, _)| *name == "t").map(|(_, value)| value);
    let time = time.ok_or(BadSignature::Malformed)?;
    let at: u64 = time.parse().map_err(|_| BadSignature::Malformed)?;
    let signatures = parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX);
    let signatures: Vec<_> = signatures.filter_map(|(_, hex)| unhex(hex)).collect();
    if signatures.is_empty() {
        return Err(BadSignature::Malformed);
    }
    if at.abs_diff(now_s) > TOLERANCE_S {
        return Err(BadSignature::Late);
    }
    let signed = |Secret(secret): &Secret| {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        // In a time that does not tell how much of it was right.
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    };
    match secrets.iter().any(signed) {
        true => Ok(()),
        false => Err(BadSignature::Forged),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "whsec_0123456789abcdef";
    const TWO: &str = "whsec_fedcba9876543210";
    const BODY: &[u8] = b"{\"id\": \"evt_1\"}";
    const NOW: u64 = 1_800_000_000;

    fn signed(secret: &str, at: u64) -> String {
        stripe_sim::hooks::signature(secret, std::str::from_utf8(BODY).unwrap(), at)
    }

    fn checked(header: &str, body: &[u8]) -> Result<(), BadSignature> {
        let secrets = [ONE, TWO].map(|text| Secret(text.to_owned()));
        check(&secrets, header, body, NOW)
    }

    #[test]
    fn either_secret_signs_and_nobody_else_does() {
        for secret in [ONE, TWO] {
            assert_eq!(checked(&signed(secret, NOW), BODY), Ok(()));
        }
        let stranger = signed("whsec_of_somebody_else", NOW);
        assert_eq!(checked(&stranger, BODY), Err(BadSignature::Forged));
        assert_eq!(checked(&signed(ONE, NOW), b"{\"id\": \"evt_2\"}"), Err(BadSignature::Forged));
        let (_, good) =
            signed(ONE, NOW).split_once("v1=").map(|(a, b)| (a.len(), b.to_owned())).unwrap();
        let both = format!("t={NOW},v1={},v0=x,v1={good}", "00".repeat(32));
        assert_eq!(checked(&both, BODY), Ok(()), "while a secret is changed there are two");
        let other_time = format!("t={},v1={good}", NOW + 1);
        assert_eq!(
            checked(&other_time, BODY),
            Err(BadSignature::Forged),
            "its time is signed, too"
        );
    }

    #[test]
    fn five_minutes_either_way() {
        for (at, is_good) in
            [(NOW - 300, true), (NOW + 300, true), (NOW - 301, false), (NOW + 301, false)]
        {
            let bad = if is_good { Ok(()) } else { Err(BadSignature::Late) };
            assert_eq!(checked(&signed(ONE, at), BODY), bad, "{at}");
        }
    }

    #[test]
    fn a_header_has_a_time_and_a_signature() {
        for header in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=0", "t=1,v1=zz", "t=1;v1=00"] {
            assert_eq!(checked(header, BODY), Err(BadSignature::Malformed), "{header}");
        }
    }

    #[test]
    fn a_file_has_secrets_and_shows_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secrets");
        std::fs::write(&file, format!("{ONE}\n\n{TWO}\n")).unwrap();
        let secrets = read(&file).unwrap();
        assert_eq!(secrets.len(), 2);
        assert_eq!(format!("{secrets:?}"), "[Secret(…), Secret(…)]");
        for bad in ["", "sk_test_0123456789abcdef", "whsec_short", &format!("{ONE}\n").repeat(9)] {
            std::fs::write(&file, bad).unwrap();
            assert!(matches!(read(&file), Err(BadSecrets::Lines(_))), "{bad}");
        }
    }
}
