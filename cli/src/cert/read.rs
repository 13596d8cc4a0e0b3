//! What the certificates that are there say, and what fits.

use std::{
    fs,
    net::IpAddr,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use rcgen::{KeyPair, PublicKeyData};
use x509_parser::{extensions::GeneralName, parse_x509_certificate, pem::parse_x509_pem};

use super::ca_uri;
use crate::failure::Failure;

/// Seconds of a day.
const DAY_S: i64 = 86_400;
/// What a certificate begins with in a PEM file.
const PEM_BEGINS: &str = "-----BEGIN CERTIFICATE-----";
/// What it ends with.
const PEM_ENDS: &str = "-----END CERTIFICATE-----";

/// A certificate, as far as a cluster needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate itself.
    pub der: Vec<u8>,
    /// The same, as it stands in its file.
    pub pem: String,
    /// Which cluster it names.
    pub cluster: Option<String>,
    /// Which node; a CA names none.
    pub node: Option<u64>,
    /// It may sign others.
    pub is_ca: bool,
    /// Names and addresses of the machine.
    pub hosts: Vec<String>,
    /// Its last day, as year-month-day.
    pub until: String,
    not_after_s: i64,
    public_key: Vec<u8>,
}

impl Certificate {
    /// Reads one, with the lines around it.
    pub fn parse(pem: &str) -> Result<Self, String> {
        let (_, section) = parse_x509_pem(pem.as_bytes()).map_err(|error| error.to_string())?;
        let parsed = section.parse_x509().map_err(|error| error.to_string())?;
        let alternatives = parsed.subject_alternative_name().map_err(|error| error.to_string())?;
        let (mut cluster, mut node, mut hosts) = (None, None, Vec::new());
        for name in alternatives.iter().flat_map(|it| &it.value.general_names) {
            match name {
                GeneralName::URI(uri) => {
                    let Some(named) = named(uri) else { continue };
                    (cluster, node) = (Some(named.0), named.1);
                }
                GeneralName::DNSName(name) => hosts.push((*name).to_string()),
                GeneralName::IPAddress(bytes) => hosts.extend(address(bytes)),
                _ => {}
            }
        }
        let end = parsed.validity().not_after;
        let day = end.to_datetime();
        Ok(Self {
            der: section.contents.clone(),
            pem: pem.to_string(),
            cluster,
            node,
            is_ca: parsed.is_ca(),
            hosts,
            until: format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()),
            not_after_s: end.timestamp(),
            public_key: parsed.public_key().raw.to_vec(),
        })
    }

    /// For how many days it is valid yet; negative once it has expired.
    pub fn days_left(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        self.not_after_s.saturating_sub(now).div_euclid(DAY_S)
    }

    /// Whether it is the certificate of a key.
    pub fn has(&self, key: &KeyPair) -> bool {
        key.subject_public_key_info() == self.public_key
    }

    /// Whether a CA has signed it.
    pub fn is_signed_by(&self, ca: &Self) -> bool {
        let (Ok((_, this)), Ok((_, ca))) =
            (parse_x509_certificate(&self.der), parse_x509_certificate(&ca.der))
        else {
            return false;
        };
        this.issuer().as_raw() == ca.subject().as_raw()
            && this.verify_signature(Some(ca.public_key())).is_ok()
    }
}

/// The certificates of a PEM file.
pub fn certificates(file: &Path) -> Result<Vec<Certificate>, Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::io(file, error))?;
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(begins) = rest.find(PEM_BEGINS) {
        let Some(ends) = rest[begins..].find(PEM_ENDS) else { break };
        let (section, after) = rest[begins..].split_at(ends + PEM_ENDS.len());
        let read = Certificate::parse(&format!("{section}\n"));
        found.push(read.map_err(|error| Failure::io(file, error))?);
        rest = after;
    }
    match found.is_empty() {
        true => Err(Failure::io(file, "there is no certificate (PEM) in it")),
        false => Ok(found),
    }
}

/// The key of a PEM file.
pub fn key(file: &Path) -> Result<KeyPair, Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::io(file, error))?;
    KeyPair::from_pem(&text).map_err(|error| Failure::io(file, error))
}

/// The cluster that a URI names, and the node if it is one.
fn named(uri: &str) -> Option<(String, Option<u64>)> {
    let (cluster, rest) = uri.strip_prefix("stoa://")?.split_once('/')?;
    if uri == ca_uri(cluster) {
        return Some((cluster.to_string(), None));
    }
    let node = rest.strip_prefix("node/")?.parse().ok()?;
    Some((cluster.to_string(), Some(node)))
}

fn address(bytes: &[u8]) -> Option<String> {
    let address = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    };
    address.map(|address| address.to_string())
}
