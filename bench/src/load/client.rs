//! One client: asks, waits, asks again; or asks when it is time to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use super::recorder::{Recorder, Times};
use super::run::Gathered;
use super::schedule::Schedule;
use super::{Acknowledged, Answer, Session};
use crate::workload::{Ask, Script};

/// How long a client waits before it asks again under the same key.
const RETRY_AFTER: Duration = Duration::from_millis(5);
/// Answers by which a node keeps a client out, with a `Retry-After`.
const KEPT_OUT: [&str; 2] = ["overloaded", "rate_limited"];
/// How long a client of a closed loop then stays away: what `Retry-After` says.
const KEPT_OUT_FOR: Duration = Duration::from_secs(1);

/// How a client behaves.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    /// Its number.
    pub(super) number: usize,
    /// Open loop: when each ask is meant to happen.
    pub(super) schedule: Option<Schedule>,
    /// No ask begins after this.
    pub(super) until: Duration,
    /// Asks again under the same key until it is clear what happened, for at most so long.
    pub(super) persist: Option<Duration>,
    /// Counts what is answered.
    pub(super) recorder: Arc<Mutex<Recorder>>,
}

/// Runs one client to the end of the run.
pub(super) async fn run<C: Clock, S: Session>(
    mut manner: Manner,
    clock: C,
    mut session: S,
    mut script: Box<dyn Script>,
) -> Gathered {
    let mut gathered = Gathered::default();
    loop {
        let intended = match &mut manner.schedule {
            Some(schedule) => schedule.next(),
            None => clock.now(),
        };
        if intended >= manner.until || manner.stopped() {
            return gathered;
        }
        if clock.now() < intended {
            clock.wait_until(intended).await;
        }
        let ask = script.next();
        let answer = manner.ask(&clock, &mut session, &ask, intended).await;
        match (ask, answer) {
            (Ask::Place(ask), Answer::Placed(order)) => {
                script.placed(order);
                let client = manner.number;
                gathered.acknowledged.push(Acknowledged { ask, client, order });
            }
            (Ask::Place(ask), Answer::Unclear(code)) => {
                gathered.unclear.push(ask);
                if manner.schedule.is_none() && KEPT_OUT.contains(&code.as_str()) {
                    clock.wait_until(clock.now() + KEPT_OUT_FOR).await;
                }
            }
            _ => {}
        }
    }
}

impl Manner {
    async fn ask<C: Clock, S: Session>(
        &self,
        clock: &C,
        session: &mut S,
        ask: &Ask,
        intended: Duration,
    ) -> Answer {
        loop {
            let answer = session.ask(ask).await;
            let now = clock.now();
            let due = if self.schedule.is_some() { intended } else { now };
            self.recorder().answered(ask.op(), &answer, Times { intended, now, due });
            let unclear = matches!(answer, Answer::Unclear(_));
            match self.persist {
                Some(patience) if unclear && now.saturating_sub(intended) < patience => {
                    clock.wait_until(now + RETRY_AFTER).await;
                }
                _ => return answer,
            }
        }
    }

    fn stopped(&self) -> bool {
        self.recorder().is_stopped()
    }

    fn recorder(&self) -> std::sync::MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::super::clock::Clock;
    use super::super::schedule::Schedule;
    use super::super::{Answer, Recorder, Session};
    use super::{Manner, run};
    use crate::workload::{Ask, Script};

    /// A clock that moves when somebody waits or works.
    #[derive(Clone, Default)]
    struct FakeClock(Arc<AtomicU64>);

    impl Clock for FakeClock {
        fn now(&self) -> Duration {
            Duration::from_micros(self.0.load(Ordering::Relaxed))
        }

        async fn wait_until(&self, time: Duration) {
            self.0.fetch_max(time.as_micros() as u64, Ordering::Relaxed);
        }
    }

    /// Answers in 1 ms, but the tenth time in 500 ms.
    struct Hiccup {
        clock: FakeClock,
        asked: u32,
    }

    impl Session for Hiccup {
        async fn ask(&mut self, _: &Ask) -> Answer {
            self.asked += 1;
            let took = if self.asked == 10 { 500_000 } else { 1_000 };
            self.clock.0.fetch_add(took, Ordering::Relaxed);
            Answer::Done
        }
    }

    struct Pages;

    impl Script for Pages {
        fn next(&mut self) -> Ask {
            Ask::Page(0)
        }
    }

    fn measure(schedule: Option<Schedule>) -> super::super::OpReport {
        let clock = FakeClock::default();
        let until = Duration::from_secs(1);
        let recorder = Arc::new(Mutex::new(Recorder::new(Duration::ZERO, until)));
        let manner =
            Manner { number: 0, schedule, until, persist: None, recorder: Arc::clone(&recorder) };
        let session = Hiccup { clock: clock.clone(), asked: 0 };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(manner, clock, session, Box::new(Pages)));
        let ops = recorder.lock().unwrap().ops();
        ops.into_iter().next().unwrap()
    }

    #[test]
    fn an_open_loop_counts_the_wait_of_asks_that_could_not_be_asked() {
        let report = measure(Some(Schedule::new(100.0, 0, 1)));
        // 100 arrivals, one each 10 ms. The hiccup of 500 ms delays about 55 of them: it takes as
        // long again, at 9 ms gained per ask, to catch up.
        assert_eq!(report.count, 100);
        assert!(report.p50_us > 20_000, "{report:?}");
        assert!(report.p90_us > 300_000, "{report:?}");
    }

    #[test]
    fn a_closed_loop_sees_one_slow_answer() {
        let report = measure(None);
        assert_eq!(report.count, 500);
        assert!(report.p99_us < 1_010 && report.max_us >= 500_000, "{report:?}");
    }

    /// Unclear twice, then placed.
    struct Forgetful(u32);

    impl Session for Forgetful {
        async fn ask(&mut self, _: &Ask) -> Answer {
            self.0 += 1;
            if self.0.is_multiple_of(3) {
                Answer::Done
            } else {
                Answer::Unclear("timeout".to_owned())
            }
        }
    }

    #[test]
    fn a_persistent_client_asks_until_it_knows() {
        let clock = FakeClock::default();
        let until = Duration::from_millis(100);
        let recorder = Arc::new(Mutex::new(Recorder::new(Duration::ZERO, until)));
        let schedule = Some(Schedule::new(20.0, 0, 1));
        let persist = Some(Duration::from_secs(1));
        let manner =
            Manner { number: 0, schedule, until, persist, recorder: Arc::clone(&recorder) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(manner, clock, Forgetful(0), Box::new(Pages)));
        let recorder = recorder.lock().unwrap();
        assert_eq!(recorder.ops()[0].count, 2);
        assert_eq!(recorder.errors().get("timeout"), Some(&4));
    }
}
