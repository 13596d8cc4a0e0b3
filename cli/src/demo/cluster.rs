//! All nodes, and the stand-in for Stripe: started, waited for, stopped.

use std::{
    net::{TcpListener, TcpStream},
    path::PathBuf,
    time::{Duration, Instant},
};

use api_client::Client;

use super::{
    certs,
    folder::{Folder, NodeFile},
    process::Process,
    secrets,
    start::Programs,
};
use crate::{failure::Failure, output::Output, target::trusting};

/// The node's program.
const STOAD: &str = "stoad";
/// The program of the stand-in for Stripe.
const STRIPE_SIM: &str = "stoa-stripe-sim";
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
    /// The stand-in for Stripe.
    pub stripe: Process,
    /// They ask everybody for credentials.
    pub require_auth: bool,
}

impl Cluster {
    /// The nodes of the folder, as they are; writes their `start`.
    pub fn new(folder: Folder, require_auth: bool) -> Result<Self, Failure> {
        let programs = Programs { stoad: beside(STOAD)?, stripe_sim: beside(STRIPE_SIM)? };
        let ca = folder.ca();
        if ca.is_some() {
            certs::ensure(&folder.certs(), &folder.cluster)?;
        }
        secrets::ensure(&folder.webhook_master(), "")?;
        secrets::ensure(&folder.stripe_key(), "sk_test_")?;
        secrets::ensure(&folder.stripe_webhook_secrets(), "whsec_")?;
        folder.write_starts(&programs, require_auth)?;
        let mut nodes = Vec::new();
        for file in &folder.cluster.nodes {
            let client = trusting(Client::new(&file.url())?, ca.as_deref())?;
            let client = client.with_timeout(Duration::from_millis(ASK_MS));
            let process = Process::new(STOAD, folder.node(file.id));
            nodes.push(Node { file: file.clone(), process, client });
        }
        let stripe = Process::new(STRIPE_SIM, folder.stripe());
        Ok(Self { folder, nodes, stripe, require_auth })
    }

    /// Asks every node with this key from now on.
    pub fn show(&mut self, key: &str) -> Result<(), Failure> {
        for node in &mut self.nodes {
            node.client = node.client.clone().with_credentials(key)?;
        }
        Ok(())
    }

    /// Starts what does not run.
    pub fn start(&self, output: &Output) -> Result<(), Failure> {
        if let Some(pid) = self.stripe.pid() {
            output.note(&format!("the stand-in for Stripe runs already as process {pid}"));
        } else {
            free(&self.folder.cluster.stripe)?;
            launch(&self.stripe)?;
        }
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
        down.iter().try_for_each(|node| launch(&node.process))
    }

    /// Waits until every node serves, and the stand-in for Stripe does.
    pub async fn ready(&self) -> Result<(), Failure> {
        let started = Instant::now();
        while let Err(error) = TcpStream::connect(&self.folder.cluster.stripe) {
            let waited = started.elapsed();
            let gone = self.stripe.pid().is_none() && waited > Duration::from_millis(ASK_MS);
            if gone || waited > Duration::from_millis(READY_MS) {
                let what = format!("the stand-in for Stripe: {error}\n{}", self.stripe.log_tail());
                let next = format!("read {}", self.folder.stripe().join("log").display());
                return Err(Failure::new(what, next));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
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

    /// Stops every node, in good order, and then the stand-in for Stripe; says whether all of them
    /// did.
    pub async fn stop(&self) -> bool {
        let asked = Instant::now();
        self.nodes.iter().for_each(|node| node.process.terminate());
        let mut stripe_was_asked = false;
        while self.runs() {
            if asked.elapsed() > Duration::from_millis(STOP_MS) {
                return self.kill();
            }
            if !stripe_was_asked && self.nodes.iter().all(|node| node.process.pid().is_none()) {
                self.stripe.terminate();
                stripe_was_asked = true;
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        true
    }

    /// Kills what still runs; says whether nothing did.
    pub fn kill(&self) -> bool {
        let ran = self.runs();
        self.processes().for_each(Process::kill);
        !ran
    }

    fn runs(&self) -> bool {
        self.processes().any(|process| process.pid().is_some())
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        self.nodes.iter().map(|node| &node.process).chain([&self.stripe])
    }
}

/// A program of ours, which lies beside this one.
fn beside(name: &str) -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()
        .map(|stoa| stoa.with_file_name(name))
        .map_err(|error| Failure { what: format!("where am I? {error}"), next: None })?;
    if program.is_file() {
        return Ok(program);
    }
    let what = format!("{} is missing: it belongs beside stoa", program.display());
    Err(Failure::new(what, "make demo"))
}

fn launch(process: &Process) -> Result<(), Failure> {
    process.start().map_err(|error| Failure::io(&process.start_script(), error))
}

/// Fails when somebody listens at the address.
fn free(address: &str) -> Result<(), Failure> {
    TcpListener::bind(address).map(drop).map_err(|error| {
        let next = "stoa demo --http-port 8100 (or another one that is free)";
        Failure::new(format!("cannot listen at {address}: {error}"), next)
    })
}
