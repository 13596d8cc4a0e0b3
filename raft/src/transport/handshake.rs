//! The first words on a connection: who are you, and are we of one cluster?
//!
//! ```text
//! asker:    "STOA" | protocol version 3 | length 2 | Hello
//! answerer: "STOA" | protocol version 3 | welcome 1 | length 2 | why not, in words
//! ```
//!
//! Whatever would make two nodes misunderstand each other is compared here, once, and a mismatch
//! names both values: a wrong port or an old binary is found by reading one line of a log.

use std::time::Duration;

use bytes::{Buf, BufMut};
use engine_core::codec::{self, Record};
use engine_core::{Currency, Topology};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::door::TLS_BEGINS_WITH;
use super::kind::Lane;
use crate::tls::words;
use crate::types::NodeId;

const MAGIC: [u8; 4] = *b"STOA";
/// The version of everything behind the handshake. A node talks to its own version only.
pub(crate) const PROTOCOL_VERSION: u16 = 7;
/// The longest hello or reason, in bytes.
const WORDS_BYTES_MAX: usize = 4_096;
/// How long either side waits for the other's words.
pub(crate) const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(2);

/// What must be the same on all nodes of a cluster, and who this one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The cluster's id.
    pub cluster: String,
    /// This node.
    pub node: NodeId,
    /// How slots are spread over shards.
    pub topology: Topology,
    /// What the cluster sells in.
    pub currency: Currency,
}

/// What the asker says of itself and of whom it wants to reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hello {
    cluster: String,
    from: NodeId,
    to: NodeId,
    shards: u16,
    currency: Currency,
    lane: u8,
}

impl Record for Hello {
    const TYPE: u16 = 1100;
}

/// Why two nodes do not talk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// The connection broke, or the peer was too slow.
    #[error("the handshake broke off: {0}")]
    Broken(std::io::Error),
    /// The certificates do not go together, in words.
    #[error("{0}")]
    Tls(String),
    /// This side refuses.
    #[error("refused: {0}")]
    Refused(String),
    /// The other side refuses.
    #[error("the peer refuses: {0}")]
    RefusedByPeer(String),
}

impl HandshakeError {
    /// The name it is counted under.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Broken(_) => "broken",
            Self::Tls(_) => "tls",
            Self::Refused(_) => "refused",
            Self::RefusedByPeer(_) => "refused_by_peer",
        }
    }
}

impl From<std::io::Error> for HandshakeError {
    fn from(error: std::io::Error) -> Self {
        match words::of(&error) {
            Some(words) => Self::Tls(words),
            None => Self::Broken(error),
        }
    }
}

impl From<tokio::time::error::Elapsed> for HandshakeError {
    fn from(elapsed: tokio::time::error::Elapsed) -> Self {
        Self::Broken(elapsed.into())
    }
}

/// Asks: says who we are, and hears whether we are welcome.
pub(crate) async fn ask<S>(
    socket: &mut S,
    us: &Identity,
    to: NodeId,
    lane: Lane,
) -> Result<(), HandshakeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let hello = codec::encode(&Hello {
        cluster: us.cluster.clone(),
        from: us.node,
        to,
        shards: us.topology.shards,
        currency: us.currency,
        lane: lane as u8,
    });
    let mut bytes = Vec::with_capacity(8 + hello.len());
    bytes.put_slice(&MAGIC);
    bytes.put_u16(PROTOCOL_VERSION);
    bytes.put_u16(hello.len() as u16);
    bytes.put_slice(&hello);
    let answer = async {
        socket.write_all(&bytes).await?;
        socket.flush().await?;
        let mut fixed = [0; 9];
        socket.read_exact(&mut fixed).await?;
        let mut fields = &fixed[..];
        let version = opening(&mut fields)?;
        let welcome = fields.get_u8() == 1;
        let words = words(socket, fields.get_u16()).await?;
        if welcome {
            return same_version(version);
        }
        Err(HandshakeError::RefusedByPeer(String::from_utf8_lossy(&words).into_owned()))
    };
    timeout(HANDSHAKE_DEADLINE, answer).await?
}

/// Answers: hears who asks, and says welcome or why not. `certified` says whether the certificate
/// is that of the node which asks, or why not.
pub(crate) async fn answer<S>(
    socket: &mut S,
    us: &Identity,
    certified: impl Fn(&str, NodeId) -> Result<(), String>,
) -> Result<(NodeId, Lane), HandshakeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let exchange = async {
        let heard = hear(socket, us, certified).await;
        match &heard {
            Ok(_) => say(socket, true, "").await?,
            Err(HandshakeError::Refused(reason)) => say(socket, false, reason).await?,
            Err(_) => {}
        }
        heard
    };
    timeout(HANDSHAKE_DEADLINE, exchange).await?
}

/// Says why not, whatever was asked.
pub(crate) async fn refuse<S>(socket: &mut S, reason: &str) -> Result<(), HandshakeError>
where
    S: AsyncWrite + Unpin,
{
    Ok(timeout(HANDSHAKE_DEADLINE, say(socket, false, reason)).await??)
}

async fn say<S>(socket: &mut S, welcome: bool, reason: &str) -> std::io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let mut bytes = Vec::with_capacity(9 + reason.len());
    bytes.put_slice(&MAGIC);
    bytes.put_u16(PROTOCOL_VERSION);
    bytes.put_u8(u8::from(welcome));
    let reason = &reason.as_bytes()[..reason.len().min(WORDS_BYTES_MAX)];
    bytes.put_u16(reason.len() as u16);
    bytes.put_slice(reason);
    socket.write_all(&bytes).await?;
    socket.flush().await
}

async fn hear<S>(
    socket: &mut S,
    us: &Identity,
    certified: impl Fn(&str, NodeId) -> Result<(), String>,
) -> Result<(NodeId, Lane), HandshakeError>
where
    S: AsyncRead + Unpin,
{
    let mut fixed = [0; 8];
    socket.read_exact(&mut fixed).await?;
    let mut fields = &fixed[..];
    same_version(opening(&mut fields)?)?;
    let words = words(socket, fields.get_u16()).await?;
    let hello: Hello =
        codec::decode(&words).map_err(|fault| HandshakeError::Refused(fault.to_string()))?;
    certified(&hello.cluster, hello.from).map_err(HandshakeError::Refused)?;
    differs("cluster id", &us.cluster, &hello.cluster)?;
    differs("number of shards", us.topology.shards, hello.shards)?;
    differs("currency", us.currency.to_string(), hello.currency.to_string())?;
    differs("node id (is this the wrong address?)", us.node, hello.to)?;
    if hello.from == us.node {
        return Err(HandshakeError::Refused(format!("two nodes have the id {}", us.node)));
    }
    let lane = Lane::of(hello.lane)
        .ok_or_else(|| HandshakeError::Refused(format!("unknown lane {}", hello.lane)))?;
    Ok((hello.from, lane))
}

/// Reads the magic, and gives the version.
fn opening(fields: &mut &[u8]) -> Result<u16, HandshakeError> {
    let mut magic = [0; 4];
    fields.copy_to_slice(&mut magic);
    if magic[0] == TLS_BEGINS_WITH {
        let why = "it speaks TLS, and this node has no --peer-cert";
        return Err(HandshakeError::Refused(why.to_owned()));
    }
    if magic != MAGIC {
        return Err(HandshakeError::Refused(format!("not a stoad: it begins with {magic:02x?}")));
    }
    Ok(fields.get_u16())
}

fn same_version(theirs: u16) -> Result<(), HandshakeError> {
    differs("protocol version", PROTOCOL_VERSION, theirs)
}

fn differs<T: PartialEq + std::fmt::Display>(
    what: &str,
    ours: T,
    theirs: T,
) -> Result<(), HandshakeError> {
    if ours == theirs {
        return Ok(());
    }
    Err(HandshakeError::Refused(format!("{what} differs: {ours} here, {theirs} at the other node")))
}

async fn words<S: AsyncRead + Unpin>(
    socket: &mut S,
    length: u16,
) -> Result<Vec<u8>, HandshakeError> {
    if usize::from(length) > WORDS_BYTES_MAX {
        return Err(HandshakeError::Refused(format!("{length} bytes are too many words")));
    }
    let mut words = vec![0; usize::from(length)];
    socket.read_exact(&mut words).await?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(node: NodeId) -> Identity {
        let currency = "USD".parse().unwrap();
        Identity { cluster: "shop".into(), node, topology: Topology { shards: 4 }, currency }
    }

    fn anybody(_: &str, _: NodeId) -> Result<(), String> {
        Ok(())
    }

    async fn meet(us: Identity, them: Identity) -> (String, String) {
        let (mut near, mut far) = tokio::io::duplex(1 << 16);
        let (asked, answered) =
            tokio::join!(ask(&mut near, &us, 2, Lane::Control), answer(&mut far, &them, anybody));
        let text = |error: HandshakeError| error.to_string();
        (asked.err().map_or(String::new(), text), answered.err().map_or(String::new(), text))
    }

    #[tokio::test]
    async fn nodes_of_one_cluster_are_welcome() {
        assert_eq!(meet(identity(1), identity(2)).await, (String::new(), String::new()));
    }

    #[tokio::test]
    async fn a_mismatch_is_refused_and_both_sides_learn_both_values() {
        let other = Identity { cluster: "bank".into(), ..identity(1) };
        let more = Identity { topology: Topology { shards: 8 }, ..identity(1) };
        let euro = Identity { currency: "EUR".parse().unwrap(), ..identity(1) };
        for (us, ours, theirs) in [(other, "shop", "bank"), (more, "4", "8"), (euro, "USD", "EUR")]
        {
            let (asked, answered) = meet(us, identity(2)).await;
            for text in [asked, answered] {
                assert!(text.contains(ours) && text.contains(theirs), "{text}");
            }
        }
    }

    #[tokio::test]
    async fn a_wrong_address_and_a_double_id_are_refused() {
        assert!(meet(identity(1), identity(3)).await.0.contains("wrong address"));
        assert!(meet(identity(2), identity(2)).await.0.contains("two nodes"));
    }

    #[tokio::test]
    async fn another_version_is_refused_by_name() {
        let (mut near, mut far) = tokio::io::duplex(1 << 16);
        near.write_all(b"STOA\x00\x63\x00\x00").await.unwrap();
        let refused = answer(&mut far, &identity(2), anybody).await.unwrap_err().to_string();
        let versions = format!("{PROTOCOL_VERSION} here, 99 at the other");
        assert!(refused.contains(&versions), "{refused}");
    }
}
