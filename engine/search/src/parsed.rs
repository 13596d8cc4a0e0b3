//! A query's text, understood: its words, those that mean the same as others, and whether the last
//! one may be a beginning.

use crate::query::TERMS_MAX;
use crate::settings::Compiled;
use crate::text::{self, STOP_WORDS, Word};

/// A query's text, understood.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// Whether there is no text at all.
    pub(crate) empty: bool,
    /// For comparing with names and SKUs; see [`text::exact_hash`].
    pub(crate) exact: u64,
    /// The words with spaces between, for rules.
    pub(crate) joined: String,
    /// What a hit has all of.
    pub(crate) slots: Vec<Slot>,
}

/// One thing that a hit has: a word, or a few words that mean the same as others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The words as typed. More than one only when they have synonyms.
    pub(crate) words: Vec<Word>,
    /// The stems of each text that means the same.
    pub(crate) synonyms: Vec<Vec<String>>,
    /// The word may be the beginning of a longer one.
    pub(crate) begins: bool,
}

impl Parsed {
    pub(crate) fn new(text: &str, prefix: bool, settings: &Compiled) -> Self {
        if text.trim().is_empty() {
            return Self { empty: true, ..Self::default() };
        }
        let words = text::analyze(text);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let open = prefix && text.ends_with(char::is_alphanumeric);
        let mut all = slots(&words, open, settings);
        let meaning = |slot: &Slot| slot.begins || slot.has_meaning();
        if all.iter().any(meaning) {
            all.retain(meaning);
        }
        let mut slots: Vec<Slot> = Vec::new();
        for slot in all {
            let known = slots.iter().any(|other| other.same_as(&slot));
            if slot.begins || (!known && slots.len() < TERMS_MAX) {
                slots.push(slot);
            }
        }
        let exact = text::hash_of(texts.iter().copied());
        Self { empty: false, exact, joined: texts.join(" "), slots }
    }
}

impl Slot {
    /// The stems of the words as typed.
    pub(crate) fn stems(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.stem.as_str())
    }

    /// The word, if it is one: only those can have errors.
    pub(crate) fn word(&self) -> Option<&Word> {
        match self.words.as_slice() {
            [word] => Some(word),
            _ => None,
        }
    }

    fn has_meaning(&self) -> bool {
        let stop = |word: &Word| STOP_WORDS.contains(&word.text.as_str());
        self.words.len() > 1 || !self.synonyms.is_empty() || !self.words.iter().any(stop)
    }

    fn same_as(&self, other: &Self) -> bool {
        self.stems().eq(other.stems())
    }
}

fn slots(words: &[Word], open: bool, settings: &Compiled) -> Vec<Slot> {
    let stems: Vec<String> = words.iter().map(|word| word.stem.clone()).collect();
    let mut slots = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (count, synonyms) = settings.synonyms(&stems[at..]);
        let begins = open && count == 1 && at + 1 == words.len();
        let words = words[at..at + count].to_vec();
        slots.push(Slot { words, synonyms: synonyms.to_vec(), begins });
        at += count;
    }
    slots
}
