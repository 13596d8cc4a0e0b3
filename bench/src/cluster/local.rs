//! A cluster of our own on this machine: one folder, free loopback ports, one process per node, and
//! a stand-in for Stripe beside them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::process::{Launch, NodeProcess};
use super::status::wait_ready;
use super::stripe::StripeProcess;
use crate::error::Failure;

/// The currency of a cluster of our own.
const CURRENCY: &str = "USD";

/// What cluster to start.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// How many nodes.
    pub(crate) nodes: u64,
    /// How many shards.
    pub(crate) shards: u16,
    /// The node's program.
    pub(crate) program: PathBuf,
    /// Where its data goes; a folder that is deleted afterwards, if none is named.
    pub(crate) dir: Option<PathBuf>,
}

/// A running cluster of our own. Its processes end with it.
#[derive(Debug)]
pub(crate) struct LocalCluster {
    /// Its nodes.
    pub(crate) nodes: Vec<NodeProcess>,
    /// Who takes its payments by card.
    pub(crate) stripe: StripeProcess,
    /// Where its data lies.
    pub(crate) dir: PathBuf,
    // Held for its end: it deletes the folder.
    _scratch: Option<TempDir>,
}

impl LocalCluster {
    /// Starts all nodes and waits until each is ready.
    pub(crate) async fn start(shape: &Shape) -> Result<Self, Failure> {
        let scratch = match &shape.dir {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("stoa-bench-").tempdir()?),
        };
        let dir = match (&shape.dir, &scratch) {
            (Some(dir), _) => dir.clone(),
            (None, Some(scratch)) => scratch.path().to_owned(),
            (None, None) => return Err(Failure::Usage("no folder for the data".to_owned())),
        };
        let mut ports = free_ports(2 * usize::try_from(shape.nodes).unwrap_or_default() + 1)?;
        let stripe = ports.pop().ok_or_else(|| Failure::Cluster("no port".to_owned()))?;
        let stripe = StripeProcess::start(&shape.program, &dir, stripe).await?;
        let nodes = (1..=shape.nodes)
            .zip(ports.chunks_exact(2))
            .map(|(id, pair)| {
                let folder = dir.join(format!("node{id}"));
                std::fs::create_dir_all(&folder)?;
                let mut args = arguments(shape, &dir, id, &ports);
                args.extend(stripe.flags());
                let log = folder.join("log");
                let launch = Launch { program: shape.program.clone(), args, log };
                Ok(NodeProcess::new(id, pair[0], launch))
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        let mut cluster = Self { nodes, stripe, dir, _scratch: scratch };
        for node in &mut cluster.nodes {
            node.start()?;
        }
        for node in &mut cluster.nodes {
            wait_ready(node).await?;
        }
        Ok(cluster)
    }

    /// Where the nodes take HTTP.
    pub(crate) fn addrs(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.http).collect()
    }
}

/// The flags of one node. `ports` are the HTTP and the peer address of each node in turn.
fn arguments(shape: &Shape, dir: &Path, id: u64, ports: &[SocketAddr]) -> Vec<String> {
    let own = usize::try_from(id).unwrap_or(1) - 1;
    let (http, peer) = (ports[own * 2], ports[own * 2 + 1]);
    let mut args = vec![
        format!("--dir={}", dir.join(format!("node{id}")).display()),
        format!("--node-id={id}"),
        format!("--http={http}"),
        format!("--peer-listen={peer}"),
        "--cluster-id=bench".to_owned(),
        format!("--shards={}", shape.shards),
        format!("--currency={CURRENCY}"),
        "--trust-loopback".to_owned(),
    ];
    for (number, pair) in (1..).zip(ports.chunks_exact(2)) {
        let _: u64 = number;
        args.push(format!("--peer={number}={},http://{}", pair[1], pair[0]));
    }
    args
}

/// Ports that were free a moment ago: all are bound at once, so that none is given twice.
fn free_ports(count: usize) -> Result<Vec<SocketAddr>, Failure> {
    let listeners = (0..count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Shape, arguments, free_ports};

    #[test]
    fn every_node_knows_every_peer_and_itself() {
        let program = PathBuf::from("stoad");
        let shape = Shape { nodes: 3, shards: 4, program, dir: None };
        let ports = free_ports(6).unwrap();
        let args = arguments(&shape, Path::new("/d"), 2, &ports);
        assert!(args.contains(&"--dir=/d/node2".to_owned()));
        assert!(args.contains(&format!("--http={}", ports[2])));
        assert!(args.contains(&format!("--peer-listen={}", ports[3])));
        for n in 0..3 {
            let peer = format!("--peer={}={},http://{}", n + 1, ports[2 * n + 1], ports[2 * n]);
            assert!(args.contains(&peer), "{args:?}");
        }
    }
}
