//! The flags of `stoad`, each of which is an environment variable too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};
use engine_core::{Currency, Topology};
use raft::{NodeId, Peer};

use crate::access::{AccessFlags, BadSource};
use crate::feed::FeedFlags;
use crate::notice::NoticeFlags;
use crate::payment::StripeFlags;
use crate::tls::TlsArgs;
use crate::traces::TraceFlags;
use crate::webhooks::WebhookFlags;

/// The node of a Stoa cluster.
#[derive(Debug, Clone, Parser)]
#[command(name = "stoad", version, about)]
pub struct Args {
    /// Where the node keeps everything
    #[arg(long, env = "STOA_DIR")]
    pub dir: PathBuf,
    /// This node's id: 1 or more, never used again by another node
    #[arg(long, env = "STOA_NODE_ID", value_parser = clap::value_parser!(u64).range(1..))]
    pub node_id: NodeId,
    /// Where to take HTTP
    #[arg(long, env = "STOA_HTTP", default_value = "127.0.0.1:7401")]
    pub http: SocketAddr,
    /// Where to take operators' HTTP: metrics, cluster, keys and audits are then served there and
    /// not at --http
    #[arg(long, env = "STOA_OPS")]
    pub ops: Option<SocketAddr>,
    /// Where to take other nodes' connections
    #[arg(long, env = "STOA_PEER_LISTEN", default_value = "127.0.0.1:7501")]
    pub peer_listen: SocketAddr,
    /// Every node of the cluster, this one included: ID=PEER_ADDRESS,HTTP_URL, and ,OPS_URL where
    /// it has --ops; repeat it, or separate nodes with a semicolon
    #[arg(long = "peer", env = "STOA_PEER", value_delimiter = ';', required = true)]
    pub peers: Vec<PeerArg>,
    /// The cluster's name: the same on every node, for ever
    #[arg(long, env = "STOA_CLUSTER_ID")]
    pub cluster_id: String,
    /// How many shards the cluster has: the same on every node, for ever
    #[arg(long, env = "STOA_SHARDS", default_value_t = 4, value_parser = shards())]
    pub shards: u16,
    /// The currency of the seeds' prices
    #[arg(long, env = "STOA_CURRENCY", default_value = "USD")]
    pub currency: Currency,
    /// After a restore from a backup: one more than before, so that no call to Stripe has a key
    /// that was used in the time that is lost. The same on every node
    #[arg(long, env = "STOA_EPOCH", default_value_t = 0)]
    pub epoch: u8,
    /// How long events are kept.
    #[command(flatten)]
    pub feed: FeedFlags,
    /// Payments by card.
    #[command(flatten)]
    pub stripe: StripeFlags,
    /// Let whoever reaches the loopback address do everything, without credentials: for a cluster
    /// on a developer's own machine. Refused on any other address
    #[arg(long, env = "STOA_TRUST_LOOPBACK")]
    pub trust_loopback: bool,
    /// Listen on other than loopback addresses without TLS, where keys and orders can be overheard
    #[arg(long, env = "STOA_INSECURE_DEV")]
    pub insecure_dev: bool,
    /// Who calls, and how often
    #[command(flatten)]
    pub access: AccessFlags,
    /// Certificates.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Webhooks.
    #[command(flatten)]
    pub webhooks: WebhookFlags,
    /// Mail.
    #[command(flatten)]
    pub notices: NoticeFlags,
    /// Traces.
    #[command(flatten)]
    pub traces: TraceFlags,
    /// How the log is written
    #[arg(long, env = "STOA_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

fn shards() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..=i64::from(Topology::SHARDS_MAX))
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A node of the cluster, as a flag names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerArg {
    /// Its id.
    pub id: NodeId,
    /// Where it is.
    pub peer: Peer,
    /// Where it takes operators' HTTP, if not at its HTTP URL.
    pub ops_url: Option<String>,
}

impl FromStr for PeerArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = "a peer is ID=PEER_ADDRESS,HTTP_URL, for example \
                     1=127.0.0.1:7501,http://127.0.0.1:7401, or with ,OPS_URL after it";
        let (id, rest) = text.split_once('=').ok_or(shape)?;
        let (addr, urls) = rest.split_once(',').ok_or(shape)?;
        let id = id.trim().parse().map_err(|_| shape)?;
        let addr = addr.parse().map_err(|error| format!("{addr}: {error}"))?;
        let mut urls = urls.split(',').map(|url| {
            let is_http = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
            is_http.then(|| url.trim_end_matches('/').to_owned()).ok_or(shape)
        });
        let (url, ops_url) = (urls.next().ok_or(shape)??, urls.next().transpose()?);
        match id == 0 || urls.next().is_some() {
            true => Err(shape.to_owned()),
            false => Ok(Self { id, peer: Peer { addr, url }, ops_url }),
        }
    }
}

/// Where a node takes HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// That of clients.
    pub clients: String,
    /// That of operators, where it is another.
    pub operators: Option<String>,
}

impl Urls {
    /// Where to ask what operators ask.
    pub fn for_operators(&self) -> &str {
        self.operators.as_ref().unwrap_or(&self.clients)
    }
}

/// Flags that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// Somebody else could reach it.
    #[error(
        "{0} is not a loopback address, and without TLS keys and orders can be overheard on the \
         way to it; give --tls-cert and --tls-key (`stoa cert` makes them), listen on 127.0.0.1, \
         or add --insecure-dev if that is what you want"
    )]
    Public(SocketAddr),
    /// Somebody else could pass for a node.
    #[error(
        "{0} is not a loopback address, and without certificates whoever reaches it can pass for \
         a node of the cluster; give --peer-ca, --peer-cert and --peer-key (`stoa cert` makes \
         them), listen on 127.0.0.1, or add --insecure-dev if that is what you want"
    )]
    PublicPeers(SocketAddr),
    /// Its own URL is not the one that clients must use.
    #[error(
        "with --tls-cert this node takes https only, and --peer says that it is at {0}; write \
         https:// there, on every node"
    )]
    NotHttps(String),
    /// Operators' routes are somewhere, and the other nodes do not know where, or the reverse.
    #[error(
        "--ops and the OPS_URL in this node's own --peer ID=PEER_ADDRESS,HTTP_URL,OPS_URL go \
         together: give both, the second on every node, or neither"
    )]
    OpsAlone,
    /// Trust in the loopback address on another one.
    #[error(
        "--trust-loopback lets everybody in without a key, and {0} is not a loopback address; \
         listen on 127.0.0.1, or leave the flag away and send API keys"
    )]
    TrustPublic(SocketAddr),
    /// The flags about customers' tokens.
    #[error(transparent)]
    Tokens(#[from] BadSource),
    /// Sites that browsers do not name so.
    #[error(
        "--cors-origin {0:?} is no origin: write scheme and host, and the port if it is not the \
         scheme's own, nothing after them, as https://shop.example"
    )]
    CorsOrigin(String),
    /// Two `--peer` have the same id.
    #[error("--peer {0} is given twice")]
    PeerTwice(NodeId),
    /// This node is not among the peers.
    #[error("--peer names every node, this one ({0}) included")]
    NotAmongPeers(NodeId),
}

impl Args {
    /// The nodes by their ids, if all flags fit together.
    pub fn check(&self) -> Result<BTreeMap<NodeId, Peer>, BadConfig> {
        let open = |addr: SocketAddr| !addr.ip().is_loopback() && !self.insecure_dev;
        let public_tls = self.tls.public().is_some();
        let listens = [Some(self.http), self.ops].into_iter().flatten();
        if let Some(addr) = listens.clone().find(|addr| open(*addr) && !public_tls) {
            return Err(BadConfig::Public(addr));
        }
        if open(self.peer_listen) && self.tls.peers().is_none() {
            return Err(BadConfig::PublicPeers(self.peer_listen));
        }
        let public = listens.clone().find(|addr| !addr.ip().is_loopback());
        if let Some(addr) = public.filter(|_| self.trust_loopback) {
            return Err(BadConfig::TrustPublic(addr));
        }
        let mut peers = BTreeMap::new();
        for PeerArg { id, peer, .. } in &self.peers {
            if peers.insert(*id, peer.clone()).is_some() {
                return Err(BadConfig::PeerTwice(*id));
            }
        }
        let urls = self.urls();
        let own = urls.get(&self.node_id).ok_or(BadConfig::NotAmongPeers(self.node_id))?;
        if own.operators.is_some() != self.ops.is_some() {
            return Err(BadConfig::OpsAlone);
        }
        let shown = [Some(&own.clients), own.operators.as_ref()].into_iter().flatten();
        match shown.into_iter().find(|url| public_tls && !url.starts_with("https://")) {
            Some(url) => Err(BadConfig::NotHttps(url.clone())),
            None => Ok(peers),
        }
    }

    /// Where each node takes HTTP.
    pub fn urls(&self) -> BTreeMap<NodeId, Urls> {
        let urls =
            |arg: &PeerArg| Urls { clients: arg.peer.url.clone(), operators: arg.ops_url.clone() };
        self.peers.iter().map(|arg| (arg.id, urls(arg))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(extra: &[&str]) -> Result<Args, clap::Error> {
        let one = "1=127.0.0.1:7501,http://127.0.0.1:7401/";
        let base = ["stoad", "--dir", "d", "--node-id", "1", "--cluster-id", "c", "--peer", one];
        Args::try_parse_from(base.iter().chain(extra))
    }

    #[test]
    fn a_lone_node_needs_few_flags() -> Result<(), Box<dyn std::error::Error>> {
        let args = args(&[])?;
        let peers = args.check()?;
        assert_eq!(peers[&1].url, "http://127.0.0.1:7401");
        assert_eq!((args.shards, args.currency), (4, Currency::USD));
        Ok(())
    }

    #[test]
    fn flags_that_do_not_fit_together_are_refused() -> Result<(), Box<dyn std::error::Error>> {
        let public = args(&["--http", "0.0.0.0:7401"])?;
        assert_eq!(public.check(), Err(BadConfig::Public("0.0.0.0:7401".parse()?)));
        let insecure = ["--http", "0.0.0.0:7401", "--insecure-dev"];
        assert!(args(&insecure)?.check().is_ok());
        let half = ["--http", "0.0.0.0:7401", "--peer-listen", "0.0.0.0:7501"];
        let public = [&half[..], &["--tls-cert", "c", "--tls-key", "k"]].concat();
        let peers = args(&public)?.check();
        assert_eq!(peers, Err(BadConfig::PublicPeers("0.0.0.0:7501".parse()?)));
        let both = [&public[..], &["--peer-ca", "a", "--peer-cert", "c", "--peer-key", "k"]];
        let plain_url = args(&both.concat())?.check();
        assert_eq!(plain_url, Err(BadConfig::NotHttps("http://127.0.0.1:7401".to_owned())));
        for alone in ["--tls-cert", "--tls-key", "--peer-ca", "--peer-cert", "--peer-key"] {
            assert!(args(&[alone, "f"]).is_err(), "{alone}");
        }
        let trusting = args(&[&insecure[..], &["--trust-loopback"]].concat())?.check();
        assert_eq!(trusting, Err(BadConfig::TrustPublic("0.0.0.0:7401".parse()?)));
        assert!(args(&["--trust-loopback"])?.check().is_ok());
        assert_eq!(args(&["--ops", "127.0.0.1:7601"])?.check(), Err(BadConfig::OpsAlone));
        let apart = ["--peer", "2=127.0.0.1:7502,http://127.0.0.1:7402,http://127.0.0.1:7602/"];
        let urls = args(&apart)?.urls();
        assert_eq!(urls[&2].for_operators(), "http://127.0.0.1:7602");
        assert_eq!(urls[&1].for_operators(), "http://127.0.0.1:7401");
        let mut second = args(&apart)?;
        second.node_id = 2;
        assert_eq!(second.check(), Err(BadConfig::OpsAlone));
        second.ops = Some("0.0.0.0:7602".parse()?);
        assert_eq!(second.check(), Err(BadConfig::Public("0.0.0.0:7602".parse()?)));
        second.ops = Some("127.0.0.1:7602".parse()?);
        assert!(second.check().is_ok());
        let twice = args(&["--peer", "1=127.0.0.1:1,http://a"])?;
        assert_eq!(twice.check(), Err(BadConfig::PeerTwice(1)));
        let four = "2=127.0.0.1:1,http://a,http://b,http://c";
        for bad in ["2", "2=a,http://b", "0=127.0.0.1:1,http://b", "2=127.0.0.1:1,ftp://b", four] {
            assert!(args(&["--peer", bad]).is_err(), "{bad}");
        }
        assert!(args(&["--shards", "0"]).is_err());
        Ok(())
    }
}
