//! When a delivery that failed is tried again.

use std::time::Duration;

/// Seconds in a minute, and in an hour.
const M: u64 = 60;
const H: u64 = 60 * M;

/// How long each attempt waits after the one before it, in seconds.
const WAITS_S: [u64; 10] = [0, 5, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H];
/// By which part of it a wait is longer at most, so that what failed together does not come again
/// together.
const JITTER: f64 = 0.1;

/// How long all attempts take together, in milliseconds, jitter left out.
pub fn whole_ms() -> u64 {
    WAITS_S.iter().sum::<u64>() * 1_000
}

/// How long to wait after so many attempts; nothing if that was the last. Who asks for a longer
/// wait (`Retry-After`) gets it, up to the wait after this one; nobody gets a shorter one, for
/// attempts are few. `chance` is from 0 to 1.
pub fn wait(attempts: u32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
    let at = usize::try_from(attempts).unwrap_or(usize::MAX);
    let step = Duration::from_secs(*WAITS_S.get(at)?);
    let most = WAITS_S.get(at.saturating_add(1)).or(WAITS_S.last()).copied().unwrap_or_default();
    let asked = asked.unwrap_or_default().min(Duration::from_secs(most));
    Some(step.max(asked).mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<u64> =
            (1..).map_while(|attempts| wait(attempts, None, 0.0)).map(|it| it.as_secs()).collect();
        assert_eq!(waits, WAITS_S[1..], "ten attempts");
        assert_eq!(wait(10, Some(Duration::from_secs(1)), 0.0), None);
        assert_eq!(wait(u32::MAX, None, 0.0), None);
        assert_eq!(whole_ms(), (5 + 35 * M + 75 * H) * 1_000);
    }

    #[test]
    fn who_asks_gets_a_longer_wait_within_bounds() {
        let after = |seconds| wait(1, Some(Duration::from_secs(seconds)), 0.0);
        assert_eq!(after(2), Some(Duration::from_secs(5)));
        assert_eq!(after(60), Some(Duration::from_secs(60)));
        assert_eq!(after(86_400), Some(Duration::from_secs(300)));
        let most = wait(1, None, 1.0).map(|it| it.as_millis());
        assert_eq!(most, Some(5_500), "a tenth more at most");
    }
}
