//! A cluster of `stoad` processes in a temporary folder, on ports of its own, with a stand-in for
//! Stripe beside it. Node ids are 1, 2, ….
//!
//! One cluster at a time in a test binary: two on a small machine would only measure each other.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{Arc, LazyLock},
    time::Duration,
};

use api_client::{Client, ClusterStatus};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    ports,
    process::{self, Process},
    stripe::Stripe,
    wait,
};

/// How long a cluster may take to be ready, in seconds.
const READY_S: u64 = 60;
/// How much of a log is told when a test fails, in lines.
const LOG_LINES: usize = 40;

static ONE_AT_A_TIME: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// Waits until no other test of this binary runs a cluster; keep it while yours runs.
pub async fn turn() -> OwnedMutexGuard<()> {
    ONE_AT_A_TIME.clone().lock_owned().await
}

/// A cluster of `stoad` processes.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    shards: u16,
    extra: Vec<String>,
    environment: Vec<(String, String)>,
    stripe: Stripe,
    folder: TempDir,
    _turn: OwnedMutexGuard<()>,
}

#[derive(Debug)]
struct Node {
    process: Option<Process>,
    http: u16,
    peer: u16,
}

impl Cluster {
    /// Starts a cluster and waits until all of it serves.
    pub async fn start(nodes: usize, shards: u16) -> Self {
        let mut cluster = Self::prepare(nodes, shards).await;
        cluster.start_all();
        cluster.ready().await;
        cluster
    }

    /// A cluster whose nodes are not started yet.
    pub async fn prepare(nodes: usize, shards: u16) -> Self {
        let turn = turn().await;
        let ports = ports::free(nodes * 2 + 1);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (ports, stripe) = ports.split_at(nodes * 2);
        let stripe = Stripe::start(folder.path(), stripe[0]).await;
        let node = |pair: &[u16]| Node { process: None, http: pair[0], peer: pair[1] };
        let cluster = Self {
            nodes: ports.chunks(2).map(node).collect(),
            shards,
            extra: Vec::new(),
            environment: Vec::new(),
            stripe,
            folder,
            _turn: turn,
        };
        for id in cluster.ids() {
            fs::create_dir_all(cluster.folder_of(id)).expect("a node's folder");
        }
        cluster
    }

    /// Passes further flags to every node that is started from now on; `{id}` is the node's id.
    pub fn flags(&mut self, flags: &[&str]) {
        self.extra = flags.iter().map(|flag| (*flag).to_string()).collect();
    }

    /// Sets a variable for every node that is started from now on.
    pub fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The stand-in for Stripe that takes its payments.
    pub fn stripe(&mut self) -> &mut Stripe {
        &mut self.stripe
    }

    /// The ids of all nodes.
    pub fn ids(&self) -> std::ops::RangeInclusive<usize> {
        1..=self.nodes.len()
    }

    /// Where a node takes HTTP.
    pub fn url(&self, id: usize) -> String {
        format!("http://127.0.0.1:{}", self.nodes[id - 1].http)
    }

    /// All nodes' URLs.
    pub fn urls(&self) -> Vec<String> {
        self.ids().map(|id| self.url(id)).collect()
    }

    /// A client of a node.
    pub fn client(&self, id: usize) -> Client {
        Client::new(&self.url(id)).expect("a client")
    }

    /// A node's data.
    pub fn folder_of(&self, id: usize) -> PathBuf {
        self.folder.path().join(format!("node{id}"))
    }

    /// Everything a node said, over all its lives.
    pub fn log(&self, id: usize) -> String {
        fs::read_to_string(self.log_of(id)).unwrap_or_default()
    }

    /// Whether a node's process is there; a suspended one is.
    pub fn runs(&mut self, id: usize) -> bool {
        self.nodes[id - 1].process.as_mut().is_some_and(Process::runs)
    }

    /// Starts a node that does not run. It is not waited for: see [`Cluster::ready`].
    pub fn start_node(&mut self, id: usize) {
        assert!(!self.runs(id), "node {id} runs already");
        let (program, args, log) = (process::binary("stoad"), self.args(id), self.log_of(id));
        let process = Process::start(&program, &args, &self.environment, &log);
        self.nodes[id - 1].process = Some(process);
    }

    /// Starts every node that does not run.
    pub fn start_all(&mut self) {
        for id in self.ids() {
            if !self.runs(id) {
                self.start_node(id);
            }
        }
    }

    /// `kill -9`.
    pub fn kill9(&mut self, id: usize) {
        self.process(id).kill();
    }

    /// `SIGSTOP`: the node hangs, its connections stay.
    pub fn stop(&mut self, id: usize) {
        self.process(id).signal(Signal::STOP);
    }

    /// `SIGCONT`: it goes on as if nothing had been.
    pub fn cont(&mut self, id: usize) {
        self.process(id).signal(Signal::CONT);
    }

    /// `SIGTERM`, and waits for the end.
    pub async fn term(&mut self, id: usize) -> ExitStatus {
        self.process(id).terminate().await
    }

    /// Waits until a node's process ends by itself.
    pub async fn ended(&mut self, id: usize) -> ExitStatus {
        self.process(id).wait().await
    }

    /// Waits until every node is ready and sees a healthy cluster.
    pub async fn ready(&mut self) {
        for id in self.ids() {
            assert!(self.runs(id), "node {id} ended:\n{}", tail(&self.log(id)));
            let client = self.client(id).with_timeout(Duration::from_secs(1));
            let what = format!("node {id} is ready and sees a healthy cluster");
            wait::until_true(&what, Duration::from_secs(READY_S), || async {
                client.ready().await.is_ok()
                    && client.cluster_status().await.is_ok_and(|status| status.healthy)
            })
            .await;
        }
    }

    /// The status, from the first node that answers.
    pub async fn status(&self) -> ClusterStatus {
        for id in self.ids() {
            let client = self.client(id).with_timeout(Duration::from_secs(1));
            if let Ok(status) = client.cluster_status().await {
                return status;
            }
        }
        panic!("no node answers");
    }

    /// The node that leads a shard, as soon as one does.
    pub async fn leader(&self, shard: u16) -> usize {
        let what = format!("shard {shard} has a leader");
        wait::until(&what, Duration::from_secs(READY_S), || async {
            let shards = self.status().await.shards;
            let leader = shards.iter().find(|it| it.id == shard)?.leader?;
            usize::try_from(leader).ok()
        })
        .await
    }

    fn process(&mut self, id: usize) -> &mut Process {
        let process = self.nodes[id - 1].process.as_mut();
        process.unwrap_or_else(|| panic!("node {id} was never started"))
    }

    fn log_of(&self, id: usize) -> PathBuf {
        self.folder.path().join(format!("node{id}.log"))
    }

    fn args(&self, id: usize) -> Vec<String> {
        let node = &self.nodes[id - 1];
        let at = |port: u16| format!("127.0.0.1:{port}");
        let text = |path: &Path| path.display().to_string();
        let mut args = vec![
            ("--dir", text(&self.folder_of(id))),
            ("--node-id", id.to_string()),
            ("--http", at(node.http)),
            ("--peer-listen", at(node.peer)),
            ("--cluster-id", "test".to_string()),
            ("--shards", self.shards.to_string()),
            ("--currency", "USD".to_string()),
        ];
        if !self.extra.iter().any(|flag| flag.starts_with("--stripe-key")) {
            args.push(("--stripe-key", text(&self.stripe.key_file())));
            args.push(("--stripe-url", self.stripe.url()));
        }
        for (index, peer) in self.nodes.iter().enumerate() {
            let id = index + 1;
            args.push(("--peer", format!("{id}={},{}", at(peer.peer), self.url(id))));
        }
        let pairs = args.into_iter().flat_map(|(flag, value)| [flag.to_string(), value]);
        let trust = std::iter::once("--trust-loopback".to_string());
        let extra = self.extra.iter().map(|flag| flag.replace("{id}", &id.to_string()));
        pairs.chain(trust).chain(extra).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for id in self.ids() {
                eprintln!("--- the end of node {id}'s log\n{}", tail(&self.log(id)));
            }
        }
    }
}

/// The last lines of a log.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
