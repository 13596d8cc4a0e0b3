//! Every connection to or from a peer passes here: TLS where the cluster has certificates, then
//! the handshake. Behind it both sides know who the other is, and with certificates it is proven.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::handshake::{self, HANDSHAKE_DEADLINE, HandshakeError, Identity};
use super::kind::Lane;
use super::stream::Stream;
use crate::tls::CertifiedName;
use crate::tls::trust::Trust;
use crate::types::NodeId;

/// The first byte of whoever speaks TLS.
pub(crate) const TLS_BEGINS_WITH: u8 = 0x16;
/// What is told to whoever does not, where they must.
const ASKS_FOR_TLS: &str = "this node asks its peers for certificates: start the other one with \
                            --peer-ca, --peer-cert and --peer-key";
/// How long a refused peer may take to read why.
const LINGER: Duration = Duration::from_millis(500);
/// How much it may still send meanwhile, in bytes.
const LINGER_BYTES_MAX: u64 = 64 << 10;

/// Who this node is, and by which certificates it proves it.
pub(crate) struct Door {
    us: Identity,
    trust: Option<Arc<Trust>>,
}

impl Door {
    /// The door of a node; without certificates it believes what a peer says of itself.
    pub fn new(us: Identity, trust: Option<Arc<Trust>>) -> Self {
        Self { us, trust }
    }

    /// Asks to be let in at another node, which must be the one that was meant.
    pub async fn dial(
        &self,
        socket: TcpStream,
        to: NodeId,
        lane: Lane,
    ) -> Result<Stream, HandshakeError> {
        let mut stream = match &self.trust {
            None => Stream::Plain(socket),
            Some(trust) => {
                let connected = timeout(HANDSHAKE_DEADLINE, trust.connect(socket)).await??;
                let (stream, names) = connected;
                let meant = CertifiedName { cluster: self.us.cluster.clone(), node: to };
                if !names.contains(&meant) {
                    let names = listed(&names);
                    let why = format!("the certificate at its address is for {names}, not {meant}");
                    return Err(HandshakeError::Refused(why));
                }
                Stream::Tls(Box::new(stream))
            }
        };
        handshake::ask(&mut stream, &self.us, to, lane).await?;
        Ok(stream)
    }

    /// Lets a peer in, or tells it why not.
    pub async fn admit(&self, socket: TcpStream) -> Result<(Stream, NodeId, Lane), HandshakeError> {
        let (mut stream, names) = match &self.trust {
            None => (Stream::Plain(socket), None),
            Some(trust) => {
                let (stream, names) = accept(trust, socket).await?;
                (stream, Some(names))
            }
        };
        let certified = |cluster: &str, node: NodeId| {
            let Some(names) = &names else { return Ok(()) };
            let claimed = CertifiedName { cluster: cluster.to_owned(), node };
            match names.contains(&claimed) {
                true => Ok(()),
                false => Err(format!("its certificate is for {}, not {claimed}", listed(names))),
            }
        };
        let heard = handshake::answer(&mut stream, &self.us, certified).await;
        match heard {
            Ok((from, lane)) => Ok((stream, from, lane)),
            Err(error) => {
                linger(stream).await;
                Err(error)
            }
        }
    }
}

async fn accept(
    trust: &Trust,
    mut socket: TcpStream,
) -> Result<(Stream, Vec<CertifiedName>), HandshakeError> {
    let mut first = [0; 1];
    let seen = timeout(HANDSHAKE_DEADLINE, socket.peek(&mut first)).await??;
    if seen == 1 && first[0] != TLS_BEGINS_WITH {
        handshake::refuse(&mut socket, ASKS_FOR_TLS).await?;
        linger(Stream::Plain(socket)).await;
        return Err(HandshakeError::Refused("it does not speak TLS".to_owned()));
    }
    match timeout(HANDSHAKE_DEADLINE, trust.accept(socket)).await? {
        Ok((stream, names)) => Ok((Stream::Tls(Box::new(stream)), names)),
        Err((error, socket)) => {
            linger(Stream::Plain(socket)).await;
            Err(error.into())
        }
    }
}

/// Waits until a refused peer has read the reason. To close at once, with bytes of its own still
/// on their way, would take it from under its eyes.
async fn linger(mut stream: Stream) {
    let read = async {
        stream.shutdown().await?;
        let mut rest = stream.take(LINGER_BYTES_MAX);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    let _gone = timeout(LINGER, read).await;
}

fn listed(names: &[CertifiedName]) -> String {
    match names {
        [] => "no node".to_owned(),
        names => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
#[path = "../../tests/it/certificates.rs"]
mod certificates;

#[cfg(test)]
mod tests {
    use engine_core::Topology;
    use tokio::net::TcpListener;

    use super::certificates::{Authority, lay};
    use super::*;
    use crate::tls::PeerTls;

    /// The door of a node that says it is `node`, with a certificate of `certified`.
    fn door(ca: &Authority, node: NodeId, certified: NodeId) -> Door {
        let dir = tempfile::tempdir().unwrap();
        let [ca, cert, key] = lay(dir.path(), &ca.pem(), &ca.pair("shop", certified));
        let files = PeerTls { ca, cert, key, look_again: Duration::from_secs(1) };
        let proven = CertifiedName { cluster: "shop".into(), node: certified };
        let trust = Trust::load(&files, proven).unwrap();
        let currency = "USD".parse().unwrap();
        let topology = Topology { shards: 4 };
        let us = Identity { cluster: "shop".into(), node, topology, currency };
        Door::new(us, Some(Arc::new(trust)))
    }

    async fn meet(asker: Door, to: NodeId, answerer: Door) -> (String, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let (asked, answered) = tokio::join!(asker.dial(near, to, Lane::Data), answerer.admit(far));
        let text = |error: HandshakeError| error.to_string();
        (asked.err().map_or(String::new(), text), answered.err().map_or(String::new(), text))
    }

    #[tokio::test]
    async fn a_node_is_who_its_certificate_says() {
        let ca = Authority::new();
        let welcome = meet(door(&ca, 1, 1), 2, door(&ca, 2, 2)).await;
        assert_eq!(welcome, (String::new(), String::new()));
        let (asked, answered) = meet(door(&ca, 1, 3), 2, door(&ca, 2, 2)).await;
        for text in [asked, answered] {
            assert!(text.contains("is for stoa://shop/node/3, not stoa://shop/node/1"), "{text}");
        }
        let (asked, _) = meet(door(&ca, 1, 1), 2, door(&ca, 2, 3)).await;
        assert!(asked.contains("is for stoa://shop/node/3, not stoa://shop/node/2"), "{asked}");
    }
}
