//! The settings of search.

use serde::{Deserialize, Serialize};

/// The settings of search: `GET /v1/search/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchSettings {
    /// 0 before the first change, one more with each.
    pub version: u64,
    /// When they last changed, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// Which typing errors are forgiven.
    pub typos: SearchTypos,
    /// Texts that mean the same.
    pub synonyms: Vec<SearchSynonyms>,
    /// What to show first or never for a text.
    pub rules: Vec<SearchRule>,
}

/// The body of `PUT /v1/search/settings`, which replaces all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutSearchSettings {
    /// Which typing errors are forgiven.
    #[serde(default)]
    pub typos: SearchTypos,
    /// Texts that mean the same.
    #[serde(default)]
    pub synonyms: Vec<SearchSynonyms>,
    /// What to show first or never for a text: one rule for each text.
    #[serde(default)]
    pub rules: Vec<SearchRule>,
}

/// Which typing errors are forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SearchTypos {
    /// Words of so many letters or more may have one error; 0 for none in any word. 5 if absent.
    pub one_from: u8,
    /// Words of so many letters or more may have two errors; 0 for none with two, else not less
    /// than `one_from`. 9 if absent.
    pub two_from: u8,
    /// Errors are looked for when fewer products than this match as typed; 0 for never. 1 if
    /// absent.
    pub enough: u8,
    /// Words of brands may have errors too.
    pub in_brand: bool,
    /// Words of SKUs may have errors too.
    pub in_sku: bool,
}

impl Default for SearchTypos {
    fn default() -> Self {
        Self { one_from: 5, two_from: 9, enough: 1, in_brand: false, in_sku: false }
    }
}

/// Texts that mean the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchSynonyms {
    /// The texts, of one to four words each.
    pub texts: Vec<String>,
    /// Who looks for the first finds the others too, and not the other way round.
    #[serde(default)]
    pub one_way: bool,
}

/// Products to show first or never for a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchRule {
    /// All of the text that is searched for, in upper or lower case.
    pub text: String,
    /// Products that come first, in this order, if they pass the filters: `prod_…`.
    #[serde(default)]
    pub pinned: Vec<String>,
    /// Products that are not found: `prod_…`.
    #[serde(default)]
    pub hidden: Vec<String>,
}
