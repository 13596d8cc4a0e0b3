//! A certificate and its key, read from two PEM files and found to fit.

use std::fmt;
use std::path::{Path, PathBuf};

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use super::name::CertifiedName;

/// A file that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", file.display())]
pub struct BadFile {
    /// Which file.
    pub file: PathBuf,
    /// Why it cannot be used.
    pub why: String,
}

impl BadFile {
    /// A file and why it cannot be used.
    pub(crate) fn new(file: &Path, why: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), why: why.to_string() }
    }
}

/// A certificate with its chain, and the key that belongs to it. Never shown: the key is a secret.
pub struct Pair {
    /// The certificates as DER: this one first, then what lies between it and its CA.
    pub chain: Vec<Vec<u8>>,
    /// The key as DER: PKCS #8, SEC 1 or PKCS #1.
    pub key: Vec<u8>,
    /// Which nodes it names. One that is not for peers names none.
    pub names: Vec<CertifiedName>,
    /// From when it is valid, in Unix seconds.
    pub not_before_s: u64,
    /// Until when, in Unix seconds.
    pub not_after_s: u64,
    /// The same, for people.
    pub until: String,
    file: PathBuf,
}

impl Pair {
    /// Reads a pair from the bytes of its two files, which are named in what may be wrong.
    pub fn parse(cert: (&Path, &[u8]), key: (&Path, &[u8])) -> Result<Self, BadFile> {
        let chain = certificates(cert.0, cert.1)?;
        let bad = |why: &dyn fmt::Display| BadFile::new(cert.0, why);
        let secret = PrivateKeyDer::from_pem_slice(key.1).map_err(|error| {
            BadFile::new(key.0, pem_words(&error, "private key (-----BEGIN PRIVATE KEY-----)"))
        })?;
        let key_bytes = secret.secret_der().to_vec();
        let provider = ring::default_provider();
        CertifiedKey::from_der(chain.clone(), secret, &provider).map_err(|error| match error {
            TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                let cert = cert.0.display();
                BadFile::new(
                    key.0,
                    format!("this key does not belong to the certificate in {cert}"),
                )
            }
            error => BadFile::new(key.0, format!("the key cannot be used: {error}")),
        })?;
        let first = chain.first().ok_or_else(|| bad(&"no certificate"))?;
        let (_, leaf) = parse_x509_certificate(first).map_err(|error| bad(&error))?;
        let validity = leaf.validity();
        let seconds = |timestamp: i64| u64::try_from(timestamp).unwrap_or_default();
        Ok(Self {
            names: names(first),
            not_before_s: seconds(validity.not_before.timestamp()),
            not_after_s: seconds(validity.not_after.timestamp()),
            until: validity.not_after.to_string(),
            key: key_bytes,
            chain: chain.iter().map(|der| der.to_vec()).collect(),
            file: cert.0.to_owned(),
        })
    }

    /// Fails unless it is valid now.
    pub fn in_time(&self) -> Result<(), BadFile> {
        let now = UnixTime::now().as_secs();
        if now > self.not_after_s {
            return Err(BadFile::new(&self.file, format!("it has expired: {}", self.until)));
        }
        if now < self.not_before_s {
            let why = "it is not valid yet: compare this machine's clock";
            return Err(BadFile::new(&self.file, why));
        }
        Ok(())
    }
}

/// The certificates of a PEM file; at least one.
pub(crate) fn certificates(
    file: &Path,
    bytes: &[u8],
) -> Result<Vec<CertificateDer<'static>>, BadFile> {
    let what = "certificate (-----BEGIN CERTIFICATE-----)";
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let read = read.map_err(|error| BadFile::new(file, pem_words(&error, what)))?;
    match read.is_empty() {
        true => Err(BadFile::new(file, format!("there is no {what} in it"))),
        false => Ok(read),
    }
}

/// The nodes that a certificate names.
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<CertifiedName> {
    let Ok((_, parsed)) = parse_x509_certificate(certificate) else { return Vec::new() };
    let Ok(Some(alternatives)) = parsed.subject_alternative_name() else { return Vec::new() };
    let uris = alternatives.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => uri.parse().ok(),
        _ => None,
    });
    uris.collect()
}

fn pem_words(error: &pem::Error, what: &str) -> String {
    match error {
        pem::Error::NoItemsFound => format!("there is no {what} in it"),
        error => format!("it is not PEM: {error}"),
    }
}
