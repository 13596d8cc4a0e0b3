//! `stoa cert invite` and `stoa cert join`: a new node's certificate by a token that works once.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::Serialize;
use tokio::{net::TcpListener, time::Instant};

use super::cert::{InFolder, NODE_DAYS, days};
use crate::{
    cert::{
        folder::Folder,
        join::{self, Desk, Ended, Joined, Token},
        make::{Made, Node},
        read::Certificate,
    },
    failure::{Exit, Failure},
    output::Output,
};

/// Seconds of a minute.
const MINUTE_S: u64 = 60;

/// Flags of `stoa cert invite`.
#[derive(Debug, clap::Args)]
pub struct InviteArgs {
    #[command(flatten)]
    folder: InFolder,
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
    /// Where to wait for the node: an address of this machine that the node can reach
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// For how many minutes
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1_440))]
    minutes: u64,
}

/// Flags of `stoa cert join`.
#[derive(Debug, clap::Args)]
pub struct JoinArgs {
    /// Where the certificates are to lie: a folder of the node's
    #[arg(long, value_name = "D", default_value = "certs")]
    dir: PathBuf,
    /// Where `stoa cert invite` waits
    #[arg(long, value_name = "ADDRESS:PORT")]
    from: String,
    /// The token that it has printed
    #[arg(long, env = "STOA_JOIN_TOKEN", hide_env_values = true)]
    token: Token,
}

/// What the node is to type.
#[derive(Debug, Serialize)]
struct Invitation {
    node: u64,
    from: SocketAddr,
    token: String,
    minutes: u64,
}

/// What the node has now.
#[derive(Debug, Serialize)]
struct Written {
    files: Vec<String>,
}

/// Waits for a node, and gives it a certificate.
pub async fn invite(args: &InviteArgs, output: &Output) -> Result<Exit, Failure> {
    let folder = Folder::new(&args.folder.dir);
    refuse_if_there(&[folder.node_crt(args.node), folder.node_key(args.node)])?;
    let (ca, _) = folder.signer()?;
    let token = Token::new(&ca.der);
    let port = |error| Failure { what: format!("{}: {error}", args.listen), next: None };
    let listener = TcpListener::bind(args.listen).await.map_err(port)?;
    let from = listener.local_addr().map_err(port)?;
    let (node, minutes, shown) = (args.node, args.minutes, token.reveal());
    let until = Instant::now() + Duration::from_secs(minutes * MINUTE_S);
    output.data(&Invitation { node, from, token: shown, minutes }, |it| {
        let Invitation { node, from, token, minutes } = it;
        format!(
            "on node {node}, within {minutes} minutes, once:\n\
             stoa cert join --from {from} --token {token}\n"
        )
    });
    let asked = Node { id: node, hosts: args.host.clone(), days: args.days };
    let desk = Desk { folder: Folder::new(folder.path()), node: asked, token };
    match desk.serve(listener, until).await? {
        Ok(certificate) => {
            let file = folder.write_node_crt(node, &certificate)?;
            output.note(&format!("node {node} has its certificate; wrote {}", file.display()));
            Ok(Exit::Ok)
        }
        Err(ended) => {
            let what = match ended {
                Ended::Late => format!("no node came with the token within {minutes} minutes"),
                Ended::Guessed => "somebody guesses tokens; nobody got a certificate".to_string(),
                Ended::Port(why) => format!("{from}: {why}"),
            };
            Err(Failure::new(what, "stoa cert invite again: it makes another token"))
        }
    }
}

/// Makes a key, and gets a certificate for it.
pub async fn join(args: &JoinArgs, output: &Output) -> Result<Exit, Failure> {
    let folder = Folder::new(&args.dir);
    refuse_if_there(&[folder.ca_crt()])?;
    let mut files = Vec::new();
    join::join(&args.from, &args.token, |joined| {
        files = keep(&folder, joined)?;
        Ok(())
    })
    .await?;
    let files = files.iter().map(|file| file.display().to_string()).collect();
    output.data(&Written { files }, |written| {
        written.files.iter().map(|file| format!("wrote {file}\n")).collect()
    });
    Ok(Exit::Ok)
}

/// Writes what the node got.
fn keep(folder: &Folder, joined: &Joined) -> Result<Vec<PathBuf>, Failure> {
    let named = Certificate::parse(&joined.certificate)
        .map_err(|error| Failure { what: format!("no certificate came: {error}"), next: None })?;
    let Some(node) = named.node else {
        let what = "the certificate that came names no node".to_string();
        return Err(Failure { what, next: None });
    };
    let made = Made { certificate: joined.certificate.clone(), key: joined.key.clone() };
    folder.make()?;
    let [crt, key] = folder.write_node(node, &made)?;
    // The last: it is what says that the node has joined.
    Ok(vec![crt, key, folder.write_cas(&joined.ca)?])
}

fn refuse_if_there(files: &[PathBuf]) -> Result<(), Failure> {
    let Some(file) = files.iter().find(|file| file.exists()) else { return Ok(()) };
    let what = format!("{} is there already, and is not overwritten", file.display());
    Err(Failure::new(what, "another --dir; stoa cert rotate --node N replaces a pair"))
}
