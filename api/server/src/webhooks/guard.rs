//! Where webhooks may go: whoever registers an endpoint must not reach what only this node can.
//!
//! The URL's form is checked when it is written and before each attempt. Its host is looked up with
//! each connection, and the connection goes to one of the addresses that were looked at here, never
//! to the answer of a second look-up. Refused: whatever is not public, in IPv4 or as IPv6 has it,
//! unless `--webhook-allow` names it. Redirects are not followed, and there is no proxy.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use engine_core::access::Network;
use engine_core::webhook::URL_BYTES_MAX;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Networks of IPv4 that are not public: first address, and how many bits are fixed.
const NOT_PUBLIC: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Link-local, and there the metadata services of clouds.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, reserved, broadcast.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Says where webhooks may go.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<Network>,
}

/// An address that webhooks may not go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is at no address that webhooks may go to")]
pub struct Refused(String);

impl Guard {
    /// One that lets webhooks go to public addresses and to these networks.
    pub fn new(allowed: Vec<Network>) -> Self {
        Self { allowed }
    }

    /// Whether webhooks may go to an address.
    pub fn permits(&self, addr: IpAddr) -> bool {
        is_public(addr) || self.allows(addr)
    }

    /// Whether webhooks may go to an address without TLS.
    fn allows(&self, addr: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(addr))
    }

    /// The URL in a text, if its form is that of an endpoint; else what is wrong with it.
    pub fn url(&self, text: &str) -> Result<Url, String> {
        let plain = !self.allowed.is_empty();
        let shape = "a webhook's URL is https://host/path";
        if text.len() > URL_BYTES_MAX {
            return Err(format!("a URL has at most {URL_BYTES_MAX} bytes"));
        }
        // The parser would mend what the engine refuses.
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err("a URL has no white space, and nothing but ASCII".to_owned());
        }
        let url = Url::parse(text).map_err(|error| format!("{shape}: {error}"))?;
        let starts = |scheme: &str| url.scheme() == scheme && text.starts_with(scheme);
        if !(starts("https") || plain && starts("http")) {
            return Err(format!("{shape}; without TLS it could be overheard and forged"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL has no user name and password: anybody who reads it has them".into());
        }
        if url.fragment().is_some() {
            return Err("a URL has nothing after a #: it would not be sent".to_owned());
        }
        match literal(&url) {
            Some(addr) if !self.permits_by(&url, addr) => {
                Err(Refused(addr.to_string()).to_string())
            }
            _ => Ok(url),
        }
    }

    fn permits_by(&self, url: &Url, addr: IpAddr) -> bool {
        if url.scheme() == "https" { self.permits(addr) } else { self.allows(addr) }
    }

    /// Looks hosts up for connections, with or without TLS.
    pub fn resolver(&self, tls: bool) -> Arc<Resolver> {
        Arc::new(Resolver { guard: self.clone(), tls })
    }
}

/// The address that a URL has instead of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.parse().ok()
}

/// Whether an address is somebody's on the Internet.
pub fn is_public(addr: IpAddr) -> bool {
    match addr.to_canonical() {
        IpAddr::V4(addr) => is_public_v4(addr),
        IpAddr::V6(addr) => is_public_v6(addr),
    }
}

fn is_public_v4(addr: Ipv4Addr) -> bool {
    let within = |(first, bits): &([u8; 4], u32)| {
        let mask = u32::MAX << (32 - bits);
        addr.to_bits() & mask == Ipv4Addr::from(*first).to_bits()
    };
    !NOT_PUBLIC.iter().any(within)
}

/// Only what is global unicast, and of what stands for an IPv4 address only what that one is.
fn is_public_v6(addr: Ipv6Addr) -> bool {
    let bits = addr.to_bits();
    let begins = |first: u128, length: u32| bits >> (128 - length) == first >> (128 - length);
    let inner = |shift: u32| is_public_v4(Ipv4Addr::from_bits((bits >> shift) as u32));
    if begins(0x0064_ff9b << 96, 96) {
        return inner(0);
    }
    if begins(0x2002 << 112, 16) {
        return inner(80);
    }
    let documentation = begins(0x2001_0db8 << 96, 32) || begins(0x3fff << 112, 20);
    // 2001::/23 is for protocols, Teredo among them.
    begins(0x2000 << 112, 3) && !begins(0x2001 << 112, 23) && !documentation
}

/// Looks hosts up, and leaves out what webhooks may not go to.
pub struct Resolver {
    guard: Guard,
    tls: bool,
}

impl Resolver {
    fn permits(&self, addr: IpAddr) -> bool {
        if self.tls { self.guard.permits(addr) } else { self.guard.allows(addr) }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = Self { guard: self.guard.clone(), tls: self.tls };
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let kept: Vec<SocketAddr> = found.filter(|addr| this.permits(addr.ip())).collect();
            if kept.is_empty() {
                return Err(Refused(name.as_str().to_owned()).into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_refused_in_every_form() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.7",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2002:a9fe:a9fe::",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "4000::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_lies_beside_it_is_public() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_allowed_is_permitted_and_nothing_beside_it() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        for (text, permitted) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("fd00::1", true),
            ("fc00::1", false),
            ("10.0.0.1", false),
            ("::1", false),
            ("1.1.1.1", true),
        ] {
            assert_eq!(guard.permits(text.parse().unwrap()), permitted, "{text}");
        }
    }

    #[test]
    fn a_url_has_the_form_of_an_endpoint() {
        let (strict, open) = (Guard::default(), Guard::new(vec!["127.0.0.0/8".parse().unwrap()]));
        for bad in [
            "",
            "shop.example",
            "ftp://shop.example/",
            "http://shop.example/",
            "https://",
            "https://a:b@shop.example/",
            "https://a@shop.example/",
            "https://shop.example/#x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::ffff:10.0.0.1]/",
            "https://shop.example/a b",
            "https://shop.ex\u{e4}mple/",
            "HTTPS://shop.example/",
        ] {
            assert!(strict.url(bad).is_err(), "{bad}");
        }
        assert!(strict.url(&format!("https://shop.example/{}", "x".repeat(2_048))).is_err());
        for good in ["https://shop.example/hook?x=1", "https://1.1.1.1:8443/", "https://a.example"]
        {
            assert!(strict.url(good).is_ok(), "{good}");
        }
        assert!(open.url("http://127.0.0.1:9000/").is_ok());
        assert!(open.url("http://1.1.1.1/").is_err(), "without TLS only where it is allowed");
        assert!(open.url("https://10.0.0.1/").is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_looked_up() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = Guard::default().resolver(true).resolve(name()).await;
        let why = refused.err().map(|error| error.is::<Refused>());
        assert_eq!(why, Some(true));
        let local = ["127.0.0.0/8", "::1"].map(|text| text.parse().unwrap());
        let open = Guard::new(local.into());
        assert!(open.resolver(true).resolve(name()).await.is_ok());
        assert!(open.resolver(false).resolve(name()).await.is_ok());
    }
}
