//! `stoa cert init`, `issue`, `rotate`: a cluster's own CA, and its nodes' certificates.

use std::path::PathBuf;

use serde::Serialize;

use crate::{
    cert::{
        folder::Folder,
        make::{self, Node},
        read,
    },
    failure::{Exit, Failure},
    output::Output,
};

/// For how long a CA is valid unless told otherwise, in days: ten years.
const CA_DAYS: u32 = 3_650;
/// For how long a node's certificate is valid unless told otherwise, in days.
const NODE_DAYS: u32 = 365;
/// The most days of either: a hundred years.
const DAYS_MAX: i64 = 36_500;

/// Which folder.
#[derive(Debug, Clone, clap::Args)]
pub struct InFolder {
    /// Where the certificates lie; ca.key belongs on no node
    #[arg(long, value_name = "D", default_value = "certs")]
    pub dir: PathBuf,
}

/// Flags of `stoa cert init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    #[command(flatten)]
    folder: InFolder,
    /// The cluster's id, as its nodes have it in --cluster-id
    #[arg(long, value_name = "ID")]
    cluster: String,
    /// For how many days the CA is valid
    #[arg(long, default_value_t = CA_DAYS, value_parser = days())]
    days: u32,
}

/// Which node gets a certificate, and under which names.
#[derive(Debug, Clone, clap::Args)]
pub struct ForNode {
    /// The node's id
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    node: u64,
    /// A name or address by which clients reach the node; repeat it for each. localhost is always
    /// one of them
    #[arg(long, value_name = "HOST", required = true)]
    host: Vec<String>,
    /// For how many days the certificate is valid
    #[arg(long, default_value_t = NODE_DAYS, value_parser = days())]
    days: u32,
}

impl ForNode {
    /// The node.
    pub fn node(&self) -> Node {
        Node { id: self.node, hosts: self.host.clone(), days: self.days }
    }
}

/// Flags of `stoa cert issue`.
#[derive(Debug, clap::Args)]
pub struct IssueArgs {
    #[command(flatten)]
    folder: InFolder,
    #[command(flatten)]
    to: ForNode,
}

/// Flags of `stoa cert rotate`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["ca", "node"]))]
pub struct RotateArgs {
    #[command(flatten)]
    folder: InFolder,
    /// A new key and certificate for a node, with its old names
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    node: Option<u64>,
    /// A new CA beside the old one, until --finish
    #[arg(long)]
    ca: bool,
    /// Take the old CA away, when every node has a certificate of the new one
    #[arg(long, requires = "ca")]
    finish: bool,
    /// With --node: other names and addresses than the old ones
    #[arg(long, value_name = "HOST", conflicts_with = "ca")]
    host: Vec<String>,
    /// For how many days the new certificate is valid [default: 365, a CA 3650]
    #[arg(long, value_parser = days())]
    days: Option<u32>,
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=DAYS_MAX)
}

/// What was written, and what to do with it.
#[derive(Debug, Serialize)]
struct Written {
    files: Vec<String>,
    next: Vec<String>,
}

/// Makes the cluster's CA.
pub fn init(args: &InitArgs, output: &Output) -> Result<Exit, Failure> {
    let folder = Folder::new(&args.folder.dir);
    let next = "another --dir; or stoa cert rotate --ca, which changes the CA";
    refuse_if_there(&[folder.ca_crt(), folder.ca_key()], next)?;
    let made = make::ca(&args.cluster, args.days)?;
    let files = [folder.write_cas(&made.certificate)?, folder.write_ca_key(&made.key)?];
    let dir = folder.path().display();
    tell(&files, vec![format!("stoa cert issue --dir {dir} --node 1 --host 10.0.0.1")], output)
}

/// Makes a node's first certificate.
pub fn issue(args: &IssueArgs, output: &Output) -> Result<Exit, Failure> {
    let folder = Folder::new(&args.folder.dir);
    let node = args.to.node();
    let next = format!("stoa cert rotate --node {}", node.id);
    refuse_if_there(&[folder.node_crt(node.id), folder.node_key(node.id)], &next)?;
    give(&folder, &node, output)
}

/// Replaces a node's certificate, or the CA.
pub fn rotate(args: &RotateArgs, output: &Output) -> Result<Exit, Failure> {
    let folder = Folder::new(&args.folder.dir);
    let Some(id) = args.node else {
        return match args.finish {
            true => finish_ca(&folder, output),
            false => begin_ca(&folder, args.days.unwrap_or(CA_DAYS), output),
        };
    };
    let file = folder.node_crt(id);
    if !file.exists() {
        let what = format!("there is no {}", file.display());
        return Err(Failure::new(what, format!("stoa cert issue --node {id} --host HOST")));
    }
    let hosts = match args.host.is_empty() {
        true => read::certificates(&file)?.swap_remove(0).hosts,
        false => args.host.clone(),
    };
    give(&folder, &Node { id, hosts, days: args.days.unwrap_or(NODE_DAYS) }, output)
}

/// Refuses to write over files.
pub fn refuse_if_there(files: &[PathBuf], next: &str) -> Result<(), Failure> {
    let Some(file) = files.iter().find(|file| file.exists()) else { return Ok(()) };
    let what = format!("{} is there already, and is not overwritten", file.display());
    Err(Failure::new(what, next))
}

fn give(folder: &Folder, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let (ca, key) = folder.signer()?;
    let files = folder.write_node(node.id, &make::node(&ca, key, node)?)?;
    let next = format!(
        "copy ca.crt, node-{id}.crt and node-{id}.key to node {id}; a node that runs takes them by \
         itself",
        id = node.id
    );
    tell(&files, vec![next], output)
}

/// A new CA signs from now on, and nodes that have both take certificates of either.
fn begin_ca(folder: &Folder, days: u32, output: &Output) -> Result<Exit, Failure> {
    let cas = folder.cas()?;
    let [old] = &cas[..] else {
        let what = "a change of the CA is under way: ca.crt has more than one";
        return Err(Failure::new(what, "stoa cert rotate --ca --finish ends it"));
    };
    let Some(cluster) = &old.cluster else {
        let what = "the CA names no cluster: it was not made by `stoa cert init`";
        return Err(Failure { what: what.into(), next: None });
    };
    let made = make::ca(cluster, days)?;
    let old = std::fs::read_to_string(folder.ca_crt())
        .map_err(|error| Failure::io(&folder.ca_crt(), error))?;
    // The certificates first: if it ends here, the old key still signs, and `--finish` undoes it.
    let crt = folder.write_cas(&format!("{}{old}", made.certificate))?;
    let files = [crt, folder.write_ca_key(&made.key)?];
    let next = [
        "copy ca.crt, which now has both CAs, to every node, before anything else",
        "then for each node: stoa cert rotate --node N, and copy its pair",
        "then stoa cert rotate --ca --finish, and copy ca.crt once more",
    ];
    tell(&files, next.map(String::from).to_vec(), output)
}

/// Only the CA that signs stays.
fn finish_ca(folder: &Folder, output: &Output) -> Result<Exit, Failure> {
    let (signer, _) = folder.signer()?;
    for id in folder.nodes()? {
        let file = folder.node_crt(id);
        let theirs = read::certificates(&file)?;
        if !theirs.first().is_some_and(|leaf| leaf.is_signed_by(&signer)) {
            let what = format!("{} is signed by the old CA", file.display());
            return Err(Failure::new(what, format!("stoa cert rotate --node {id}")));
        }
    }
    let files = [folder.write_cas(&signer.pem)?];
    tell(&files, vec!["copy ca.crt to every node".into()], output)
}

fn tell(files: &[PathBuf], next: Vec<String>, output: &Output) -> Result<Exit, Failure> {
    let files = files.iter().map(|file| file.display().to_string()).collect();
    output.data(&Written { files, next }, |written| {
        let wrote = written.files.iter().map(|file| format!("wrote {file}\n"));
        let next = written.next.iter().map(|next| format!("next: {next}\n"));
        wrote.chain(next).collect()
    });
    Ok(Exit::Ok)
}
