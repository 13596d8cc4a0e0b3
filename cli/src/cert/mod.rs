//! Certificates of a cluster: its own CA, and for each node a pair that serves both ports.
//!
//! Everything lies in one folder, which belongs on the operator's machine and not on a node:
//! `ca.crt`, `ca.key`, `node-N.crt`, `node-N.key`. Invariant: `ca.key` belongs to one certificate
//! in `ca.crt`, and whatever is issued is signed with it; a second certificate there is the CA
//! before or after a change that is under way. Files are replaced whole or not at all, and keys are
//! for their owner's eyes only.
//!
//! `folder` what lies where · `make` new certificates · `read` those that are there · `join` a new
//! node's by a token, so that its key never leaves it.

pub mod folder;
pub mod join;
pub mod make;
pub mod read;

/// How a CA is named among the alternative names of its certificate.
fn ca_uri(cluster: &str) -> String {
    format!("stoa://{cluster}/ca")
}

/// How a node is named among the alternative names of its certificate.
fn node_uri(cluster: &str, node: u64) -> String {
    format!("stoa://{cluster}/node/{node}")
}
