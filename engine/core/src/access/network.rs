//! From where a key may be used: one host, or all whose address begins alike.
//!
//! Invariant: a [`Network`] that was parsed or made by [`Network::new`] is in its normal form, so
//! two that contain the same hosts are equal. Commands are checked for it: bytes can say anything.
//!
//! Addresses come from `core::net`, which has nothing else: no sockets, no names to look up.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How many bits of an IPv4-mapped IPv6 address stand before the IPv4 one (`::ffff:0:0/96`).
const MAPPED_BITS: u8 = 96;

/// All addresses that begin with the same bits, of IPv4 or of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Network {
    /// Its first address: the bits after the first [`bits`](Self::bits) are zero.
    pub addr: IpAddr,
    /// How many bits its addresses have in common: to 32 for IPv4, to 128 for IPv6.
    pub bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no network: write one address, or the first and how many bits are fixed, \
     as 10.0.0.0/8 or 2001:db8::/32"
)]
pub struct BadNetwork(pub String);

impl Network {
    /// The network of an address, in normal form: the bits after the first `bits` are zeroed, and
    /// IPv4 mapped into IPv6 is IPv4.
    pub fn new(addr: IpAddr, bits: u8) -> Result<Self, BadNetwork> {
        if bits > width(addr) {
            return Err(BadNetwork(format!("{addr}/{bits}")));
        }
        let addr = first(addr, bits);
        let mapped = addr.to_canonical();
        // Masked to fewer bits than the mark has, a mapped address is no longer one.
        let bits = if mapped == addr { bits } else { bits - MAPPED_BITS };
        Ok(Self { addr: mapped, bits })
    }

    /// The network of one address.
    pub fn host(addr: IpAddr) -> Self {
        let addr = addr.to_canonical();
        Self { addr, bits: width(addr) }
    }

    /// Whether it is as [`Network::new`] makes it.
    pub fn is_normal(&self) -> bool {
        Self::new(self.addr, self.bits).is_ok_and(|normal| normal == *self)
    }

    /// Whether an address lies in it. IPv4 mapped into IPv6 counts as IPv4, and an IPv6 network has
    /// no IPv4 address in it, not even `::/0`.
    pub fn contains(&self, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        addr.is_ipv4() == self.addr.is_ipv4() && first(addr, self.bits) == self.addr
    }
}

/// How many bits an address has.
fn width(addr: IpAddr) -> u8 {
    if addr.is_ipv4() { 32 } else { 128 }
}

/// The address with all bits zeroed after the first `bits`.
fn first(addr: IpAddr, bits: u8) -> IpAddr {
    let host_bits = u32::from(width(addr).saturating_sub(bits));
    match addr {
        IpAddr::V4(addr) => {
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            Ipv4Addr::from_bits(addr.to_bits() & mask).into()
        }
        IpAddr::V6(addr) => {
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            Ipv6Addr::from_bits(addr.to_bits() & mask).into()
        }
    }
}

impl fmt::Display for Network {
    /// A single host is its address alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == width(self.addr) {
            return self.addr.fmt(f);
        }
        write!(f, "{}/{}", self.addr, self.bits)
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let Some((addr, bits)) = text.split_once('/') else {
            return text.parse().map(Self::host).map_err(|_| bad());
        };
        let addr = addr.parse().map_err(|_| bad())?;
        // `parse` would take `+8` for a number.
        let plain = bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = bits.parse().ok().filter(|_| plain).ok_or_else(bad)?;
        Self::new(addr, bits).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn is_read_and_told_in_normal_form() {
        for (text, normal) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("10.1.2.3/31", "10.1.2.2/31"),
            ("255.255.255.255/0", "0.0.0.0/0"),
            ("2001:DB8:0:1::5/32", "2001:db8::/32"),
            ("::1", "::1"),
            ("::1/128", "::1"),
            ("ffff::/0", "::/0"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3/96", "0.0.0.0/0"),
            ("::ffff:10.1.2.3/95", "::fffe:0:0/95"),
        ] {
            let network = network(text);
            assert_eq!(network.to_string(), normal, "{text}");
            assert_eq!(normal.parse(), Ok(network), "{text}");
            assert!(network.is_normal(), "{text}");
            assert!(network.contains(network.addr), "{text}");
        }
    }

    #[test]
    fn says_what_it_would_have_liked() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "/8",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "10.0.0.0/255.0.0.0",
            " 10.0.0.0/8",
            "10.0.0.0 /8",
            "::/129",
            "::/256",
            "::ffff:1.2.3.4/129",
            "example.com",
            "fe80::1%eth0",
            "010.0.0.1",
        ] {
            let error = text.parse::<Network>().unwrap_err();
            assert_eq!(error, BadNetwork(text.into()));
            assert!(error.to_string().contains("as 10.0.0.0/8 or 2001:db8::/32"), "{error}");
        }
        let error = Network::new(addr("10.0.0.1"), 33).unwrap_err();
        assert_eq!(error, BadNetwork("10.0.0.1/33".into()));
    }

    #[test]
    fn contains_what_begins_alike() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.2"),
            ("192.168.0.128/25", "192.168.0.255", "192.168.0.127"),
            ("0.0.0.0/0", "1.2.3.4", "::1"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
            ("::1", "::1", "::"),
            ("::/0", "2001:db8::1", "127.0.0.1"),
            ("::/0", "::1", "::ffff:127.0.0.1"),
        ] {
            let network = network(text);
            assert!(network.contains(addr(inside)), "{text} has {inside}");
            assert!(!network.contains(addr(outside)), "{text} has not {outside}");
        }
    }

    #[test]
    fn bytes_that_say_anything_are_told_apart_and_harm_nobody() {
        let odd = [("10.0.0.1", 8), ("10.0.0.1", 33), ("10.0.0.1", 255), ("::1", 127)];
        let mapped = [("::ffff:10.0.0.1", 128), ("::", 129)];
        for (text, bits) in odd.into_iter().chain(mapped) {
            let network = Network { addr: addr(text), bits };
            assert!(!network.is_normal(), "{network:?}");
            let _ = (network.contains(addr("10.0.0.1")), network.contains(addr("::1")));
        }
    }
}
