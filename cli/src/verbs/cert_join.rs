//! `stoa cert invite` and `stoa cert join`: a new node's certificate by a token that works once.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::Serialize;
use tokio::{net::TcpListener, time::Instant};

use super::cert::{ForNode, InFolder, refuse_if_there};
use crate::{
    cert::{
        folder::Folder,
        join::{self, Desk, Ended, Joined, Token},
        make::Made,
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
    #[command(flatten)]
    to: ForNode,
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
    let asked = args.to.node();
    let node = asked.id;
    let next = format!("stoa cert rotate --node {node}");
    refuse_if_there(&[folder.node_crt(node), folder.node_key(node)], &next)?;
    if args.listen.ip().is_unspecified() {
        let what = format!("--listen {}: the node needs an address to come to", args.listen);
        return Err(Failure::new(what, "--listen ADDRESS:PORT, with an address of this machine"));
    }
    let (ca, _) = folder.signer()?;
    let token = Token::new(&ca.der);
    let port = |error| Failure { what: format!("{}: {error}", args.listen), next: None };
    let listener = TcpListener::bind(args.listen).await.map_err(port)?;
    let from = listener.local_addr().map_err(port)?;
    let (minutes, shown) = (args.minutes, token.reveal());
    let until = Instant::now() + Duration::from_secs(minutes * MINUTE_S);
    output.data(&Invitation { node, from, token: shown, minutes }, |it| {
        let Invitation { node, from, token, minutes } = it;
        format!(
            "on node {node}, within {minutes} minutes, once:\n\
             stoa cert join --from {from} --token {token}\n"
        )
    });
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
    refuse_if_there(&[folder.ca_crt()], "another --dir; this one has joined already")?;
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
