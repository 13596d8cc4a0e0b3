//! The node's side: asks for the certificate of a key that it has just made.

use std::{io, sync::Arc, time::Duration};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{io::BufReader, net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{Answer, Application, DESK, Kept, Token, hear, say};
use crate::{cert::make, failure::Failure};

/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(10);

/// What a node gets.
pub struct Joined {
    /// Its certificate.
    pub certificate: String,
    /// Its key, which nobody else has.
    pub key: String,
    /// The cluster's CAs.
    pub ca: String,
}

/// Asks at an address, and has what comes kept: only then the token has served.
pub async fn join(
    from: &str,
    token: &Token,
    keep: impl FnOnce(&Joined) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let lost = |error: &dyn std::fmt::Display| {
        let next = "where `stoa cert invite` waits, and the token that it has printed";
        Failure::new(format!("{from}: {error}"), next)
    };
    let asked = timeout(WHOLE, ask(from, token)).await;
    let asked = asked.map_err(|_| lost(&"no answer within 10 s"))?;
    let (mut stream, joined) = asked.map_err(|error| lost(&error))?;
    keep(&joined)?;
    // If this is lost, the operator's side waits on, and nothing else comes of it.
    let _lost = say(&mut stream, &Kept { kept: true }).await;
    Ok(())
}

type Stream = BufReader<tokio_rustls::client::TlsStream<TcpStream>>;

async fn ask(from: &str, token: &Token) -> io::Result<(Stream, Joined)> {
    let made = make::request().map_err(|failure| io::Error::other(failure.what))?;
    let provider = Arc::new(ring::default_provider());
    let verifier = Pinned { token: token.clone(), provider: provider.clone() };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from(DESK).map_err(io::Error::other)?;
    let stream = TcpStream::connect(from).await?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let mut stream = BufReader::new(stream);
    let application = Application { secret: token.secret(), request: made.certificate };
    say(&mut stream, &application).await?;
    match hear(&mut stream).await? {
        Answer::Issued { certificate, ca } => {
            Ok((stream, Joined { certificate, key: made.key, ca }))
        }
        Answer::Refused { refused } => Err(io::Error::other(refused)),
    }
}

/// Believes only the CA that the token names.
#[derive(Debug)]
struct Pinned {
    token: Token,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ca = intermediates.iter().find(|ca| self.token.is_of(ca));
        let ca = ca.ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone().into_owned())?;
        let roots = Arc::new(roots);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, self.provider.clone());
        let verifier = verifier.build().map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, &[], server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
