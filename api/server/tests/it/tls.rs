//! https on the public port, and a whole cluster that speaks nothing but TLS.

use std::path::{Path, PathBuf};

use api_client::Client;
use api_server::{Args, Server};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType, date_time_ymd,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Fault, Tested, alone, args, eventually, free_ports, fresh_dir, order};

/// How often nodes look at their certificates, in milliseconds.
const LOOK_MS: u64 = 20;

/// A CA.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Lays a pair for a node on this machine into a folder, and the CA beside it.
    fn lay(&self, dir: &Path, node: u64, ends: i32) -> Result<[PathBuf; 3], Fault> {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        let name = format!("stoa://tests/node/{node}");
        params.subject_alt_names.push(SanType::URI(name.as_str().try_into()?));
        params.not_after = date_time_ymd(ends, 1, 1);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let cert = params.signed_by(&key, &self.0)?.pem();
        let put = |name: &str, text: &str| {
            let (fresh, file) = (dir.join("fresh"), dir.join(name));
            std::fs::write(&fresh, text)?;
            std::fs::rename(fresh, &file)?;
            Ok::<_, Fault>(file)
        };
        Ok([
            put("ca.crt", &self.0.pem())?,
            put(&format!("{node}.crt"), &cert)?,
            put(&format!("{node}.key"), &key.serialize_pem())?,
        ])
    }

    fn client(&self, base: &str) -> Result<Client, Fault> {
        Ok(Client::new(base)?.with_ca(self.0.pem().as_bytes())?)
    }
}

/// The flags of a node whose public port speaks https.
fn https(mut args: Args, files: &[PathBuf; 3]) -> Args {
    let secure = |url: &str| url.replace("http://", "https://");
    args.peers.iter_mut().for_each(|peer| peer.peer.url = secure(&peer.peer.url));
    (args.tls.tls_cert, args.tls.tls_key) = (Some(files[1].clone()), Some(files[2].clone()));
    args.tls.tls_look_ms = LOOK_MS;
    args
}

#[test]
fn the_public_port_speaks_https_and_takes_new_certificates_as_they_come() -> Tested {
    alone(async || {
        let dir = fresh_dir("https")?;
        let (ca, next) = (Authority::new()?, Authority::new()?);
        let files = ca.lay(&dir, 1, 2999)?;
        let ports = free_ports(2)?;
        let plain = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let server = Server::start(https(plain, &files)).await?;
        let base = format!("https://{}", server.http());
        let trusting = ca.client(&base)?;
        eventually(async || trusting.ready().await.ok()).await?;
        let told = Client::new(&base)?.ready().await.unwrap_err().to_string();
        assert!(told.contains("UnknownIssuer"), "{told}");
        assert!(next.client(&base)?.ready().await.is_err(), "another CA");
        assert!(Client::new("x")?.with_ca(b"no certificate").is_err());

        let mut socket = TcpStream::connect(server.http()).await?;
        socket.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https"), "{answer}");
        for garbage in [&[0x16; 300][..], b"\x16\x03\x01\x00\x05", b"\0\0"] {
            let mut socket = TcpStream::connect(server.http()).await?;
            socket.write_all(garbage).await?;
            socket.shutdown().await?;
            let _ended = socket.read_to_end(&mut Vec::new()).await;
        }

        // A pair of another CA: who trusts that one gets in from some moment on.
        next.lay(&dir, 1, 2999)?;
        let newer = next.client(&base)?;
        eventually(async || newer.ready().await.ok()).await?;
        assert!(ca.client(&base)?.ready().await.is_err(), "the old pair is not shown any more");
        // What cannot be used is told, and changes nothing.
        let foreign = std::fs::read_to_string(&files[0])?;
        for cert in ["-----BEGIN", &foreign] {
            let before = refused(&next, &base).await?;
            std::fs::write(&files[1], cert)?;
            eventually(async || {
                let now = refused(&next, &base).await.ok()?;
                (now > before).then_some(())
            })
            .await?;
        }
        server.shutdown().await;
        Ok(())
    })
}

/// How many new pairs public ports have refused, as a node that shows this CA's pair tells it.
async fn refused(ca: &Authority, base: &str) -> Result<u64, Fault> {
    let ca = reqwest::Certificate::from_pem(ca.0.pem().as_bytes())?;
    let http = reqwest::Client::builder().no_proxy().add_root_certificate(ca).build()?;
    let answer = http.get(format!("{base}/metrics")).send().await?;
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    let text = answer.text().await?;
    let wanted = |line: &&str| {
        ["stoa_tls_reloads_total", "port=\"public\"", "outcome=\"refused\""]
            .iter()
            .all(|part| line.contains(part))
    };
    let count = text.lines().find(wanted).and_then(|line| line.rsplit(' ').next());
    Ok(count.unwrap_or("0").parse()?)
}

#[test]
fn an_expired_certificate_is_told_and_mended_without_a_restart() -> Tested {
    alone(async || {
        let dir = fresh_dir("expired")?;
        let ca = Authority::new()?;
        let files = ca.lay(&dir, 1, 2020)?;
        let ports = free_ports(2)?;
        let plain = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let server = Server::start(https(plain, &files)).await?;
        let client = ca.client(&format!("https://{}", server.http()))?;
        let told = client.ready().await.unwrap_err().to_string();
        assert!(told.to_lowercase().contains("expired"), "{told}");
        ca.lay(&dir, 1, 2999)?;
        eventually(async || client.ready().await.ok()).await?;
        server.shutdown().await;
        Ok(())
    })
}

#[test]
fn a_cluster_with_certificates_on_both_ports_takes_an_order_at_any_node() -> Tested {
    alone(async || {
        let dir = fresh_dir("both")?;
        let ca = Authority::new()?;
        let ports = free_ports(6)?;
        let nodes: Vec<(u64, u16, u16)> =
            (1..=3).map(|id: u64| (id, ports[id as usize - 1], ports[id as usize + 2])).collect();
        let (mut servers, mut clients) = (Vec::new(), Vec::new());
        for id in 1..=3 {
            let files = ca.lay(&dir, id, 2999)?;
            let mut args = https(args(&dir, id, &nodes)?, &files);
            let [ca_file, cert, key] = files;
            args.tls.peer_ca = Some(ca_file);
            (args.tls.peer_cert, args.tls.peer_key) = (Some(cert), Some(key));
            let server = Server::start(args).await?;
            clients.push(ca.client(&format!("https://{}", server.http()))?);
            servers.push(server);
        }
        for client in &clients {
            eventually(async || client.ready().await.ok()).await?;
            // Nodes ask one another over https, too.
            eventually(async || {
                let status = client.cluster_status().await.ok()?;
                status.healthy.then_some(())
            })
            .await?;
        }
        let new = api_client::NewProduct {
            name: "Sealed".into(),
            price: 500,
            currency: "USD".into(),
            stock: Some(10),
            ..Default::default()
        };
        let product = clients[0].create_product(None, &new).await?.body.id;
        for (number, client) in clients.iter().enumerate() {
            let order = order(&format!("cus_{number}"), &[(&product, 1)]);
            let key = format!("tls-{number}");
            let placed = eventually(async || match client.place_order(&key, &order, None).await {
                Err(error) if error.is_retryable() => None,
                outcome => Some(outcome),
            });
            assert_eq!(placed.await??.body.status, "confirmed");
        }
        assert!(eventually(async || clients[2].audit().await.ok()).await?.ok);
        for server in servers {
            server.shutdown().await;
        }
        Ok(())
    })
}
