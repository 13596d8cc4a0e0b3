//! All nodes: started, waited for, stopped.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use api_client::Client;

use super::{
    certs,
    folder::{Folder, NodeFile},
    process::Process,
    webhooks,
};
use crate::{failure::Failure, output::Output, target::trusting};

/// How long the nodes may take to serve, in milliseconds.
const READY_MS: u64 = 120_000;
/// How long they may take to stop, in milliseconds, before they are killed.
const STOP_MS: u64 = 20_000;
/// How often it is looked whether they do, in milliseconds.
const LOOK_MS: u64 = 50;
/// For how long a question to a node is waited for, in milliseconds.
const ASK_MS: u64 = 1_000;

/// A node: what is written of it, its process, and how to ask it.
#[derive(Debug)]
pub struct Node {
    /// What is written of it.
    pub file: NodeFile,
    /// Its process.
    pub process: Process,
    /// How to ask it, briefly.
    pub client: Client,
}

/// All nodes of the demo.
#[derive(Debug)]
pub struct Cluster {
    /// Where everything lies.
    pub folder: Folder,
    /// The nodes, by id from 1.
    pub nodes: Vec<Node>,
    /// They ask everybody for credentials.
    pub require_auth: bool,
}

impl Cluster {
    /// The nodes of the folder, as they are; writes their `start`.
    pub fn new(folder: Folder, require_auth: bool) -> Result<Self, Failure> {
        let stoad = std::env::current_exe()
            .map(|stoa| stoa.with_file_name("stoad"))
            .map_err(|error| Failure { what: format!("where am I? {error}"), next: None })?;
        if !stoad.is_file() {
            let what = format!("{} is missing: it belongs beside stoa", stoad.display());
            return Err(Failure::new(what, "make demo"));
        }
        let ca = folder.ca();
        if ca.is_some() {
            certs::ensure(&folder.certs(), &folder.cluster)?;
        }
        webhooks::ensure(&folder.webhook_master())?;
        folder.write_starts(&stoad, require_auth)?;
        let mut nodes = Vec::new();
        for file in &folder.cluster.nodes {
            let client = trusting(Client::new(&file.url())?, ca.as_deref())?;
            let client = client.with_timeout(Duration::from_millis(ASK_MS));
            let process = Process::new(folder.node(file.id));
            nodes.push(Node { file: file.clone(), process, client });
        }
        Ok(Self { folder, nodes, require_auth })
    }

    /// Asks every node with this key from now on.
    pub fn show(&mut self, key: &str) -> Result<(), Failure> {
        for node in &mut self.nodes {
            node.client = node.client.clone().with_credentials(key)?;
        }
        Ok(())
    }

    /// Starts the nodes which do not run.
    pub fn start(&self, output: &Output) -> Result<(), Failure> {
        let mut down = Vec::new();
        for node in &self.nodes {
            match node.process.pid() {
                Some(pid) => output.note(&format!(
                    "node {} runs already as process {pid}: taken over",
                    node.file.id
                )),
                None => down.push(node),
            }
        }
        for node in &down {
            free(&node.file.http)?;
            free(&node.file.peer)?;
        }
        for node in down {
            let script = node.process.start_script();
            node.process.start().map_err(|error| Failure::io(&script, error))?;
        }
        Ok(())
    }

    /// Waits until every node serves.
    pub async fn ready(&self) -> Result<(), Failure> {
        let started = Instant::now();
        for node in &self.nodes {
            while let Err(error) = node.client.ready().await {
                let waited = started.elapsed();
                let gone = node.process.pid().is_none() && waited > Duration::from_millis(ASK_MS);
                if gone || waited > Duration::from_millis(READY_MS) {
                    let why = if gone { "ended".into() } else { format!("is not ready: {error}") };
                    let log = node.process.log_tail();
                    let what = format!("node {} {why}\n{log}", node.file.id);
                    let next =
                        format!("read {}", self.folder.node(node.file.id).join("log").display());
                    return Err(Failure::new(what, next));
                }
                tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
            }
        }
        Ok(())
    }

    /// Stops every node, in good order; says whether all of them did.
    pub async fn stop(&self) -> bool {
        self.nodes.iter().for_each(|node| node.process.terminate());
        let asked = Instant::now();
        while self.runs() {
            if asked.elapsed() > Duration::from_millis(STOP_MS) {
                return self.kill();
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        true
    }

    /// Kills what still runs; says whether nothing did.
    pub fn kill(&self) -> bool {
        let ran = self.runs();
        self.nodes.iter().for_each(|node| node.process.kill());
        !ran
    }

    fn runs(&self) -> bool {
        self.nodes.iter().any(|node| node.process.pid().is_some())
    }
}

/// Fails when somebody listens at the address.
fn free(address: &str) -> Result<(), Failure> {
    TcpListener::bind(address).map(drop).map_err(|error| {
        let next = "stoa demo --http-port 8100 (or another one that is free)";
        Failure::new(format!("cannot listen at {address}: {error}"), next)
    })
}
