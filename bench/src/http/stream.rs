//! The bytes of one connection, as they are or through TLS.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What every connection speaks TLS with: set once, before the first.
static TLS: OnceLock<TlsConnector> = OnceLock::new();

/// Speaks TLS from now on, and trusts the CAs of a PEM file and nobody else.
pub(crate) fn trust(file: &Path) -> io::Result<()> {
    let named =
        |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", file.display()));
    let mut roots = RootCertStore::empty();
    for ca in CertificateDer::pem_file_iter(file).map_err(|error| named(&error))? {
        let ca = ca.map_err(|error| named(&error))?;
        roots.add(ca).map_err(|error| named(&error))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| named(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let _set_before = TLS.set(TlsConnector::from(Arc::new(config)));
    Ok(())
}

/// A connection to one node.
#[derive(Debug)]
pub(crate) enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Through TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Connects.
    pub(crate) async fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = TLS.get() else { return Ok(Self::Plain(stream)) };
        let stream = tls.connect(ServerName::IpAddress(addr.ip().into()), stream).await?;
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Sends all of it.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Reads what is there; nothing at the end.
    pub(crate) async fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(room).await,
            Self::Tls(stream) => stream.read(room).await,
        }
    }
}
