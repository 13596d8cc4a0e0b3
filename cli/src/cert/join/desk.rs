//! The operator's side: waits for one node that shows the token.

use std::{io, sync::Arc, time::Duration};

use rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};
use tokio::{
    io::BufReader,
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{Answer, Application, DESK, Kept, Token, hear, say};
use crate::{
    cert::{
        folder::Folder,
        make::{self, Node},
    },
    failure::Failure,
};

/// How long a conversation may take.
const CONVERSATION: Duration = Duration::from_secs(10);
/// After so many wrong tokens nobody is heard any more.
const WRONG_MAX: u32 = 10;
/// How many conversations there may be at once; others wait to be accepted.
const AT_ONCE: usize = 16;

/// Who issues one node's certificate.
pub struct Desk {
    /// Where the CA lies.
    pub folder: Folder,
    /// Which node it is for.
    pub node: Node,
    /// What the node must show.
    pub token: Token,
}

/// How it ended without a certificate.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nobody came in time.
    Late,
    /// Somebody guesses tokens.
    Guessed,
    /// The port cannot be used.
    Port(String),
}

/// How a conversation ended.
enum Visit {
    /// The node has its certificate.
    Kept(String),
    /// It was somebody else.
    Wrong,
    /// It broke off, or said nothing that can be read.
    Broken,
}

impl Desk {
    /// Waits until the node has its certificate, and gives that.
    pub async fn serve(
        self,
        listener: TcpListener,
        until: Instant,
    ) -> Result<Result<String, Ended>, Failure> {
        let acceptor = self.acceptor()?;
        // One conversation at a time may use the token.
        let desk = Arc::new(Mutex::new(self));
        let mut visits = JoinSet::new();
        let mut wrong = 0;
        loop {
            tokio::select! {
                accepted = listener.accept(), if visits.len() < AT_ONCE => match accepted {
                    Ok((stream, _)) => {
                        let visit = visit(desk.clone(), acceptor.clone(), stream);
                        visits.spawn(timeout(CONVERSATION, visit));
                    }
                    Err(error) => return Ok(Err(Ended::Port(error.to_string()))),
                },
                Some(ended) = visits.join_next() => match ended {
                    Ok(Ok(Visit::Kept(certificate))) => return Ok(Ok(certificate)),
                    Ok(Ok(Visit::Wrong)) => {
                        wrong += 1;
                        if wrong == WRONG_MAX {
                            return Ok(Err(Ended::Guessed));
                        }
                    }
                    _ => {}
                },
                () = sleep_until(until) => return Ok(Err(Ended::Late)),
            }
        }
    }

    /// What shows that the CA is here.
    fn acceptor(&self) -> Result<TlsAcceptor, Failure> {
        let (ca, key) = self.folder.signer()?;
        let (certificate, own) = make::desk(&ca, key, DESK)?;
        let chain = vec![certificate.into(), ca.der.into()];
        let key = PrivatePkcs8KeyDer::from(own.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key.into()));
        let failed = |error| Failure { what: format!("no TLS: {error}"), next: None };
        Ok(TlsAcceptor::from(Arc::new(config.map_err(failed)?)))
    }

    /// The certificate for a request, with the CAs.
    fn issue(&self, request: &str) -> Result<Answer, Failure> {
        let (ca, key) = self.folder.signer()?;
        let certificate = make::requested(&ca, key, &self.node, request)?;
        let cas = self.folder.cas()?;
        Ok(Answer::Issued { certificate, ca: cas.iter().map(|ca| ca.pem.as_str()).collect() })
    }
}

async fn visit(desk: Arc<Mutex<Desk>>, acceptor: TlsAcceptor, stream: TcpStream) -> Visit {
    converse(desk, acceptor, stream).await.unwrap_or(Visit::Broken)
}

async fn converse(
    desk: Arc<Mutex<Desk>>,
    acceptor: TlsAcceptor,
    stream: TcpStream,
) -> io::Result<Visit> {
    let mut stream = BufReader::new(acceptor.accept(stream).await?);
    let application: Application = hear(&mut stream).await?;
    let desk = desk.lock().await;
    if !desk.token.has(&application.secret) {
        let refused = "the token is another, or was used".to_string();
        say(&mut stream, &Answer::Refused { refused }).await?;
        return Ok(Visit::Wrong);
    }
    let answer = desk.issue(&application.request);
    let answer = answer.unwrap_or_else(|failure| Answer::Refused { refused: failure.what });
    say(&mut stream, &answer).await?;
    let Answer::Issued { certificate, .. } = answer else { return Ok(Visit::Broken) };
    let Kept { kept } = hear(&mut stream).await?;
    Ok(if kept { Visit::Kept(certificate) } else { Visit::Broken })
}
