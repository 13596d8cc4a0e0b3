//! What is loaded: a cluster of our own, or one that somebody else runs.

use std::net::{SocketAddr, ToSocketAddrs as _};

use super::local::LocalCluster;
use super::status::cluster_status;
use super::usage::Process;
use crate::args::TargetArgs;
use crate::error::Failure;

/// The cluster under load.
#[derive(Debug)]
pub(crate) struct Target {
    /// Where its nodes take HTTP.
    pub(crate) addrs: Vec<SocketAddr>,
    /// How many shards it has, the meta group not counted.
    pub(crate) shards: u16,
    /// The currency of its prices.
    pub(crate) currency: String,
    /// Its processes, as far as they run on this machine.
    pub(crate) processes: Vec<Process>,
    /// It itself, when it is our own.
    pub(crate) local: Option<LocalCluster>,
}

impl Target {
    /// Somebody's cluster at URLs, or without any a cluster of our own of this shape.
    pub(crate) async fn open(args: &TargetArgs) -> Result<Self, Failure> {
        let (urls, shape) = (&args.url, &args.shape()?);
        let scheme = if args.ca.is_some() { "https://" } else { "http://" };
        let (addrs, local) = if urls.is_empty() {
            let local = LocalCluster::start(shape).await?;
            (local.addrs(), Some(local))
        } else {
            (urls.iter().map(|url| addr_of(url, scheme)).collect::<Result<Vec<_>, _>>()?, None)
        };
        let Some(first) = addrs.first() else {
            return Err(Failure::Usage("a cluster needs a node".to_owned()));
        };
        let status = cluster_status(*first).await?;
        let here = addrs.iter().all(|addr| addr.ip().is_loopback());
        let processes =
            status.nodes.iter().filter(|_| here).filter_map(|node| {
                Some(Process { name: format!("node {}", node.id), pid: node.pid? })
            });
        let stripe = local.as_ref().and_then(|own| own.stripe.pid());
        let stripe = stripe.map(|pid| Process { name: "stripe-sim".to_owned(), pid });
        Ok(Self {
            processes: processes.chain(stripe).collect(),
            shards: u16::try_from(status.shards.iter().filter(|s| s.id > 0).count()).unwrap_or(1),
            currency: status.currency,
            addrs,
            local,
        })
    }
}

/// The address in `http://host:port`, or in `https://host:port` where a CA is to be trusted.
fn addr_of(url: &str, scheme: &str) -> Result<SocketAddr, Failure> {
    let host = url.strip_prefix(scheme).map(|rest| rest.trim_end_matches('/'));
    let addrs = host.and_then(|host| host.to_socket_addrs().ok());
    addrs
        .and_then(|mut addrs| addrs.next())
        .ok_or_else(|| Failure::Usage(format!("not a URL of the kind {scheme}host:port: {url}")))
}

#[cfg(test)]
mod tests {
    use super::addr_of;

    #[test]
    fn urls_are_addresses() {
        assert_eq!(addr_of("http://127.0.0.1:8001/", "http://").unwrap().port(), 8001);
        assert_eq!(addr_of("https://127.0.0.1:8001/", "https://").unwrap().port(), 8001);
        assert!(addr_of("https://127.0.0.1:8001", "http://").is_err());
        assert!(addr_of("127.0.0.1:8001", "http://").is_err());
    }
}
