//! Where a request comes from: the connection's address, or what a trusted proxy says of it.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use engine_core::access::Network;
use hyper::header::{FORWARDED, HOST, ORIGIN};

/// The header in which proxies note whom they speak for, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Where a request's connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Remote(pub SocketAddr);

/// The address of who calls: the nearest one that is not a trusted proxy's. What others than
/// trusted proxies say of themselves counts for nothing.
pub fn client_address(remote: Remote, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let own = remote.0.ip().to_canonical();
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(own) {
        return own;
    }
    let told = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let told: Vec<_> = told.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut nearest = own;
    for text in told.iter().rev() {
        let Ok(address) = text.parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !is_trusted(nearest) {
            break;
        }
    }
    nearest
}

/// Whether whoever calls is on this machine itself: not behind a proxy that runs here, and no page
/// of another site in a browser that does, which must not borrow the trust in this machine. A
/// page's request names its origin, or a host that only its own name server maps to this machine.
pub fn is_of_this_machine(remote: Remote, headers: &HeaderMap) -> bool {
    let is_direct = !headers.contains_key(FORWARDED_FOR) && !headers.contains_key(FORWARDED);
    let has_own_origin = headers.get(ORIGIN).is_none_or(|origin| {
        let text = origin.to_str().unwrap_or_default();
        text.split_once("://").is_some_and(|(_, host)| is_loopback(host))
    });
    let has_own_host = headers.get(HOST).is_none_or(|host| host.to_str().is_ok_and(is_loopback));
    remote.0.ip().to_canonical().is_loopback() && is_direct && has_own_origin && has_own_host
}

/// Whether `host` or `host:port` names the loopback interface by itself.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    fn remote(text: &str) -> Remote {
        Remote(SocketAddr::new(text.parse().unwrap(), 40_000))
    }

    const XFF: HeaderName = HeaderName::from_static(FORWARDED_FOR);

    #[test]
    fn neither_a_web_page_nor_a_proxys_client_borrows_trust() {
        for ours in [
            headers(&[]),
            headers(&[(HOST, "127.0.0.1:7101")]),
            headers(&[(HOST, "localhost:7101"), (ORIGIN, "http://localhost:3000")]),
            headers(&[(HOST, "[::1]:7101")]),
        ] {
            assert!(is_of_this_machine(remote("127.0.0.1"), &ours), "{ours:?}");
            assert!(is_of_this_machine(remote("::ffff:127.0.0.1"), &ours), "{ours:?}");
            assert!(!is_of_this_machine(remote("192.0.2.1"), &ours), "{ours:?}");
        }
        for foreign in [
            headers(&[(HOST, "127.0.0.1:7101"), (ORIGIN, "https://shop.example")]),
            headers(&[(HOST, "127.0.0.1:7101"), (ORIGIN, "null")]),
            headers(&[(HOST, "rebound.example:7101")]),
            headers(&[(HOST, "localhost.example")]),
            headers(&[(HOST, "localhost"), (XFF, "192.0.2.1")]),
            headers(&[(HOST, "localhost"), (FORWARDED, "for=192.0.2.1")]),
        ] {
            assert!(!is_of_this_machine(remote("127.0.0.1"), &foreign), "{foreign:?}");
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<Network> =
            ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap()).into();
        let address = |from: &str, told: &[&'static str]| {
            let told: Vec<_> = told.iter().map(|told| (XFF, *told)).collect();
            client_address(remote(from), &headers(&told), &trusted).to_string()
        };
        assert_eq!(address("192.0.2.9", &["198.51.100.1"]), "192.0.2.9", "a stranger says so");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        // The nearest that is no proxy of ours: what stands before it, the client may have made up.
        assert_eq!(address("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("fd00::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(address("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }
}
