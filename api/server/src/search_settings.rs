//! The settings of search, from the rows that sellers write to what the index goes by.

use engine_core::search::{SearchDetails, SearchRule, Synonyms, Typos};

/// What the index is told.
pub fn of_index(details: &SearchDetails) -> engine_search::Settings {
    let Typos { one_from, two_from, enough, in_brand, in_sku } = details.typos;
    engine_search::Settings {
        typos: engine_search::Typos { one_from, two_from, enough, in_brand, in_sku },
        synonyms: details.synonyms.iter().map(synonyms).collect(),
        rules: details.rules.iter().map(rule).collect(),
    }
}

fn synonyms(Synonyms { texts, one_way }: &Synonyms) -> engine_search::Synonyms {
    engine_search::Synonyms { texts: texts.clone(), one_way: *one_way }
}

fn rule(SearchRule { text, pinned, hidden }: &SearchRule) -> engine_search::Rule {
    engine_search::Rule { text: text.clone(), pinned: pinned.clone(), hidden: hidden.clone() }
}

#[cfg(test)]
mod tests {
    use engine_core::search as core;

    use super::*;

    /// Rows have room for all that the index takes, and mean the same without a word.
    #[test]
    fn limits_and_defaults_are_the_same_on_both_sides() {
        let both = [
            (core::SYNONYMS_MAX, engine_search::SYNONYMS_MAX),
            (core::SYNONYM_TEXTS_MAX, engine_search::SYNONYM_TEXTS_MAX),
            (core::RULES_MAX, engine_search::RULES_MAX),
            (core::RULE_PRODUCTS_MAX, engine_search::RULE_PRODUCTS_MAX),
            // A character has four bytes at most.
            (core::SETTING_BYTES_MAX, 4 * engine_search::SETTING_CHARS_MAX),
            (core::TYPOS_NUMBER_MAX.into(), engine_search::TYPOS_NUMBER_MAX.into()),
        ];
        for (row, index) in both {
            assert_eq!(row, index);
        }
        assert_eq!(of_index(&SearchDetails::default()), engine_search::Settings::default());
    }
}
