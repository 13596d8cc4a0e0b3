//! Random settings of search.

use engine_core::search::{SearchDetails, SearchRule, Synonyms, Typos};
use engine_core::{Command, PutSearchSettings};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let expected_version = v.maybe(Values::small);
    let details =
        SearchDetails { typos: typos(v), synonyms: v.many(2, synonyms), rules: v.many(2, rule) };
    Command::PutSearchSettings(PutSearchSettings { expected_version, details })
}

fn typos(v: &mut Values) -> Typos {
    let mut number = || v.one_of(&[0, 1, 5, 9, 100, 101, u8::MAX]);
    let [one_from, two_from, enough] = [number(), number(), number()];
    match v.random.random_bool(0.5) {
        true => Typos::default(),
        false => Typos { one_from, two_from, enough, in_brand: true, in_sku: true },
    }
}

fn synonyms(v: &mut Values) -> Synonyms {
    let sound = v.random.random_bool(0.9);
    let texts = if sound { vec!["cup".into(), "mug".into()] } else { v.many(4, Values::text) };
    Synonyms { texts, one_way: v.random.random() }
}

fn rule(v: &mut Values) -> SearchRule {
    let text = if v.random.random_bool(0.9) { "cup".into() } else { v.text() };
    SearchRule { text, pinned: v.many(3, Values::product), hidden: v.many(3, Values::product) }
}
