//! Asks for the impossible: random commands with extreme values must be answered, never panic and
//! never fault, and leave every invariant of a shard whole.
//!
//! Messages and settlements come from nobody here, so shards need not agree with one another: that
//! is the model's part. `STOA_SEED=n` runs one seed alone, `STOA_SEEDS=n` so many.

mod carts;
mod commands;
mod feed;
mod fulfillment;
mod locations;
mod notices;
mod pricing;
mod search;
mod values;
mod webhooks;

use engine_core::dedup::Idempotency;
use engine_core::{Command, ShardId, Stamp, Stamped};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use self::values::Values;
use crate::cluster::Cluster;

/// How many seeds a run has.
const SEEDS: u64 = 60;
/// How many commands a seed has.
const COMMANDS: u32 = 400;
/// After how many commands invariants are checked.
const CHECK_EVERY: u32 = 20;

#[test]
fn nothing_faults() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let seeds = 0..number("STOA_SEEDS").unwrap_or(SEEDS);
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    for seed in number("STOA_SEED").map_or(seeds, |seed: u64| seed..seed + 1) {
        let mut run = Run::new(seed);
        for step in 0..COMMANDS {
            let ok = run.step(seed, step);
            *if ok { &mut accepted } else { &mut refused } += 1;
        }
    }
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
}

struct Run {
    cluster: Cluster,
    values: Values,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shards = random.random_range(1..=3);
        Self { cluster: Cluster::new(shards), values: Values::new(random) }
    }

    /// Runs a command. Says whether it was accepted.
    fn step(&mut self, seed: u64, step: u32) -> bool {
        let command = commands::any(&mut self.values);
        let shard = self.shard(&command);
        self.cluster.now = self.values.later(self.cluster.now, step == COMMANDS - 1);
        let stamp = self.stamp();
        let said = format!("STOA_SEED={seed}, step {step}, shard {shard}: {stamp:?} {command:?}");
        let applied = self.cluster.apply(shard, Stamped { stamp, command });
        let applied = applied.unwrap_or_else(|fault| panic!("{fault}\n{said}"));
        if step.is_multiple_of(CHECK_EVERY) {
            let found = self.cluster.violations_within().unwrap();
            assert!(found.is_empty(), "{found:#?}\n{said}");
        }
        applied.outcome.is_ok()
    }

    /// Where the router would send it, or anywhere.
    fn shard(&mut self, command: &Command) -> ShardId {
        if self.values.random.random_bool(0.1) {
            return ShardId(self.values.random.random_range(0..=self.cluster.topology.shards));
        }
        match command {
            Command::CommitHold(_) | Command::ReleaseHold(_) => ShardId(1),
            Command::Deliver(_)
            | Command::Acknowledge(_)
            | Command::Pulse(_)
            | Command::OpenDeliveries(_)
            | Command::NoteDeliveries(_)
            | Command::CloseDeliveries(_)
            | Command::ReplayDeadLetters(_)
            | Command::OpenNotices(_)
            | Command::StartNotices(_)
            | Command::SettleNotices(_)
            | Command::ReplayDeadNotices(_) => {
                ShardId(self.values.random.random_range(0..=self.cluster.topology.shards))
            }
            command => self.cluster.home(command),
        }
    }

    fn stamp(&mut self) -> Stamp {
        let now = self.cluster.now;
        let values = &mut self.values;
        let request = if values.random.random_bool(0.2) { values.id() } else { 0 };
        let key = values.random.random_bool(0.1);
        let idempotency = key.then(|| Idempotency { key: values.id(), body: values.id() });
        let named = values.random.random_bool(0.3);
        let actor = named.then(|| values.actor());
        Stamp { now, request, idempotency, actor }
    }
}
