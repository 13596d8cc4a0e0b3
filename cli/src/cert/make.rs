//! New certificates: P-256 keys, a CA that signs nodes and nothing else, and nodes that may both
//! ask and answer.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType,
};

use super::{ca_uri, node_uri, read::Certificate};
use crate::failure::Failure;

/// How far a node's clock may be behind the operator's: so much earlier a certificate begins.
const CLOCKS_DIFFER_S: u64 = 3_600;
/// Seconds of a day.
const DAY_S: u64 = 86_400;
/// The longest cluster id in a certificate, in characters.
const CLUSTER_CHARS_MAX: usize = 100;
/// The names by which a node is asked on its own machine.
const OWN_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate and its key, both PEM.
pub struct Made {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// A node that gets a certificate.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its id.
    pub id: u64,
    /// Where clients and nodes reach it: names and addresses.
    pub hosts: Vec<String>,
    /// For how long the certificate is valid.
    pub days: u32,
}

/// A CA for a cluster.
pub fn ca(cluster: &str, days: u32) -> Result<Made, Failure> {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-._~".contains(it);
    if cluster.is_empty() || cluster.len() > CLUSTER_CHARS_MAX || !cluster.chars().all(plain) {
        let what = format!("{cluster:?} cannot be named in a certificate");
        return Err(Failure::new(what, "a cluster id of letters, digits, `-`, `.`, `_` and `~`"));
    }
    let mut params = params(&format!("Stoa CA of {cluster}"), days)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.subject_alt_names = vec![uri(&ca_uri(cluster))?];
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?.pem();
    Ok(Made { certificate, key: key.serialize_pem() })
}

/// A node's pair, signed by the cluster's CA.
pub fn node(ca: &Certificate, ca_key: KeyPair, node: &Node) -> Result<Made, Failure> {
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = signed(ca, ca_key, node, &key)?;
    Ok(Made { certificate, key: key.serialize_pem() })
}

/// A node's certificate for a key that only the node has, which a request (PKCS #10, PEM) proves.
/// Whatever else the request asks for is not granted.
pub fn requested(
    ca: &Certificate,
    ca_key: KeyPair,
    node: &Node,
    request: &str,
) -> Result<String, Failure> {
    let request = CertificateSigningRequestParams::from_pem(request).map_err(failed)?;
    signed(ca, ca_key, node, &request.public_key)
}

/// A key of one's own, and the request to have it certified.
pub fn request() -> Result<Made, Failure> {
    let key = KeyPair::generate().map_err(failed)?;
    let request = CertificateParams::default().serialize_request(&key).map_err(failed)?;
    let certificate = request.pem().map_err(failed)?;
    Ok(Made { certificate, key: key.serialize_pem() })
}

/// A pair for a day that shows only that the CA is at the other end, under a name that no node has.
pub fn desk(ca: &Certificate, ca_key: KeyPair, name: &str) -> Result<(Vec<u8>, KeyPair), Failure> {
    let mut params = params(name, 1)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.subject_alt_names = vec![SanType::DnsName(name.try_into().map_err(failed)?)];
    let key = KeyPair::generate().map_err(failed)?;
    let issuer = Issuer::from_ca_cert_der(&ca.der.as_slice().into(), ca_key).map_err(failed)?;
    let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
    Ok((certificate.der().to_vec(), key))
}

fn signed(
    ca: &Certificate,
    ca_key: KeyPair,
    node: &Node,
    key: &impl PublicKeyData,
) -> Result<String, Failure> {
    let Some(cluster) = &ca.cluster else {
        let what = "the CA names no cluster: it was not made by `stoa cert init`";
        return Err(Failure { what: what.into(), next: None });
    };
    if ca.days_left() < i64::from(node.days) {
        let what = format!("the CA itself ends on {}", ca.until);
        return Err(Failure::new(what, "fewer --days, or stoa cert rotate --ca"));
    }
    let mut params = params(&format!("node {} of {cluster}", node.id), node.days)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = vec![uri(&node_uri(cluster, node.id))?];
    let hosts = node.hosts.iter().map(String::as_str);
    let own = OWN_MACHINE.into_iter().filter(|own| node.hosts.iter().all(|host| host != own));
    for name in hosts.chain(own) {
        params.subject_alt_names.push(host(name)?);
    }
    let issuer = Issuer::from_ca_cert_der(&ca.der.as_slice().into(), ca_key).map_err(failed)?;
    Ok(params.signed_by(key, &issuer).map_err(failed)?.pem())
}

fn params(name: &str, days: u32) -> Result<CertificateParams, Failure> {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    let now = SystemTime::now();
    let lasts = Duration::from_secs(u64::from(days) * DAY_S);
    let ends = now.checked_add(lasts);
    let begins = now.checked_sub(Duration::from_secs(CLOCKS_DIFFER_S));
    let (Some(begins), Some(ends)) = (begins, ends) else {
        return Err(Failure { what: "the clock cannot be right".into(), next: None });
    };
    params.not_before = begins.into();
    params.not_after = ends.into();
    Ok(params)
}

fn uri(text: &str) -> Result<SanType, Failure> {
    Ok(SanType::URI(text.try_into().map_err(failed)?))
}

/// A name or an address of a machine.
fn host(text: &str) -> Result<SanType, Failure> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let plain = |it: char| it.is_ascii_alphanumeric() || "-.*".contains(it);
    if text.is_empty() || !text.chars().all(plain) {
        let what = format!("{text:?} is neither the name of a machine nor an address");
        return Err(Failure::new(
            what,
            "--host db2.example.com or --host 10.0.0.2, without a port",
        ));
    }
    Ok(SanType::DnsName(text.try_into().map_err(failed)?))
}

fn failed(error: rcgen::Error) -> Failure {
    Failure { what: format!("no certificate could be made: {error}"), next: None }
}
