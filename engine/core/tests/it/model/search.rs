//! Settings of search: a version that counts, and limits.

use engine_core::search::{SearchDetails, Synonyms, Typos};
use engine_core::{Command, Field, PutSearchSettings, Rejection, ShardId, read};
use rand::Rng as _;

use super::expect::{Expected, Told};
use super::naive::Model;
use super::world::World;

impl World {
    /// Somebody changes the settings; sometimes with an old version, sometimes out of limits.
    pub fn put_search_settings(&mut self) {
        let version = self.model.search_version;
        let expected_version = match self.rng.random_range(0..4) {
            0 => None,
            1 => Some(version + 1),
            _ => Some(version),
        };
        let texts = (0..self.rng.random_range(1..18)).map(|number| format!("text {number}"));
        let synonyms = vec![Synonyms { texts: texts.collect(), one_way: self.rng.random() }];
        let enough = self.rng.random_range(0..=110);
        let typos = Typos { enough, ..Typos::default() };
        let details = SearchDetails { typos, synonyms, rules: Vec::new() };
        let command = PutSearchSettings { expected_version, details: details.clone() };
        let applied = self.propose(ShardId::META, Command::PutSearchSettings(command));
        let row = read::search_settings(self.shop.rows(ShardId::META)).unwrap();
        assert_eq!(row.version, self.model.search_version);
        let alone = read::search_version(self.shop.rows(ShardId::META)).unwrap();
        assert_eq!(alone, row.version);
        assert!(applied.outcome.is_err() || row.details == details);
    }
}

impl Model {
    /// Replaces the settings.
    pub fn put_search_settings(&mut self, command: &PutSearchSettings) -> Expected {
        let actual = self.search_version;
        if let Some(expected) = command.expected_version.filter(|expected| *expected != actual) {
            return Err(Rejection::VersionMismatch { expected, actual });
        }
        let out_of_range = |field, min, max| Err(Rejection::OutOfRange { field, min, max });
        if command.details.typos.enough > 100 {
            return out_of_range(Field::Typos, 0, 100);
        }
        let texts = |group: &Synonyms| group.texts.len();
        if command.details.synonyms.iter().any(|group| !(2..=16).contains(&texts(group))) {
            return out_of_range(Field::Synonyms, 2, 16);
        }
        self.search_version += 1;
        Ok(Told::SearchSettings(self.search_version))
    }
}
