//! What can go wrong between a shop and its provider, and how often. Chance is drawn from a seed:
//! the same calls in the same order meet the same faults.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::gate::Hang;

/// Of how many a share is told.
const WHOLE: u32 = 1_000;

/// How often each fault happens, in thousandths; and how long things take, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// The least time a call takes.
    pub latency_min_ms: u64,
    /// The most.
    pub latency_max_ms: u64,
    /// Where calls that change something wait until this is turned again.
    pub hang: Hang,
    /// The connection breaks after the work is done.
    pub answer_lost: u32,
    /// 500 after the work is done.
    pub error_after: u32,
    /// 500 instead of the work, of calls about intents.
    pub error_before: u32,
    /// 500 instead of the work, of refunds.
    pub refund_error_before: u32,
    /// 429 before any work.
    pub too_many: u32,
    /// A webhook comes twice.
    pub webhook_twice: u32,
    /// A webhook comes after those that are later.
    pub webhook_reordered: u32,
    /// A webhook comes this much later …
    pub webhook_late_ms: u64,
    /// … so often.
    pub webhook_late: u32,
    /// A webhook never comes.
    pub webhook_lost: u32,
    /// A webhook comes with a wrong signature first.
    pub webhook_forged: u32,
}

impl Knobs {
    /// Which knob is turned too far.
    pub fn check(&self) -> Result<(), String> {
        let shares = [
            ("answer_lost", self.answer_lost),
            ("error_after", self.error_after),
            ("error_before", self.error_before),
            ("refund_error_before", self.refund_error_before),
            ("too_many", self.too_many),
            ("webhook_twice", self.webhook_twice),
            ("webhook_reordered", self.webhook_reordered),
            ("webhook_late", self.webhook_late),
            ("webhook_lost", self.webhook_lost),
            ("webhook_forged", self.webhook_forged),
        ];
        if let Some((name, _)) = shares.iter().find(|(_, share)| *share > WHOLE) {
            return Err(format!("{name} is a share of 0 to {WHOLE} thousandths"));
        }
        match self.latency_min_ms > self.latency_max_ms {
            true => Err("latency_min_ms is at most latency_max_ms".to_owned()),
            false => Ok(()),
        }
    }
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// How long it takes.
    pub latency_ms: u64,
    /// How it ends.
    pub end: End,
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With its answer.
    Answered,
    /// It is done, and the connection breaks.
    Lost,
    /// It is done, and is answered with 500.
    Broken,
    /// It is not done, and is answered with 500.
    Failed,
    /// It is not done: too many calls.
    TooMany,
}

/// What happens to one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// How often it is sent.
    pub times: u32,
    /// How much later than it might be.
    pub late_ms: u64,
    /// It waits for the next one.
    pub swapped: bool,
    /// It comes with a wrong signature first.
    pub forged: bool,
}

/// Chance, as the knobs are set.
#[derive(Debug)]
pub struct Chance {
    /// As they are set now.
    pub knobs: Knobs,
    random: ChaCha8Rng,
}

impl Chance {
    /// From a seed.
    pub fn new(seed: u64, knobs: Knobs) -> Self {
        Self { knobs, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// What happens to the next call. Only calls that change something are broken.
    pub fn call(&mut self, changes: bool, refunds: bool) -> Fate {
        let knobs = self.knobs;
        let before = if refunds { knobs.refund_error_before } else { knobs.error_before };
        let latency_ms = self.random.random_range(knobs.latency_min_ms..=knobs.latency_max_ms);
        let shares = [knobs.too_many, knobs.answer_lost, knobs.error_after, before];
        let [too_many, lost, broken, failed] = shares.map(|share| self.hits(share));
        let end = match (too_many, changes && lost, changes && broken, changes && failed) {
            (true, ..) => End::TooMany,
            (_, true, ..) => End::Lost,
            (_, _, true, _) => End::Broken,
            (.., true) => End::Failed,
            _ => End::Answered,
        };
        Fate { latency_ms, end }
    }

    /// What happens to the next webhook.
    pub fn webhook(&mut self) -> Delivery {
        let knobs = self.knobs;
        let [lost, twice, late, swapped, forged] = [
            knobs.webhook_lost,
            knobs.webhook_twice,
            knobs.webhook_late,
            knobs.webhook_reordered,
            knobs.webhook_forged,
        ]
        .map(|share| self.hits(share));
        let times = match (lost, twice) {
            (true, _) => 0,
            (_, true) => 2,
            _ => 1,
        };
        let late_ms = if late { knobs.webhook_late_ms } else { 0 };
        Delivery { times, late_ms, swapped, forged }
    }

    fn hits(&mut self, share: u32) -> bool {
        self.random.random_range(0..WHOLE) < share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_meets_the_same_faults_and_shares_are_kept() {
        let knobs = Knobs { answer_lost: 250, too_many: 100, ..Knobs::default() };
        let draw = |seed| {
            let mut chance = Chance::new(seed, knobs);
            (0..4_000).map(|_| chance.call(true, false).end).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let count = |end| draw(3).into_iter().filter(|it| *it == end).count();
        assert!((320..480).contains(&count(End::TooMany)), "{}", count(End::TooMany));
        assert!((780..1_020).contains(&count(End::Lost)), "{}", count(End::Lost));
        let mut calm = Chance::new(1, knobs);
        assert!(
            (0..1_000).all(|_| calm.call(false, false).end != End::Lost),
            "reads are not broken"
        );
    }

    #[test]
    fn a_knob_has_an_end() {
        assert!(Knobs { answer_lost: 1_001, ..Knobs::default() }.check().is_err());
        assert!(
            Knobs { latency_min_ms: 2, latency_max_ms: 1, ..Knobs::default() }.check().is_err()
        );
        assert_eq!(Knobs { answer_lost: 1_000, ..Knobs::default() }.check(), Ok(()));
    }
}
