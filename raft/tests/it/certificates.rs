//! Certificates for tests: a CA, and pairs for nodes.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType, date_time_ymd,
};

/// A CA.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A CA with a key of its own. All have one name: only keys tell them apart.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and key for a node.
    pub fn pair(&self, cluster: &str, node: u64) -> (String, String) {
        self.issue(&format!("stoa://{cluster}/node/{node}"), 2999)
    }

    /// The same, which ended in this year's first second.
    pub fn issue(&self, uri: &str, ends: i32) -> (String, String) {
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(ends, 1, 1);
        params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// Lays a CA and a pair into a folder, in place of those that are there: CA, certificate, key.
pub fn lay(dir: &Path, ca: &str, pair: &(String, String)) -> [PathBuf; 3] {
    fs::create_dir_all(dir).unwrap();
    let put = |name: &str, text: &str| {
        let (fresh, file) = (dir.join("fresh"), dir.join(name));
        fs::write(&fresh, text).unwrap();
        fs::rename(fresh, &file).unwrap();
        file
    };
    let (cert, key) = pair;
    [put("ca.crt", ca), put("node.crt", cert), put("node.key", key)]
}
