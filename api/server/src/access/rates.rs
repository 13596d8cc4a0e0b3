//! How often somebody may call this node: the generic cell rate algorithm (ITU-T I.371), by the
//! `governor` crate, with one bucket for each key, customer and address.
//!
//! Each node counts for itself, so that no request waits for another node.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use engine_core::{KeyId, Owner};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::errors::{Code, Error};

/// How much may come at once: what the rate allows in this many seconds.
const BURST_S: u32 = 5;
/// How many of an IPv6 address's bits one bucket is for: a customer's connection has a /64.
const IPV6_BITS: u32 = 64;

/// How many requests a second a node takes from one caller; 0: any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// From one API key.
    pub key: u32,
    /// From one customer or guest.
    pub customer: u32,
    /// Without an API key, from one address.
    pub address: u32,
}

impl Rates {
    /// From one API key, unless the operator says otherwise.
    pub const PER_KEY: u32 = 10_000;
    /// From one customer or guest, unless the operator says otherwise.
    pub const PER_CUSTOMER: u32 = 50;
    /// From one address, unless the operator says otherwise.
    pub const PER_ADDRESS: u32 = 500;
}

/// What is left to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The most requests at once.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// In how many seconds all of them are there again.
    pub reset_s: u32,
}

/// Counts callers' requests.
pub struct RateLimits {
    keys: Option<Limiter<KeyId>>,
    customers: Option<Limiter<Owner>>,
    addresses: Option<Limiter<IpAddr>>,
}

/// An answer to "may this one come in": what is left, and the refusal if nothing was.
pub type Counted = (Option<Allowance>, Result<(), Error>);

impl RateLimits {
    /// Counters at these rates.
    pub fn new(rates: Rates) -> Self {
        Self {
            keys: Limiter::new(rates.key),
            customers: Limiter::new(rates.customer),
            addresses: Limiter::new(rates.address),
        }
    }

    /// Counts a request of an API key.
    pub fn of_key(&self, key: KeyId) -> Counted {
        count(self.keys.as_ref(), &key, "this API key")
    }

    /// Counts a request of a customer or a guest.
    pub fn of_customer(&self, customer: &Owner) -> Counted {
        count(self.customers.as_ref(), customer, "this customer")
    }

    /// Counts a request of an address.
    pub fn of_address(&self, address: IpAddr) -> Counted {
        let bucket = match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let first = address.to_bits() >> IPV6_BITS << IPV6_BITS;
                IpAddr::V6(Ipv6Addr::from_bits(first))
            }
        };
        count(self.addresses.as_ref(), &bucket, "this address")
    }

    /// Forgets who has been away long enough to have everything left; called now and then.
    pub fn forget_idle(&self) {
        self.keys.iter().for_each(Limiter::forget_idle);
        self.customers.iter().for_each(Limiter::forget_idle);
        self.addresses.iter().for_each(Limiter::forget_idle);
    }
}

type Buckets<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

struct Limiter<K: Hash + Eq + Clone> {
    buckets: Buckets<K>,
    clock: DefaultClock,
    per_s: NonZeroU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(per_s: u32) -> Option<Self> {
        let per_s = NonZeroU32::new(per_s)?;
        let burst = NonZeroU32::new(per_s.get().saturating_mul(BURST_S)).unwrap_or(per_s);
        let clock = DefaultClock::default();
        let quota = Quota::per_second(per_s).allow_burst(burst);
        let buckets = RateLimiter::dashmap_with_clock(quota, clock.clone()).with_middleware();
        Some(Self { buckets, clock, per_s })
    }

    fn forget_idle(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
    }
}

fn count<K: Hash + Eq + Clone>(limiter: Option<&Limiter<K>>, who: &K, named: &str) -> Counted {
    let Some(limiter) = limiter else { return (None, Ok(())) };
    let limit = limiter.per_s.get().saturating_mul(BURST_S);
    let allowance = |remaining: u32| {
        let missing = limit.saturating_sub(remaining);
        Allowance { limit, remaining, reset_s: missing.div_ceil(limiter.per_s.get()) }
    };
    match limiter.buckets.check_key(who) {
        Ok(left) => (Some(allowance(left.remaining_burst_capacity())), Ok(())),
        Err(until) => {
            let wait = until.wait_time_from(limiter.clock.now());
            let detail = format!(
                "this node takes {} requests a second from {named}; wait as Retry-After says",
                limiter.per_s
            );
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            let error = Error::new(Code::RateLimited, detail).after_s(seconds);
            (Some(allowance(0)), Err(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_what_is_beyond_it_waits() {
        let limits = RateLimits::new(Rates { key: 2, customer: 0, address: 1 });
        let burst = 2 * BURST_S;
        for taken in 1..=burst {
            let (left, answer) = limits.of_key(KeyId(1));
            assert!(answer.is_ok());
            let left = left.unwrap();
            assert_eq!((left.limit, left.remaining), (burst, burst - taken));
            assert_eq!(left.reset_s, taken.div_ceil(2));
        }
        let (left, answer) = limits.of_key(KeyId(1));
        assert_eq!(left.map(|left| left.remaining), Some(0));
        let error = answer.unwrap_err();
        assert_eq!((error.code, error.retry_after_s()), (Code::RateLimited, Some(1)));
        assert!(limits.of_key(KeyId(2)).1.is_ok(), "another key has its own");
    }

    #[test]
    fn no_limit_is_no_limit() {
        let limits = RateLimits::new(Rates { key: 1, customer: 0, address: 1 });
        let customer = Owner::new("cus_1").unwrap();
        for _ in 0..10_000 {
            let (left, answer) = limits.of_customer(&customer);
            assert!(left.is_none() && answer.is_ok());
        }
    }

    #[test]
    fn a_network_of_ipv6_shares_a_bucket() {
        let limits = RateLimits::new(Rates { key: 0, customer: 0, address: 1 });
        let taken = (0..100).filter(|host| {
            let address = format!("2001:db8:0:1::{host:x}").parse().unwrap();
            limits.of_address(address).1.is_ok()
        });
        assert_eq!(taken.count() as u32, BURST_S);
        assert!(limits.of_address("2001:db8:0:2::1".parse().unwrap()).1.is_ok());
        assert!(limits.of_address("192.0.2.1".parse().unwrap()).1.is_ok());
        limits.forget_idle();
        assert!(limits.of_address("2001:db8:0:1::1".parse().unwrap()).1.is_err(), "not forgotten");
    }
}
