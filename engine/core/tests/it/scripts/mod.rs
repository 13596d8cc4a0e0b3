//! Runs every script in `tests/scripts`: commands above the line, what the shards said below it.
//!
//! A line of a script is a command of one domain; each domain reads its own lines, in a file of its
//! own, and passes what it does not know to the next. After every line all invariants are checked.
//! `UPDATE_GOLDENFILES=1` writes the answers; read the difference before you commit it.
//!
//! Products, owners and orders have names, `pen@2` for one that lives in shard 2 (1 without `@`).

mod access;
mod audit;
mod cart;
mod catalog;
mod feed;
mod fulfillment;
mod inventory;
mod names;
mod notice;
mod order;
mod orphan;
mod payment;
mod pricing;
mod returns;
mod search;
mod show;
mod time;
mod webhook;
mod world;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use goldenscript::{Command, Context, Runner};

use self::world::World;
use crate::transitions;

/// What a line says.
type Said = Result<String, Box<dyn Error>>;

#[test]
fn scripts() {
    run_all();
}

/// Runs all of them, and notes which transitions there were.
pub fn run_all() {
    let mut scripts: Vec<PathBuf> = fs::read_dir("tests/scripts")
        .unwrap()
        .flat_map(|domain| fs::read_dir(domain.unwrap().path()).unwrap())
        .map(|script| script.unwrap().path())
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty(), "no scripts found");
    for script in scripts {
        let mut world = World::new(2);
        if let Err(error) = goldenscript::run(&mut world, &script) {
            panic!("{}: {error}", script.display());
        }
        for shard in world.cluster.topology.groups() {
            transitions::note(world.cluster.rows(shard));
        }
    }
}

impl Runner for World {
    type Command = Command;

    fn run(&mut self, line: &Command, _: &Context) -> Said {
        let said = pricing::run(self, line)?;
        self.check()?;
        Ok(self.names.spell_out(&said))
    }
}
