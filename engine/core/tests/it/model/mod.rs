//! Random commands, compared with a model of what the outside world expects.
//!
//! Each run starts from nothing: a few products, owners and keys over three shards, and whatever
//! comes to the mind of sellers, customers, coordinators, a lossy network, a clock that jumps and a
//! provider that loses answers. After every command the answer, the shard and its invariants are
//! compared; at the end everything is delivered, and the books must balance.
//!
//! A failure prints the line that replays it.

mod act;
mod back;
mod cart;
mod carts;
mod expect;
mod finish;
mod fulfillment;
mod keys;
mod locations;
mod mails;
mod naive;
mod orders;
mod orphans;
mod payments;
mod policy;
mod promotions;
mod provider;
mod repay;
mod reship;
mod search;
mod shop;
mod stock;
mod time;
mod trail;
mod work;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use self::world::World;
use crate::{scripts, transitions};

/// The least number of commands over all runs, pulses and endings not counted.
const COMMANDS_MIN: u64 = 100_000;
/// How many acts one run has.
const ACTS_PER_RUN: u64 = 400;
/// The shards of each run.
const SHARDS: u16 = 3;

#[test]
fn random_commands_do_what_the_world_expects() {
    if let Ok(seed) = std::env::var("STOA_SEED") {
        play(seed.parse().expect("STOA_SEED is a number"));
        return transitions::check(false);
    }
    let (mut seed, mut commands) = (1, 0);
    while commands < COMMANDS_MIN {
        let played = catch_unwind(AssertUnwindSafe(|| play(seed)));
        commands += played.unwrap_or_else(|panic| {
            let test = "model::random_commands_do_what_the_world_expects";
            eprintln!("replay: STOA_SEED={seed} cargo test --release -p engine-core {test}");
            resume_unwind(panic)
        });
        seed += 1;
    }
    println!("{commands} commands in {} runs", seed - 1);
    scripts::run_all();
    transitions::check(true);
}

/// One story. Says how many commands, other than pulses, there were before its end began.
fn play(seed: u64) -> u64 {
    let mut world = World::new(seed, SHARDS);
    for _ in 0..ACTS_PER_RUN {
        world.act();
    }
    let commands = world.commands - world.pulses;
    world.finish();
    commands
}
