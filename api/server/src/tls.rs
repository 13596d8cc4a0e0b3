//! https on the public port: which certificate it shows, and TLS with whoever connects.
//!
//! The files are looked at again now and then. A new pair that fits is shown to new connections
//! from then on; one that does not changes nothing, and the log says why.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use raft::tls::watch::{self, Look, Watch};
use raft::tls::{BadFile, LOOK_AGAIN_MS, Pair, PeerTls};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::AbortOnDropHandle;

/// How long a client may take over its TLS handshake, in milliseconds.
const HANDSHAKE_TIMEOUT_MS: u64 = 10_000;
/// The first byte of whoever speaks TLS.
const TLS_BEGINS_WITH: u8 = 0x16;
/// What a client is told that does not.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
    Content-Length: 45\r\nConnection: close\r\n\r\nThis port speaks https: begin with https://.\n";

/// The flags that name certificates.
#[derive(Debug, Clone, clap::Args)]
pub struct TlsArgs {
    /// The certificate to show to clients, PEM, with what lies between it and its CA: the public
    /// port then takes https only. A file that is replaced is used without a restart
    #[arg(long, env = "STOA_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of --tls-cert, PEM
    #[arg(long, env = "STOA_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The CA of the cluster's nodes, PEM (two of them while it is being changed): nodes then take
    /// only connections of nodes whose certificates it has signed
    #[arg(long, env = "STOA_PEER_CA", value_name = "FILE", requires = "peer_cert")]
    pub peer_ca: Option<PathBuf>,
    /// The certificate to show to other nodes, PEM: it names this node and its cluster. See `stoa
    /// cert`
    #[arg(long, env = "STOA_PEER_CERT", value_name = "FILE", requires = "peer_key")]
    pub peer_cert: Option<PathBuf>,
    /// The key of --peer-cert, PEM
    #[arg(long, env = "STOA_PEER_KEY", value_name = "FILE", requires = "peer_ca")]
    pub peer_key: Option<PathBuf>,
    /// How often the files are looked at again, in milliseconds
    #[arg(long, env = "STOA_TLS_LOOK_MS", value_name = "MS", default_value_t = LOOK_AGAIN_MS,
        value_parser = clap::value_parser!(u64).range(10..))]
    pub tls_look_ms: u64,
}

impl TlsArgs {
    /// The public port's certificate and key, if it is to speak https.
    pub fn public(&self) -> Option<[PathBuf; 2]> {
        Some([self.tls_cert.clone()?, self.tls_key.clone()?])
    }

    /// What nodes know one another by, if they are to show certificates.
    pub fn peers(&self) -> Option<PeerTls> {
        let (ca, cert) = (self.peer_ca.clone()?, self.peer_cert.clone()?);
        Some(PeerTls { ca, cert, key: self.peer_key.clone()?, look_again: self.look_again() })
    }

    fn look_again(&self) -> Duration {
        Duration::from_millis(self.tls_look_ms)
    }
}

/// Makes TLS connections of the public port's.
#[derive(Clone)]
pub struct PublicTls {
    acceptor: TlsAcceptor,
    _following: Arc<AbortOnDropHandle<()>>,
}

/// Shows whatever certificate is the current one.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl PublicTls {
    /// Reads the certificate and its key, if there are any, and follows them until it is dropped.
    /// One that has expired is told and shown all the same, until a new one is laid in its place.
    pub fn start(args: &TlsArgs) -> Result<Option<Self>, BadFile> {
        let Some(files) = args.public() else { return Ok(None) };
        let first = watch::look(&files)?;
        let (key, pair) = certified(&files, &first)?;
        if let Err(bad) = pair.in_time() {
            tracing::error!(error = %bad, "clients will refuse the public port's certificate");
        }
        tracing::info!(until = pair.until, "the public port takes https");
        let current = Arc::new(Current(ArcSwap::from_pointee(key)));
        let unusable =
            |error: rustls::Error| BadFile { file: files[0].clone(), why: error.to_string() };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let watch = Watch {
            port: "public",
            files: files.to_vec(),
            every: args.look_again(),
            last: first,
            not_after_s: Some(pair.not_after_s),
            take: move |look: &Look| {
                let (key, pair) = certified(&files, look)?;
                pair.in_time()?;
                current.0.store(Arc::new(key));
                Ok(Some(pair.not_after_s))
            },
        };
        let following = AbortOnDropHandle::new(tokio::spawn(watch.run()));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Some(Self { acceptor, _following: Arc::new(following) }))
    }

    /// TLS with whoever has connected; nothing where it does not come about in time. Who speaks
    /// plain HTTP is told so, in plain HTTP.
    pub async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let deadline = Duration::from_millis(HANDSHAKE_TIMEOUT_MS);
        let accepted = timeout(deadline, self.handshake(stream)).await;
        let why = match accepted {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => error,
            Err(elapsed) => elapsed.into(),
        };
        metrics::counter!("stoa_tls_handshake_failures_total").increment(1);
        tracing::debug!(error = %why, "no TLS with a client");
        None
    }

    async fn handshake(&self, mut stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut first = [0; 1];
        if stream.peek(&mut first).await? == 1 && first[0] != TLS_BEGINS_WITH {
            // What was sent is taken, so that closing does not cut the answer off.
            let _some = stream.try_read(&mut [0; 16 << 10]);
            stream.write_all(SPEAK_TLS).await?;
            stream.shutdown().await?;
            return Err(io::Error::other("it does not begin as TLS does"));
        }
        self.acceptor.accept(stream).await
    }
}

fn certified(files: &[PathBuf; 2], look: &Look) -> Result<(CertifiedKey, Pair), BadFile> {
    let [cert_file, key_file] = files;
    let bad = |why: String| BadFile { file: key_file.clone(), why };
    let [cert, key] = &look[..] else { return Err(bad("two files were expected".to_owned())) };
    let pair = Pair::parse((cert_file, cert), (key_file, key))?;
    let chain = pair.chain.iter().cloned().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::try_from(pair.key.clone()).map_err(|why| bad(why.to_owned()))?;
    let certified = CertifiedKey::from_der(chain, key, &ring::default_provider());
    Ok((certified.map_err(|error| bad(error.to_string()))?, pair))
}
