//! From text to words, for products and for queries alike.
//!
//! A word is a run of letters and digits, in lower case and without accents; a stem is its English
//! stem. Words of grammar ("for", "the") are indexed, and ignored in a query that has others.

use std::ops::Range;

use engine_core::h128;
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer,
    TextAnalyzer,
};

/// The name of the analyzer that yields words.
pub(crate) const WORDS: &str = "stoa_words";
/// The name of the analyzer that yields stems.
pub(crate) const STEMS: &str = "stoa_stems";

/// Longer words are neither indexed nor looked for, in bytes.
const WORD_BYTES_MAX: usize = 64;

/// Words of grammar, ignored in a query that has other words.
pub(crate) const STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it",
    "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these",
    "they", "this", "to", "was", "will", "with",
];

pub(crate) fn words_analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

pub(crate) fn stems_analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// A SKU's parts and, if it has several, all of it in one word: `K-17/A` is also found as `K17A`.
pub(crate) fn sku_words(sku: &str) -> String {
    let joined: String = sku.chars().filter(|char| char.is_alphanumeric()).collect();
    if joined == sku { joined } else { format!("{sku} {joined}") }
}

/// A number that two texts share when their words, written as one, are the same; 0 without a word.
pub(crate) fn exact_hash(text: &str) -> u64 {
    hash_of(words(text).iter().map(String::as_str))
}

/// See [`exact_hash`].
pub(crate) fn hash_of<'a>(words: impl IntoIterator<Item = &'a str>) -> u64 {
    let all: String = words.into_iter().collect();
    if all.is_empty() { 0 } else { h128(&[all.as_bytes()]) as u64 | 1 }
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// In lower case, without accents.
    pub(crate) text: String,
    pub(crate) stem: String,
    /// Where it is in the text, in bytes.
    pub(crate) span: Range<usize>,
}

/// All words of a text, in their order.
pub(crate) fn analyze(text: &str) -> Vec<Word> {
    let mut stems = stems(text).into_iter();
    let mut words = Vec::new();
    words_analyzer().token_stream(text).process(&mut |token| {
        let stem = stems.next().unwrap_or_default();
        let span = token.offset_from..token.offset_to;
        words.push(Word { text: token.text.clone(), stem, span });
    });
    words
}

pub(crate) fn words(text: &str) -> Vec<String> {
    tokens(&mut words_analyzer(), text)
}

pub(crate) fn stems(text: &str) -> Vec<String> {
    tokens(&mut stems_analyzer(), text)
}

fn tokens(analyzer: &mut TextAnalyzer, text: &str) -> Vec<String> {
    let mut stream = analyzer.token_stream(text);
    let mut tokens = Vec::new();
    stream.process(&mut |token| tokens.push(token.text.clone()));
    tokens
}
