//! What the seller wants of search: errors that are forgiven, words that mean the same, products
//! to show first or never.
//!
//! Settings are data of the caller's: it stores them, and gives them to
//! [`crate::SearchIndex::set_settings`] when they change. The next search goes by them; nothing is
//! indexed again.

use std::collections::{HashMap, HashSet};

use engine_core::ProductId;
use serde::{Deserialize, Serialize};

use crate::text;
use crate::typo::Typos;

/// The most groups of synonyms.
pub const SYNONYMS_MAX: usize = 1_000;
/// The most texts in one group of synonyms.
pub const SYNONYM_TEXTS_MAX: usize = 16;
/// The most words of one text in a group of synonyms.
pub const SYNONYM_WORDS_MAX: usize = 4;
/// The most rules.
pub const RULES_MAX: usize = 1_000;
/// The most products that one rule pins, and the most that it hides.
pub const RULE_PRODUCTS_MAX: usize = 50;
/// The longest text in settings, in characters.
pub const SETTING_CHARS_MAX: usize = 100;
/// The largest number of letters or products in [`Typos`].
pub const TYPOS_NUMBER_MAX: u8 = 100;

/// All of it. The default has no synonyms and no rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which typing errors are forgiven.
    pub typos: Typos,
    /// Texts that mean the same.
    pub synonyms: Vec<Synonyms>,
    /// What to show first or never for a text.
    pub rules: Vec<Rule>,
}

/// Texts of one to four words that mean the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synonyms {
    /// The texts.
    pub texts: Vec<String>,
    /// Who looks for the first finds the others too, and not the other way round.
    #[serde(default)]
    pub one_way: bool,
}

/// Products to show first or never.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The search it is for: all of its text, in upper or lower case.
    pub text: String,
    /// These come first, in this order, when sorted by relevance. They are found even if they do
    /// not match the text; filters hold for them.
    #[serde(default)]
    pub pinned: Vec<ProductId>,
    /// These are not found.
    #[serde(default)]
    pub hidden: Vec<ProductId>,
}

/// What is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct SettingsError {
    /// Where, e.g. `synonyms[3].texts[0]`.
    pub field: String,
    /// What is wrong there.
    pub what: String,
}

impl Settings {
    /// Says what is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), SettingsError> {
        Compiled::new(self).map(drop)
    }
}

/// Settings as searches read them.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub(crate) typos: Typos,
    /// By the stems of a text, with spaces between: the stems of each other text.
    synonyms: HashMap<String, Vec<Vec<String>>>,
    /// By the words of a text, with spaces between.
    rules: HashMap<String, CompiledRule>,
}

/// A rule as searches read it.
#[derive(Debug, Default)]
pub(crate) struct CompiledRule {
    pub(crate) pinned: HashMap<ProductId, u32>,
    pub(crate) hidden: HashSet<ProductId>,
}

impl Compiled {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let mut compiled = Self { typos: typos(settings.typos)?, ..Self::default() };
        most("synonyms", "groups", settings.synonyms.len(), SYNONYMS_MAX)?;
        for (at, synonyms) in settings.synonyms.iter().enumerate() {
            compiled.add_synonyms(&format!("synonyms[{at}]"), synonyms)?;
        }
        most("rules", "rules", settings.rules.len(), RULES_MAX)?;
        for (at, rule) in settings.rules.iter().enumerate() {
            compiled.add_rule(&format!("rules[{at}]"), rule)?;
        }
        Ok(compiled)
    }

    /// How many of the first words mean the same as other texts, at most; and the stems of those.
    pub(crate) fn synonyms(&self, stems: &[String]) -> (usize, &[Vec<String>]) {
        if self.synonyms.is_empty() {
            return (1, &[]);
        }
        let longest = stems.len().min(SYNONYM_WORDS_MAX);
        let found = (1..=longest).rev().find_map(|count| {
            let others = self.synonyms.get(&stems[..count].join(" "))?;
            Some((count, others.as_slice()))
        });
        found.unwrap_or((1, &[]))
    }

    /// What there is to show first or never for these words.
    pub(crate) fn rule(&self, words: &str) -> Option<&CompiledRule> {
        self.rules.get(words)
    }

    fn add_synonyms(&mut self, field: &str, synonyms: &Synonyms) -> Result<(), SettingsError> {
        let texts = &synonyms.texts;
        most(&format!("{field}.texts"), "texts", texts.len(), SYNONYM_TEXTS_MAX)?;
        if texts.len() < 2 {
            return Err(error(&format!("{field}.texts"), "give two texts or more"));
        }
        let mut stems = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let field = format!("{field}.texts[{at}]");
            short(&field, text)?;
            let words = text::stems(text);
            most(&field, "words", words.len(), SYNONYM_WORDS_MAX)?;
            if words.is_empty() {
                return Err(error(&field, "give a text with letters or digits"));
            }
            stems.push(words);
        }
        for from in if synonyms.one_way { &stems[..1] } else { &stems[..] } {
            let others = self.synonyms.entry(from.join(" ")).or_default();
            for other in &stems {
                if other != from && !others.contains(other) {
                    others.push(other.clone());
                }
            }
        }
        Ok(())
    }

    fn add_rule(&mut self, field: &str, rule: &Rule) -> Result<(), SettingsError> {
        let name = format!("{field}.text");
        short(&name, &rule.text)?;
        let words = text::words(&rule.text).join(" ");
        if words.is_empty() {
            return Err(error(&name, "give a text with letters or digits"));
        }
        most(&format!("{field}.pinned"), "products", rule.pinned.len(), RULE_PRODUCTS_MAX)?;
        most(&format!("{field}.hidden"), "products", rule.hidden.len(), RULE_PRODUCTS_MAX)?;
        if let Some(id) = rule.pinned.iter().find(|id| rule.hidden.contains(id)) {
            return Err(error(&format!("{field}.hidden"), format!("{id} is pinned too")));
        }
        let mut compiled = CompiledRule::default();
        for (at, id) in rule.pinned.iter().enumerate() {
            compiled.pinned.entry(*id).or_insert(at as u32);
        }
        compiled.hidden.extend(&rule.hidden);
        if self.rules.insert(words, compiled).is_some() {
            return Err(error(&name, "there is another rule for this text"));
        }
        Ok(())
    }
}

fn typos(typos: Typos) -> Result<Typos, SettingsError> {
    let numbers = [
        ("typos.one_from", typos.one_from),
        ("typos.two_from", typos.two_from),
        ("typos.enough", typos.enough),
    ];
    for (field, number) in numbers {
        if number > TYPOS_NUMBER_MAX {
            return Err(error(field, format!("at most {TYPOS_NUMBER_MAX}")));
        }
    }
    if typos.two_from > 0 && (typos.one_from == 0 || typos.two_from < typos.one_from) {
        return Err(error("typos.two_from", "not less than typos.one_from, which is not 0 then"));
    }
    Ok(typos)
}

fn short(field: &str, text: &str) -> Result<(), SettingsError> {
    most(field, "characters", text.chars().count(), SETTING_CHARS_MAX)
}

fn most(field: &str, of: &str, count: usize, limit: usize) -> Result<(), SettingsError> {
    match count > limit {
        true => Err(error(field, format!("at most {limit} {of}"))),
        false => Ok(()),
    }
}

fn error(field: &str, what: impl Into<String>) -> SettingsError {
    SettingsError { field: field.to_owned(), what: what.into() }
}
