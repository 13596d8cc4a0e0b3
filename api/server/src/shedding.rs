//! How much is under way at once. What is beyond is refused at once with 503, so that what was let
//! in ends in time and memory has a bound; what tells how the node does is always let in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::errors::{Code, Error};
use crate::time::now_ms;

/// The most requests in handlers at once.
const REQUESTS_MAX: usize = 2_048;
/// The most large bodies in memory at once.
const LARGE_BODIES_MAX: usize = 256;
/// For how long nobody must have stood in line for the next to be a new crowd, in milliseconds.
const CALM_MS: u64 = 10_000;
/// After how long a line of orders is a standing one, in milliseconds.
const STANDING_MS: u64 = 1_000;
/// How long an order waits in line for a place, in milliseconds.
const CROWD_WAIT_MS: u64 = 1_000;
/// How long it waits in a standing line, in milliseconds.
const STANDING_WAIT_MS: u64 = 50;
/// From here on a body is large, in bytes.
pub const LARGE_BODY_BYTES: usize = 16 << 10;
/// The routes by which others see how the node does, and operators mend it.
const VITAL: [&str; 6] = [
    "/livez",
    "/readyz",
    "/metrics",
    "/v1/cluster/status",
    "/v1/cluster/self",
    "/v1/cluster/leaders/transfer",
];

/// Room for what is under way.
pub struct Room {
    requests: Semaphore,
    orders: Semaphore,
    line: Line,
    large_bodies: Semaphore,
}

impl Room {
    /// All of it free: for that many orders at once.
    pub fn new(orders: u32) -> Self {
        Self {
            requests: Semaphore::new(REQUESTS_MAX),
            orders: Semaphore::new(orders as usize),
            line: Line::default(),
            large_bodies: Semaphore::new(LARGE_BODIES_MAX),
        }
    }

    /// Room for a request of this route, given back when it is dropped; none for vital routes,
    /// which need none.
    pub fn of_request(&self, route: Option<&str>) -> Result<Option<SemaphorePermit<'_>>, Error> {
        if route.is_some_and(is_vital) {
            return Ok(None);
        }
        one(&self.requests, "requests").map(Some)
    }

    /// Room for an order that is being placed, given back when it is dropped. Beyond what the
    /// cluster does at once, each order more makes all of them slower and none more. A crowd that
    /// has just come may wait in line; when the line does not get empty, it must stay short, or all
    /// who are let in have waited (after CoDel, RFC 8289, as in Maurer: Fail at Scale, ACM Queue
    /// 13.8, 2015).
    pub async fn of_order(&self) -> Result<SemaphorePermit<'_>, Error> {
        if let Ok(permit) = self.orders.try_acquire() {
            return Ok(permit);
        }
        let wait = Duration::from_millis(self.line.wait_ms(now_ms()));
        match tokio::time::timeout(wait, self.orders.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(too_many("orders")),
        }
    }

    /// Room for a large body, given back when it is dropped.
    pub fn of_large_body(&self) -> Result<SemaphorePermit<'_>, Error> {
        one(&self.large_bodies, "large bodies")
    }
}

/// Since when orders have stood in line. Races between requests move a time by as little as they
/// are apart, which nobody notices.
#[derive(Default)]
struct Line {
    /// When the first of them came, in Unix milliseconds.
    since_ms: AtomicU64,
    /// When the last one did.
    last_ms: AtomicU64,
}

impl Line {
    /// How long who comes now may wait. Lines with little time between them are one: who was sent
    /// away comes back.
    fn wait_ms(&self, now: u64) -> u64 {
        let last = self.last_ms.swap(now, Ordering::Relaxed);
        if now.saturating_sub(last) > CALM_MS {
            self.since_ms.store(now, Ordering::Relaxed);
        }
        let stood = now.saturating_sub(self.since_ms.load(Ordering::Relaxed));
        if stood < STANDING_MS { CROWD_WAIT_MS } else { STANDING_WAIT_MS }
    }
}

/// Whether a route is let in however much is under way.
pub fn is_vital(route: &str) -> bool {
    VITAL.contains(&route)
}

fn one<'a>(room: &'a Semaphore, what: &str) -> Result<SemaphorePermit<'a>, Error> {
    room.try_acquire().map_err(|_| too_many(what))
}

fn too_many(what: &str) -> Error {
    let detail = format!("this node has too many {what} under way; try again, or ask another one");
    Error::new(Code::Overloaded, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_is_refused_and_vital_routes_are_not() {
        let room = Room::new(1);
        let held: Vec<_> =
            (0..REQUESTS_MAX).map(|_| room.of_request(Some("/v1/orders")).unwrap()).collect();
        let refused = room.of_request(Some("/v1/orders")).err().map(|error| error.code);
        assert_eq!(refused, Some(Code::Overloaded));
        assert!(room.of_request(None).is_err());
        for route in VITAL {
            assert!(matches!(room.of_request(Some(route)), Ok(None)), "{route}");
        }
        drop(held);
        assert!(room.of_request(Some("/v1/orders")).is_ok());
    }

    #[tokio::test]
    async fn a_crowd_waits_in_line_and_a_standing_line_is_short() {
        let room = Room::new(1);
        let order = room.of_order().await.unwrap();
        let waited = async || {
            let began = tokio::time::Instant::now();
            let refused = room.of_order().await.err().map(|error| error.code);
            assert_eq!(refused, Some(Code::Overloaded));
            began.elapsed().as_millis() as u64
        };
        assert!(waited().await >= CROWD_WAIT_MS);
        room.line.since_ms.fetch_sub(STANDING_MS, Ordering::Relaxed);
        assert!((STANDING_WAIT_MS..CROWD_WAIT_MS).contains(&waited().await));
        let (next, ()) = tokio::join!(room.of_order(), async { drop(order) });
        assert!(next.is_ok(), "who waits gets what is given back");
    }

    /// A route that was renamed would be shed in silence.
    #[test]
    fn vital_routes_exist() {
        let document = crate::openapi::of_all_routes();
        for route in VITAL {
            assert!(document["paths"].get(route).is_some(), "{route}");
        }
    }
}
