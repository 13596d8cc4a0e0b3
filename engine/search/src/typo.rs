//! How many typing errors a word may have, and how many lie between two words.
//!
//! An error is a letter too many, a letter missing, a wrong letter, or two neighbors that have
//! changed places: each counts one.

use serde::{Deserialize, Serialize};

/// The largest number of errors in one word that is looked for.
pub(crate) const ERRORS_MAX: u8 = 2;

/// When a word of a query may stand for one that is written a little differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typos {
    /// Words of so many letters or more may have one error; 0 for none in any word.
    pub one_from: u8,
    /// Words of so many letters or more may have two errors; 0 for none with two.
    pub two_from: u8,
    /// Errors are looked for when fewer products than this match the words as they are typed.
    /// 0 turns them off.
    pub enough: u8,
    /// Words of brands may have errors too. Those of names always may.
    pub in_brand: bool,
    /// Words of SKUs may have errors too.
    pub in_sku: bool,
}

impl Default for Typos {
    fn default() -> Self {
        Self { one_from: 5, two_from: 9, enough: 1, in_brand: false, in_sku: false }
    }
}

impl Typos {
    /// How many errors this word may have. A word with a digit is a number or a model: none.
    pub(crate) fn allowed(&self, word: &str) -> u8 {
        let letters = word.chars().count();
        let long = |from: u8| from > 0 && letters >= usize::from(from);
        match word.chars().any(char::is_numeric) {
            true => 0,
            false if long(self.two_from) => ERRORS_MAX,
            false => u8::from(long(self.one_from)),
        }
    }
}

/// How many errors lie between two words.
pub(crate) fn distance(typed: &str, word: &str) -> usize {
    last_row(typed, word).last().copied().unwrap_or(0)
}

/// How many errors lie between what was typed and the closest beginning of a word.
pub(crate) fn distance_to_beginning(typed: &str, word: &str) -> usize {
    last_row(typed, word).into_iter().min().unwrap_or(0)
}

/// The distance between all of `typed` and every beginning of `word`, the shortest first.
fn last_row(typed: &str, word: &str) -> Vec<usize> {
    let word: Vec<char> = word.chars().collect();
    let mut two_before: Vec<usize> = Vec::new();
    let mut before: Vec<usize> = (0..=word.len()).collect();
    let mut last = None;
    for (at, char) in typed.chars().enumerate() {
        let mut row = Vec::with_capacity(word.len() + 1);
        row.push(at + 1);
        for (place, other) in word.iter().enumerate() {
            let wrong = before[place] + usize::from(char != *other);
            let mut least = wrong.min(before[place + 1] + 1).min(row[place] + 1);
            let swapped = place > 0 && last == Some(*other) && char == word[place - 1];
            if swapped {
                least = least.min(two_before[place - 1] + 1);
            }
            row.push(least);
        }
        two_before = std::mem::replace(&mut before, row);
        last = Some(char);
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_error_counts_one() {
        for typed in ["ketle", "kettlle", "kattle", "ekttle", "kettel"] {
            assert_eq!(distance(typed, "kettle"), 1, "{typed}");
        }
        for (typed, errors) in [("kettle", 0), ("ektlte", 2), ("pan", 6), ("", 6)] {
            assert_eq!(distance(typed, "kettle"), errors, "{typed}");
        }
        assert_eq!(distance("élan", "elan"), 1, "letters are counted, not bytes");
    }

    #[test]
    fn a_beginning_is_as_far_as_the_closest_one() {
        assert_eq!(distance_to_beginning("samsu", "samsung"), 0);
        assert_eq!(distance_to_beginning("smasu", "samsung"), 1);
        assert_eq!(distance_to_beginning("xamsa", "samsung"), 2);
    }

    #[test]
    fn longer_words_may_have_more_errors() {
        let typos = Typos::default();
        let allowed = ["oven", "ovens", "toasters", "charger12", "microwave"];
        assert_eq!(allowed.map(|word| typos.allowed(word)), [0, 1, 1, 0, 2]);
        let off = Typos { one_from: 0, two_from: 0, ..typos };
        assert_eq!(off.allowed("microwave"), 0);
    }
}
