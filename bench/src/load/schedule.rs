//! When each ask of a client is meant to happen. Pure arithmetic.

use std::time::Duration;

/// One client's part of an arrival rate. All clients together are evenly spaced: client `c` of `n`
/// has arrivals number c, c + n, c + 2n, …
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// Between two arrivals of all clients together.
    every: Duration,
    clients: u32,
    next: u32,
}

impl Schedule {
    /// The part of `client` of `clients` in `rate` arrivals per second.
    pub(crate) fn new(rate: f64, client: usize, clients: usize) -> Self {
        let whole = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            every: Duration::from_secs_f64(1.0 / rate),
            clients: whole(clients),
            next: whole(client),
        }
    }

    /// The intended time of the next arrival, since the run began.
    pub(crate) fn next(&mut self) -> Duration {
        let at = self.every.saturating_mul(self.next);
        self.next = self.next.saturating_add(self.clients);
        at
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Schedule;

    #[test]
    fn clients_share_the_rate_evenly_spaced() {
        let mut all: Vec<Duration> = (0..4)
            .flat_map(|client| {
                let mut schedule = Schedule::new(1000.0, client, 4);
                (0..25).map(move |_| schedule.next())
            })
            .collect();
        all.sort_unstable();
        let expected: Vec<_> = (0..100).map(Duration::from_millis).collect();
        assert_eq!(all, expected);
    }
}
