//! What sellers want of search: one row of the meta group, by which every node's index goes.
//!
//! What each setting does is the index's part (docs/search.md); here it is data with limits. The
//! row is there from the first change on; until then the settings are those of version 0.

mod put_search_settings;
pub(crate) mod rows;

use serde::{Deserialize, Serialize};

use crate::catalog::validate::{range, size, text};
use crate::ids::ProductId;
use crate::rejection::{Field, Rejection};

pub use put_search_settings::PutSearchSettings;

/// The most groups of synonyms.
pub const SYNONYMS_MAX: usize = 1_000;
/// The most texts in one group of synonyms.
pub const SYNONYM_TEXTS_MAX: usize = 16;
/// The most rules.
pub const RULES_MAX: usize = 1_000;
/// The most products that one rule pins, and the most that it hides.
pub const RULE_PRODUCTS_MAX: usize = 50;
/// The longest text in settings, in bytes of UTF-8.
pub const SETTING_BYTES_MAX: usize = 400;
/// The largest number in [`Typos`].
pub const TYPOS_NUMBER_MAX: u8 = 100;
/// The most that all texts of synonyms, or all texts and ids of rules, may take, in bytes.
pub const SETTINGS_BYTES_MAX: usize = 256 << 10;

/// What an id takes, in bytes.
const ID_BYTES: usize = 16;

/// The settings of search as they are stored and told (meta group).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchSettings {
    /// 0 before the first change, one more with each.
    pub version: u64,
    /// When they last changed, in Unix milliseconds; 0 if they never have.
    pub updated_at: u64,
    /// What the seller says.
    pub details: SearchDetails,
}

/// What a seller says of search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchDetails {
    /// Which typing errors are forgiven.
    pub typos: Typos,
    /// Texts that mean the same.
    pub synonyms: Vec<Synonyms>,
    /// What to show first or never for a text.
    pub rules: Vec<SearchRule>,
}

/// Which typing errors are forgiven: numbers to [`TYPOS_NUMBER_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typos {
    /// Words of so many letters or more may have one error; 0 for none in any word.
    pub one_from: u8,
    /// Words of so many letters or more may have two errors; 0 for none with two.
    pub two_from: u8,
    /// Errors are looked for when fewer products than this match as typed; 0 for never.
    pub enough: u8,
    /// Words of brands may have errors too.
    pub in_brand: bool,
    /// Words of SKUs may have errors too.
    pub in_sku: bool,
}

impl Default for Typos {
    fn default() -> Self {
        Self { one_from: 5, two_from: 9, enough: 1, in_brand: false, in_sku: false }
    }
}

/// Texts that mean the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synonyms {
    /// The texts, two at least.
    pub texts: Vec<String>,
    /// Who looks for the first finds the others too, and not the other way round.
    pub one_way: bool,
}

/// Products to show first or never for a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRule {
    /// The text that is searched for.
    pub text: String,
    /// These come first, in this order.
    pub pinned: Vec<ProductId>,
    /// These are not found.
    pub hidden: Vec<ProductId>,
}

impl SearchDetails {
    /// Refuses what is outside its limits: the first field that is wrong, in the struct's order.
    fn check(&self) -> Result<(), Rejection> {
        self.typos.check()?;
        size(Field::Synonyms, self.synonyms.len(), 0, SYNONYMS_MAX)?;
        for synonyms in &self.synonyms {
            size(Field::Synonyms, synonyms.texts.len(), 2, SYNONYM_TEXTS_MAX)?;
            let mut texts = synonyms.texts.iter();
            texts.try_for_each(|it| text(Field::Synonyms, it, 1, SETTING_BYTES_MAX))?;
        }
        size(Field::Synonyms, self.synonym_bytes(), 0, SETTINGS_BYTES_MAX)?;
        size(Field::Rules, self.rules.len(), 0, RULES_MAX)?;
        for rule in &self.rules {
            text(Field::Rules, &rule.text, 1, SETTING_BYTES_MAX)?;
            size(Field::Rules, rule.pinned.len(), 0, RULE_PRODUCTS_MAX)?;
            size(Field::Rules, rule.hidden.len(), 0, RULE_PRODUCTS_MAX)?;
        }
        size(Field::Rules, self.rule_bytes(), 0, SETTINGS_BYTES_MAX)
    }

    /// How much the texts of all synonyms take, in bytes.
    pub fn synonym_bytes(&self) -> usize {
        self.synonyms.iter().flat_map(|synonyms| &synonyms.texts).map(String::len).sum()
    }

    /// How much the texts and ids of all rules take, in bytes.
    pub fn rule_bytes(&self) -> usize {
        let bytes = |rule: &SearchRule| {
            rule.text.len() + (rule.pinned.len() + rule.hidden.len()) * ID_BYTES
        };
        self.rules.iter().map(bytes).sum()
    }
}

impl Typos {
    fn check(self) -> Result<(), Rejection> {
        for number in [self.one_from, self.two_from, self.enough] {
            range(Field::Typos, number.into(), 0, TYPOS_NUMBER_MAX.into())?;
        }
        let sound = self.two_from == 0 || (self.one_from > 0 && self.two_from >= self.one_from);
        if sound { Ok(()) } else { Err(Rejection::Malformed { field: Field::Typos }) }
    }
}
