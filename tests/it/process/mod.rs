//! Real `stoad` processes, real disks, real signals.
//!
//! Each test is short in CI; `make soak` sets `STOA_SOAK_SECONDS` and they go on for that long.
//! `STOA_SEED` repeats the orders of an earlier run, whose seed stands in its output.

mod cert;
mod crashes;
mod crowds;
mod demo;
mod disk_full;
mod events;
mod faults;
mod lives;
mod notices;
mod payments;
mod races;
mod scarce;
mod secrets;
mod traces;
mod webhooks;

use std::time::{Duration, Instant};

/// How often a test repeats what it does: once, or until the soak time is over.
pub struct Rounds {
    until: Option<Instant>,
    first: bool,
}

impl Rounds {
    pub fn new() -> Self {
        let seconds = std::env::var("STOA_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
        let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        Self { until, first: true }
    }

    pub fn next(&mut self) -> bool {
        let more = self.first || self.until.is_some_and(|until| Instant::now() < until);
        self.first = false;
        more
    }
}
