//! The certificates of a demo that speaks TLS: made at its first start, and anew before they end.

use super::folder::ClusterFile;
use crate::{
    cert::{
        folder::Folder,
        make::{self, Node},
        read,
    },
    failure::Failure,
};

/// For how long the CA is valid, in days.
const CA_DAYS: u32 = 3_650;
/// For how long a node's certificate is valid, in days.
const NODE_DAYS: u32 = 365;
/// So many days before its end a certificate is made anew.
const SOON_DAYS: i64 = 30;
/// Where the nodes are.
const HOST: &str = "127.0.0.1";

/// Makes what is missing.
pub fn ensure(folder: &Folder, cluster: &ClusterFile) -> Result<(), Failure> {
    if !folder.ca_crt().exists() {
        let made = make::ca(&cluster.cluster_id, CA_DAYS)?;
        folder.write_cas(&made.certificate)?;
        folder.write_ca_key(&made.key)?;
    }
    for node in &cluster.nodes {
        let file = folder.node_crt(node.id);
        let lasts = file.exists()
            && read::certificates(&file)?.iter().all(|it| it.days_left() >= SOON_DAYS);
        if !lasts {
            let (ca, key) = folder.signer()?;
            let node = Node { id: node.id, hosts: vec![HOST.to_string()], days: NODE_DAYS };
            folder.write_node(node.id, &make::node(&ca, key, &node)?)?;
        }
    }
    Ok(())
}
