//! `stoa cert status`: what each certificate is for, until when, and what is wrong with it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::cert::InFolder;
use crate::{
    cert::{
        folder::{self, Folder},
        read::{self, Certificate},
    },
    failure::{Exit, Failure},
    output::{Output, table},
};

/// So many days before its end a certificate is degraded.
const SOON_DAYS: i64 = 30;

/// Flags of `stoa cert status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    folder: InFolder,
}

#[derive(Debug, Serialize)]
struct Status {
    ok: bool,
    ca_is_being_changed: bool,
    certificates: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    file: String,
    cluster: Option<String>,
    node: Option<u64>,
    hosts: Vec<String>,
    until: String,
    days_left: i64,
    problems: Vec<String>,
}

/// Prints every certificate of the folder.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let folder = Folder::new(&args.folder.dir);
    let cas = folder.cas()?;
    let mut certificates: Vec<Entry> =
        cas.iter().map(|ca| Entry::new(&folder.ca_crt(), ca, Vec::new())).collect();
    // The CA's key may well lie elsewhere.
    if folder.ca_key().exists() {
        let problem = match folder.signer() {
            Ok(_) => open(&folder.ca_key()),
            Err(failure) => Some(failure.what),
        };
        certificates[0].problems.extend(problem);
    }
    for id in folder.nodes()? {
        let file = folder.node_crt(id);
        let chain = read::certificates(&file)?;
        let problems = fit(&folder, id, &chain[0], &cas);
        certificates.push(Entry::new(&file, &chain[0], problems));
    }
    let ok = certificates.iter().all(|entry| entry.problems.is_empty());
    let status = Status { ok, ca_is_being_changed: cas.len() > 1, certificates };
    output.data(&status, text);
    Ok(if ok { Exit::Ok } else { Exit::Degraded })
}

/// What does not fit in a node's pair.
fn fit(folder: &Folder, id: u64, leaf: &Certificate, cas: &[Certificate]) -> Vec<String> {
    let mut problems = Vec::new();
    if leaf.node != Some(id) || leaf.cluster != cas[0].cluster {
        problems.push(format!("it does not name node {id} of this cluster"));
    }
    if !cas.iter().any(|ca| leaf.is_signed_by(ca)) {
        problems.push("no CA in ca.crt has signed it".to_string());
    }
    let file = folder.node_key(id);
    // A node that has joined by a token has its key itself.
    if !file.exists() {
        return problems;
    }
    match read::key(&file) {
        Ok(key) if leaf.has(&key) => problems.extend(open(&file)),
        Ok(_) => problems.push(format!("{} is the key of another certificate", name(&file))),
        Err(failure) => problems.push(failure.what),
    }
    problems
}

/// Says so when others may read a key.
fn open(key: &Path) -> Option<String> {
    folder::is_open(key).then(|| format!("others may read {}: chmod 600 it", name(key)))
}

impl Entry {
    fn new(file: &Path, certificate: &Certificate, mut problems: Vec<String>) -> Self {
        let days_left = certificate.days_left();
        match days_left {
            ..0 => problems.insert(0, "it has expired".to_string()),
            0..SOON_DAYS => problems.insert(0, "it ends soon".to_string()),
            _ => {}
        }
        Self {
            file: name(file),
            cluster: certificate.cluster.clone(),
            node: certificate.node,
            hosts: certificate.hosts.clone(),
            until: certificate.until.clone(),
            days_left,
            problems,
        }
    }
}

fn name(file: &Path) -> String {
    let name = file.file_name().map(PathBuf::from).unwrap_or_default();
    name.display().to_string()
}

fn text(status: &Status) -> String {
    let rows: Vec<Vec<String>> = status
        .certificates
        .iter()
        .map(|entry| {
            let cluster = entry.cluster.as_deref().unwrap_or("?");
            let subject = match entry.node {
                Some(node) => format!("node {node} of {cluster}"),
                None => format!("CA of {cluster}"),
            };
            let state = match entry.problems.is_empty() {
                true => "ok".to_string(),
                false => entry.problems.join("; "),
            };
            let days = entry.days_left.to_string();
            let hosts = entry.hosts.join(" ");
            vec![entry.file.clone(), subject, entry.until.clone(), days, state, hosts]
        })
        .collect();
    let mut text = table(&["file", "for", "until", "days", "state", "hosts"], &rows);
    if status.ca_is_being_changed {
        text.push_str("\nThe CA is being changed: `stoa cert rotate --ca --finish` ends it.\n");
    }
    text
}
