//! From text to words, for products and for queries alike, and from a query's words to tantivy.
//!
//! A word is a run of letters and digits, in lower case and without accents; a stem is its English
//! stem. Words of grammar ("for", "the") are indexed, and ignored in a query that has others.

use engine_core::h128;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer,
    TextAnalyzer,
};
use tantivy::{Searcher, TantivyError, Term};

use crate::query::TERMS_MAX;
use crate::schema::Fields;

/// The name of the analyzer that yields words.
pub(crate) const WORDS: &str = "stoa_words";
/// The name of the analyzer that yields stems.
pub(crate) const STEMS: &str = "stoa_stems";

/// Longer words are neither indexed nor looked for, in bytes.
const WORD_BYTES_MAX: usize = 64;
/// The most words one beginning stands for: the most frequent ones.
const EXPANSIONS_MAX: usize = 48;
/// The most words read per segment to find them.
const EXPANSIONS_READ_MAX: usize = 512;
/// What a word that only begins as asked adds to the score.
const PREFIX_SCORE: f32 = 0.5;

/// Words of grammar, ignored in a query that has other words.
const STOP_WORDS: [&str; 33] = [
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
    hash_of(&words(text))
}

fn hash_of(words: &[String]) -> u64 {
    if words.is_empty() { 0 } else { h128(&[words.concat().as_bytes()]) as u64 | 1 }
}

fn words(text: &str) -> Vec<String> {
    tokens(&mut words_analyzer(), text)
}

fn tokens(analyzer: &mut TextAnalyzer, text: &str) -> Vec<String> {
    let mut stream = analyzer.token_stream(text);
    let mut tokens = Vec::new();
    stream.process(&mut |token| tokens.push(token.text.clone()));
    tokens
}

/// A query's text, understood.
pub(crate) struct Parsed {
    /// Whether there is text at all.
    pub(crate) empty: bool,
    /// For comparing with names and SKUs; see [`exact_hash`].
    pub(crate) exact: u64,
    stems: Vec<String>,
    /// The last word, if it may be a beginning: as it is, and its stem.
    beginning: Option<(String, String)>,
}

impl Parsed {
    pub(crate) fn new(text: &str, prefix: bool) -> Self {
        let empty = text.trim().is_empty();
        if empty {
            return Self { empty, exact: 0, stems: Vec::new(), beginning: None };
        }
        let words = words(text);
        let exact = hash_of(&words);
        let stems = tokens(&mut stems_analyzer(), text);
        let mut pairs: Vec<(String, String)> = words.into_iter().zip(stems).collect();
        let open = prefix && text.ends_with(char::is_alphanumeric);
        let beginning = if open { pairs.pop() } else { None };
        let meaning = |word: &str| !STOP_WORDS.contains(&word);
        let keep_all = beginning.is_none() && !pairs.iter().any(|(word, _)| meaning(word));
        let mut stems: Vec<String> = Vec::new();
        for (word, stem) in pairs {
            let wanted = keep_all || meaning(&word);
            if wanted && stems.len() < TERMS_MAX && !stems.contains(&stem) {
                stems.push(stem);
            }
        }
        Self { empty, exact, stems, beginning }
    }

    /// What matches all words; nothing when there are none to look for.
    pub(crate) fn query(
        &self,
        fields: &Fields,
        searcher: &Searcher,
    ) -> Result<Option<Box<dyn Query>>, TantivyError> {
        let stemmed = |stem: &String| -> Box<dyn Query> {
            let term = Term::from_field_text(fields.text, stem);
            Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
        };
        let must = |query| (Occur::Must, query);
        let should = |query| (Occur::Should, query);
        let mut clauses: Vec<_> = self.stems.iter().map(stemmed).map(must).collect();
        if let Some((beginning, stem)) = &self.beginning {
            let begun = expansions(fields, searcher, beginning)?;
            let either = std::iter::once(stemmed(stem)).chain(begun.into_iter().map(constant));
            let either = BooleanQuery::new(either.map(should).collect());
            clauses.push(must(Box::new(either)));
        }
        Ok(match clauses.len() {
            0 => None,
            1 => clauses.pop().map(|(_, clause)| clause),
            _ => Some(Box::new(BooleanQuery::new(clauses))),
        })
    }
}

fn constant(term: Term) -> Box<dyn Query> {
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(query), PREFIX_SCORE))
}

/// The most frequent words of names, brands and SKUs which begin so.
fn expansions(
    fields: &Fields,
    searcher: &Searcher,
    beginning: &str,
) -> Result<Vec<Term>, TantivyError> {
    let mut found: std::collections::BTreeMap<Vec<u8>, u64> = std::collections::BTreeMap::new();
    for reader in searcher.segment_readers() {
        let inverted = reader.inverted_index(fields.words)?;
        let mut stream = inverted.terms().range().ge(beginning).into_stream()?;
        let mut read = 0;
        while read < EXPANSIONS_READ_MAX && stream.advance() {
            if !stream.key().starts_with(beginning.as_bytes()) {
                break;
            }
            *found.entry(stream.key().to_vec()).or_default() += u64::from(stream.value().doc_freq);
            read += 1;
        }
    }
    let mut words: Vec<(Vec<u8>, u64)> = found.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    words.truncate(EXPANSIONS_MAX);
    let text = |word: Vec<u8>| String::from_utf8(word).unwrap_or_default();
    let term = |word| Term::from_field_text(fields.words, &text(word));
    Ok(words.into_iter().map(|(word, _)| term(word)).collect())
}
