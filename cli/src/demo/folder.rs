//! What lies where: the demo's folder, its `cluster.json`, and each process's `start`.

use std::{
    env, fs,
    fs::File,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::{cert::folder::Folder as Certs, failure::Failure};

/// Nodes of a new cluster.
const NODES: u16 = 3;
/// Shards of a new cluster.
const SHARDS: u16 = 4;
/// Node i takes HTTP on this port plus i.
const HTTP_PORT: u16 = 7_100;
/// Node i talks to its peers on the HTTP base port plus this plus i.
const PEER_PORT_OFFSET: u16 = 100;
/// The stand-in for Stripe listens on the HTTP base port plus this.
const STRIPE_PORT_OFFSET: u16 = 100;
/// The currency of the catalog's prices.
const CURRENCY: &str = "USD";

/// What was asked for; what was not is as the folder has it, or the default.
#[derive(Debug, Default)]
pub struct Wish {
    /// How many nodes.
    pub nodes: Option<u16>,
    /// How many shards.
    pub shards: Option<u16>,
    /// The port before the first node's.
    pub http_port: Option<u16>,
    /// TLS on every port.
    pub tls: bool,
}

/// `cluster.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterFile {
    /// The cluster's name.
    pub cluster_id: String,
    /// How many shards.
    pub shards: u16,
    /// ISO 4217.
    pub currency: String,
    /// The nodes, by id from 1.
    pub nodes: Vec<NodeFile>,
    /// Where the stand-in for Stripe listens.
    #[serde(default)]
    pub stripe: String,
}

impl ClusterFile {
    /// The stand-in's address as a URL.
    pub fn stripe_url(&self) -> String {
        format!("http://{}", self.stripe)
    }
}

/// A node of `cluster.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFile {
    /// From 1.
    pub id: u64,
    /// Where it takes HTTP.
    pub http: String,
    /// Where it talks to its peers.
    pub peer: String,
    /// Both are TLS.
    #[serde(default)]
    pub tls: bool,
}

impl NodeFile {
    /// Its HTTP address as a URL.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.http)
    }
}

/// The demo's folder. No other demo uses it while this lives.
#[derive(Debug)]
pub struct Folder {
    /// Where it is, from the root.
    pub path: PathBuf,
    /// What lies in `cluster.json`.
    pub cluster: ClusterFile,
    _lock: File,
}

/// Opens the folder, creating what is missing.
pub fn open(path: Option<PathBuf>, wish: &Wish) -> Result<Folder, Failure> {
    let path = path.map_or_else(default_path, Ok)?;
    fs::create_dir_all(&path).map_err(|error| Failure::io(&path, error))?;
    let path = path.canonicalize().map_err(|error| Failure::io(&path, error))?;
    let lock = lock(&path)?;
    let known = read(&path)?;
    let cluster = decide(known.clone(), wish, &path)?;
    if known.as_ref() != Some(&cluster) {
        write(&path, &cluster)?;
    }
    Ok(Folder { path, cluster, _lock: lock })
}

impl Folder {
    /// A node's own folder.
    pub fn node(&self, id: u64) -> PathBuf {
        self.path.join(format!("node{id}"))
    }

    /// Where the ready-made API keys lie.
    pub fn keys(&self) -> PathBuf {
        self.path.join("keys.json")
    }

    /// Where the master key of webhooks lies.
    pub fn webhook_master(&self) -> PathBuf {
        self.path.join("webhook-master")
    }

    /// Where the stand-in for Stripe keeps what it knows.
    pub fn stripe(&self) -> PathBuf {
        self.path.join("stripe")
    }

    /// Where the key lies that the nodes show to it.
    pub fn stripe_key(&self) -> PathBuf {
        self.path.join("stripe-key")
    }

    /// Where the secret lies that its webhooks are signed with.
    pub fn stripe_webhook_secrets(&self) -> PathBuf {
        self.path.join("stripe-webhook-secrets")
    }

    /// Where customers' mail is put.
    pub fn mail(&self) -> PathBuf {
        self.path.join("mail")
    }

    /// Where certificates lie, in a demo that speaks TLS.
    pub fn certs(&self) -> Certs {
        Certs::new(&self.path.join("certs"))
    }

    /// The CA that clients have to trust, if the demo speaks TLS.
    pub fn ca(&self) -> Option<PathBuf> {
        self.cluster.nodes.iter().any(|node| node.tls).then(|| self.certs().ca_crt())
    }
}

fn default_path() -> Result<PathBuf, Failure> {
    let data = env::var_os("XDG_DATA_HOME").filter(|set| !set.is_empty()).map(PathBuf::from);
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
    let data = data.or_else(home).ok_or_else(|| {
        Failure::new("there is no home folder to keep the data in", "stoa demo --dir D")
    })?;
    Ok(data.join("stoa/demo"))
}

fn lock(path: &Path) -> Result<File, Failure> {
    let file = path.join("lock");
    let lock = File::create(&file).map_err(|error| Failure::io(&file, error))?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        let what = format!("another `stoa demo` runs in {}", path.display());
        Failure::new(what, "stop it with Ctrl-C, or take another --dir and --http-port")
    })?;
    Ok(lock)
}

fn read(path: &Path) -> Result<Option<ClusterFile>, Failure> {
    let file = path.join("cluster.json");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io(&file, error)),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| Failure::io(&file, error))
}

/// Written whole or not at all: without it the nodes' data would have no cluster.
fn write(path: &Path, cluster: &ClusterFile) -> Result<(), Failure> {
    let (file, fresh) = (path.join("cluster.json"), path.join("cluster.json.new"));
    let failed = |error: &dyn std::fmt::Display| Failure::io(&file, error);
    let text = serde_json::to_string_pretty(cluster).map_err(|error| failed(&error))?;
    fs::write(&fresh, text).map_err(|error| failed(&error))?;
    fs::rename(&fresh, &file).map_err(|error| failed(&error))
}

/// The cluster to run: the folder's own, which keeps its size, at the ports asked for.
fn decide(known: Option<ClusterFile>, wish: &Wish, path: &Path) -> Result<ClusterFile, Failure> {
    let fresh = known.is_none();
    let mut cluster = known.unwrap_or_else(|| ClusterFile {
        cluster_id: new_cluster_id(),
        shards: wish.shards.unwrap_or(SHARDS),
        currency: CURRENCY.to_string(),
        nodes: Vec::new(),
        stripe: String::new(),
    });
    if fresh {
        let base = wish.http_port.unwrap_or(HTTP_PORT);
        cluster.nodes = nodes(wish.nodes.unwrap_or(NODES), base, wish.tls)?;
        cluster.stripe = stripe(base)?;
        return Ok(cluster);
    }
    let count = cluster.nodes.len();
    let same_nodes = wish.nodes.is_none_or(|wished| usize::from(wished) == count);
    let same_shards = wish.shards.is_none_or(|wished| wished == cluster.shards);
    if !same_nodes || !same_shards {
        let what = format!(
            "{} holds a cluster of {count} nodes and {} shards, which stay as they are",
            path.display(),
            cluster.shards
        );
        return Err(Failure::new(what, "leave --nodes and --shards away, or take another --dir"));
    }
    let tls = wish.tls || cluster.nodes.iter().any(|node| node.tls);
    if let (Some(base), Ok(count)) = (wish.http_port, u16::try_from(count)) {
        cluster.nodes = nodes(count, base, tls)?;
        cluster.stripe = stripe(base)?;
    }
    if cluster.stripe.is_empty() {
        // A demo from before there was a stand-in.
        let first = cluster.nodes.first().and_then(|node| node.http.rsplit_once(':'));
        let port = first.and_then(|(_, port)| port.parse::<u16>().ok()?.checked_sub(1));
        cluster.stripe = stripe(port.unwrap_or(HTTP_PORT))?;
    }
    cluster.nodes.iter_mut().for_each(|node| node.tls = tls);
    Ok(cluster)
}

fn nodes(count: u16, base: u16, tls: bool) -> Result<Vec<NodeFile>, Failure> {
    (1..=count)
        .map(|id| {
            let http = base.checked_add(id)?;
            let peer = http.checked_add(PEER_PORT_OFFSET)?;
            let at = |port: u16| format!("127.0.0.1:{port}");
            Some(NodeFile { id: id.into(), http: at(http), peer: at(peer), tls })
        })
        .collect::<Option<_>>()
        .ok_or_else(no_ports)
}

fn stripe(base: u16) -> Result<String, Failure> {
    let port = base.checked_add(STRIPE_PORT_OFFSET).ok_or_else(no_ports)?;
    Ok(format!("127.0.0.1:{port}"))
}

fn no_ports() -> Failure {
    Failure::new("the ports end at 65535", "stoa demo --http-port 7100")
}

fn new_cluster_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("demo-{:08x}", xxh3_64(format!("{now:?} {}", std::process::id()).as_bytes()) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Option<ClusterFile> {
        Some(decide(None, &Wish::default(), Path::new("/d")).unwrap())
    }

    #[test]
    fn a_new_cluster_is_as_wished() {
        let wish =
            Wish { nodes: Some(2), shards: Some(1), http_port: Some(9000), ..Wish::default() };
        let cluster = decide(None, &wish, Path::new("/d")).unwrap();
        assert_eq!((cluster.nodes.len(), cluster.shards), (2, 1));
        assert_eq!(cluster.nodes[1].url(), "http://127.0.0.1:9002");
        assert_eq!(cluster.nodes[1].peer, "127.0.0.1:9102");
        assert_eq!(cluster.stripe_url(), "http://127.0.0.1:9100");
    }

    #[test]
    fn a_cluster_keeps_its_name_and_size() {
        let same = Wish { nodes: Some(3), shards: Some(4), ..Wish::default() };
        assert_eq!(decide(known(), &same, Path::new("/d")).unwrap().shards, 4);
        for other in [
            Wish { nodes: Some(5), ..Wish::default() },
            Wish { shards: Some(8), ..Wish::default() },
        ] {
            assert!(decide(known(), &other, Path::new("/d")).is_err());
        }
        let moved = Wish { http_port: Some(8000), ..Wish::default() };
        let before = known();
        let after = decide(before.clone(), &moved, Path::new("/d")).unwrap();
        assert_eq!(after.cluster_id, before.unwrap().cluster_id);
        assert_eq!(after.nodes[0].http, "127.0.0.1:8001");
        assert_eq!(after.stripe, "127.0.0.1:8100");
        let old = ClusterFile { stripe: String::new(), ..after };
        let now = decide(Some(old), &Wish::default(), Path::new("/d")).unwrap();
        assert_eq!(now.stripe, "127.0.0.1:8100", "a demo from before there was a stand-in");
    }

    #[test]
    fn a_cluster_that_speaks_tls_goes_on_to() {
        let wish = Wish { tls: true, ..Wish::default() };
        let secure = decide(known(), &wish, Path::new("/d")).unwrap();
        assert_eq!(secure.nodes[2].url(), "https://127.0.0.1:7103");
        let wish = Wish { http_port: Some(8000), ..Wish::default() };
        let again = decide(Some(secure), &wish, Path::new("/d")).unwrap();
        assert_eq!(again.nodes[0].url(), "https://127.0.0.1:8001");
    }

    #[test]
    fn ports_beyond_the_last_are_refused() {
        let wish = Wish { http_port: Some(65_500), ..Wish::default() };
        assert!(decide(None, &wish, Path::new("/d")).is_err());
    }
}
