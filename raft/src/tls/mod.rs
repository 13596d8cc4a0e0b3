//! Certificates: who a peer is, proven, and nobody else listening.
//!
//! ```text
//! ca.crt, node-2.crt, node-2.key ─► watch ─► pair (it fits, it is ours) ─► trust ─► connections
//!            ▲ replaced on disk        │ a bad one changes nothing
//!            └── looked at again ◄─────┘
//! ```
//!
//! `pair` reads a certificate with its key, `watch` notices new ones, `name` is what a node's
//! certificate says of it, `trust` opens and takes TLS connections, `words` says why one failed.
//! The types of the TLS library end here. A connection lives on with the certificates that it
//! began with; nothing is resumed, so every new one is checked anew.

mod name;
mod pair;
pub(crate) mod trust;
pub mod watch;
pub(crate) mod words;

use std::path::PathBuf;
use std::time::Duration;

pub use name::CertifiedName;
pub use pair::{BadFile, Pair};

/// How often certificates are looked at again, in milliseconds.
pub const LOOK_AGAIN_MS: u64 = 10_000;

/// The files by which nodes know one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerTls {
    /// The CAs whose certificates nodes of this cluster have, PEM: more than one while the CA is
    /// being changed.
    pub ca: PathBuf,
    /// This node's certificate, PEM, with what lies between it and its CA.
    pub cert: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// How often the files are looked at again.
    pub look_again: Duration,
}

impl PeerTls {
    /// The files, in the order in which they are read.
    fn files(&self) -> Vec<PathBuf> {
        vec![self.ca.clone(), self.cert.clone(), self.key.clone()]
    }
}
