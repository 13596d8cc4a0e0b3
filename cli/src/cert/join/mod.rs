//! A new node gets its certificate by a token that works once.
//!
//! The operator's command waits at a port, with the CA's key; the node's command comes there with
//! the token and a request for its own key's certificate (PKCS #10). The token has a secret, by
//! which the operator's side knows the node, and the digest of the CA's certificate, by which the
//! node's side knows the operator's before it says anything: nobody between them learns or forges
//! anything, and no key leaves the machine it was made on. They speak JSON lines over TLS:
//!
//! ```text
//! node ─► {"secret": "…", "request": "PEM"}
//! node ◄─ {"certificate": "PEM", "ca": "PEM"}   or   {"refused": "why"}
//! node ─► {"kept": true}
//! ```
//!
//! With the last line the token has served: the operator's command ends. Until then a broken
//! connection costs nothing, the node comes again.

mod applicant;
mod desk;
mod token;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub use applicant::{Joined, join};
pub use desk::{Desk, Ended};
pub use token::Token;

/// By which name the operator's side is known; no node's certificate has it.
const DESK: &str = "desk.stoa.internal";
/// The longest line, in bytes.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// What a node asks for.
#[derive(Debug, Serialize, Deserialize)]
struct Application {
    /// The token's secret.
    secret: String,
    /// The request for a certificate.
    request: String,
}

/// What it is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Answer {
    /// The certificate.
    Issued {
        /// The node's.
        certificate: String,
        /// The cluster's CAs.
        ca: String,
    },
    /// None.
    Refused {
        /// Why.
        refused: String,
    },
}

/// That the node has its certificate on its disk.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// True.
    kept: bool,
}

async fn say(to: &mut (impl AsyncWrite + Unpin), what: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    to.write_all(&line).await?;
    to.flush().await
}

async fn hear<T: DeserializeOwned>(from: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<T> {
    let mut line = Vec::new();
    from.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    Ok(serde_json::from_slice(&line)?)
}
