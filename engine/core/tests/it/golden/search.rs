//! Samples of the settings of search, and of the command about them.

use engine_core::search::{SearchDetails, SearchRule, SearchSettings, Synonyms, Typos};
use engine_core::{Command, PutSearchSettings};

use super::Golden;
use super::values::PRODUCT;

pub fn hold(golden: &mut Golden) {
    let row = SearchSettings { version: 3, updated_at: 2_000, details: details() };
    golden.hold(vec![("sample".into(), row)]);
}

pub fn command() -> Command {
    let (expected_version, details) = (Some(2), details());
    Command::PutSearchSettings(PutSearchSettings { expected_version, details })
}

fn details() -> SearchDetails {
    let typos = Typos { one_from: 4, two_from: 8, enough: 2, in_brand: true, in_sku: false };
    let synonyms = Synonyms { texts: vec!["Füller".into(), "fountain pen".into()], one_way: true };
    let rule = SearchRule { text: "pen".into(), pinned: vec![PRODUCT], hidden: vec![] };
    SearchDetails { typos, synonyms: vec![synonyms], rules: vec![rule] }
}
