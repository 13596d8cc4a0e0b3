//! The certificates in use, and the connections that are made with them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::PeerTls;
use super::name::CertifiedName;
use super::pair::{self, BadFile, Pair};
use super::watch::{self, Look, Watch};

/// The certificates by which this node and its peers know one another.
pub(crate) struct Trust {
    files: PeerTls,
    us: CertifiedName,
    sides: ArcSwap<Sides>,
    first: Look,
    not_after_s: u64,
}

/// What new connections are made with.
struct Sides {
    connector: TlsConnector,
    acceptor: TlsAcceptor,
}

impl Trust {
    /// Reads the files. They must fit one another and name this very node. An expired certificate
    /// is told and taken: peers refuse it, until a new one is laid in its place.
    pub fn load(files: &PeerTls, us: CertifiedName) -> Result<Self, BadFile> {
        let first = watch::look(&files.files())?;
        let (sides, pair) = read(files, &us, &first)?;
        if let Err(bad) = pair.in_time() {
            tracing::error!(error = %bad, "peers will refuse this node's certificate");
        }
        tracing::info!(name = %us, until = pair.until, "peers must show certificates");
        let not_after_s = pair.not_after_s;
        Ok(Self {
            files: files.clone(),
            us,
            sides: ArcSwap::from_pointee(sides),
            first,
            not_after_s,
        })
    }

    /// Follows the files until it is dropped.
    pub async fn follow(self: Arc<Self>) {
        let watch = Watch {
            port: "peer",
            files: self.files.files(),
            every: self.files.look_again,
            last: self.first.clone(),
            not_after_s: Some(self.not_after_s),
            take: |look: &Look| {
                let (sides, pair) = read(&self.files, &self.us, look)?;
                pair.in_time()?;
                self.sides.store(Arc::new(sides));
                Ok(Some(pair.not_after_s))
            },
        };
        watch.run().await;
    }

    /// Opens TLS at a node's address, and says who answers there.
    pub async fn connect(
        &self,
        socket: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, Vec<CertifiedName>)> {
        // The name is that of the certificate's URI, which is checked afterwards: an address is
        // only where a node happens to be.
        let address = ServerName::IpAddress(socket.peer_addr()?.ip().into());
        let connector = self.sides.load().connector.clone();
        let stream = TlsStream::from(connector.connect(address, socket).await?);
        let names = certified(&stream);
        Ok((stream, names))
    }

    /// Takes TLS from whoever has connected, and says who it is. A refused one gets its
    /// connection back, to be told why.
    pub async fn accept(
        &self,
        socket: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, Vec<CertifiedName>), (std::io::Error, TcpStream)> {
        let acceptor = self.sides.load().acceptor.clone();
        let stream = TlsStream::from(acceptor.accept(socket).into_fallible().await?);
        let names = certified(&stream);
        Ok((stream, names))
    }
}

/// Whom the certificate at the other end names.
fn certified(stream: &TlsStream<TcpStream>) -> Vec<CertifiedName> {
    let shown = stream.get_ref().1.peer_certificates();
    shown.and_then(|chain| chain.first()).map(pair::names).unwrap_or_default()
}

fn read(files: &PeerTls, us: &CertifiedName, look: &Look) -> Result<(Sides, Pair), BadFile> {
    let [ca, cert, key] = &look[..] else {
        return Err(BadFile::new(&files.ca, "three files were expected"));
    };
    let mut roots = RootCertStore::empty();
    for certificate in pair::certificates(&files.ca, ca)? {
        roots.add(certificate).map_err(|error| BadFile::new(&files.ca, error))?;
    }
    let pair = Pair::parse((&files.cert, cert), (&files.key, key))?;
    if !pair.names.contains(us) {
        let shown: Vec<String> = pair.names.iter().map(ToString::to_string).collect();
        let shown = if shown.is_empty() { "no node".to_owned() } else { shown.join(", ") };
        return Err(BadFile::new(&files.cert, format!("it is for {shown}; this node is {us}")));
    }
    let sides = sides(files, Arc::new(roots), &pair)?;
    Ok((sides, pair))
}

fn sides(files: &PeerTls, roots: Arc<RootCertStore>, pair: &Pair) -> Result<Sides, BadFile> {
    let bad = |error: &dyn std::fmt::Display| BadFile::new(&files.cert, error);
    let provider = Arc::new(ring::default_provider());
    let chain = || pair.chain.iter().cloned().map(CertificateDer::from).collect::<Vec<_>>();
    let key = || {
        let key = PrivateKeyDer::try_from(pair.key.clone());
        key.map_err(|error| BadFile::new(&files.key, error))
    };
    let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
    let clients = clients.build().map_err(|error| BadFile::new(&files.ca, error))?;
    let servers = ClusterVerifier { roots, algorithms: provider.signature_verification_algorithms };
    let shown = chain();
    let (leaf, between) = shown.split_first().ok_or_else(|| bad(&"no certificate"))?;
    let now = UnixTime::now();
    signed(files, clients.verify_client_cert(leaf, between, now).map(|_| ()))?;
    signed(files, servers.verify(leaf, between, now))?;

    let mut server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| bad(&error))?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain(), key()?)
        .map_err(|error| bad(&error))?;
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| bad(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(servers))
        .with_client_auth_cert(chain(), key()?)
        .map_err(|error| bad(&error))?;
    client.resumption = Resumption::disabled();
    client.enable_sni = false;
    Ok(Sides {
        connector: TlsConnector::from(Arc::new(client)),
        acceptor: TlsAcceptor::from(Arc::new(server)),
    })
}

/// Fails unless this node's own certificate is one that its peers take, but for its time.
fn signed(files: &PeerTls, verified: Result<(), Error>) -> Result<(), BadFile> {
    use CertificateError as Why;
    let why = match verified {
        Ok(()) => return Ok(()),
        Err(Error::InvalidCertificate(why)) => why,
        Err(error) => return Err(BadFile::new(&files.cert, error)),
    };
    Err(match why {
        Why::Expired | Why::ExpiredContext { .. } => return Ok(()),
        Why::NotValidYet | Why::NotValidYetContext { .. } => return Ok(()),
        Why::UnknownIssuer | Why::BadSignature => {
            let ca = files.ca.display();
            BadFile::new(&files.cert, format!("it is not signed by a CA in {ca}"))
        }
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => BadFile::new(
            &files.cert,
            "its extended key usages must have both client and server authentication",
        ),
        why => BadFile::new(&files.cert, Error::InvalidCertificate(why)),
    })
}

/// Takes the certificates of the cluster's CAs, whatever address they are at.
#[derive(Debug)]
struct ClusterVerifier {
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClusterVerifier {
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let leaf = ParsedCertificate::try_from(leaf)?;
        let all = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&leaf, &self.roots, between, now, all)
    }
}

impl ServerCertVerifier for ClusterVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        _address: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify(leaf, between, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
