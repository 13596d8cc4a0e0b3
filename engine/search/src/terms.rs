//! The words of the index: those that begin as asked, and those that are nearly as asked.
//!
//! Each segment has a dictionary per field; what is found is added up over all of them. A walk
//! through a dictionary ends after a fixed number of words, so that no query costs too much. For
//! one or two letters, which too many words begin with, the most frequent words are kept in memory
//! (`heads.rs`).

use std::collections::BTreeMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{TantivyError, Term};

use crate::schema::Fields;
use crate::snapshot::Snapshot;
use crate::typo::{Typos, distance, distance_to_beginning};

/// The most words one beginning stands for: the most frequent ones.
pub(crate) const EXPANSIONS_MAX: usize = 48;
/// The most words one word with errors stands for: the closest, then the most frequent ones.
const CANDIDATES_MAX: usize = 16;
/// The most words that are read of one dictionary.
const READ_MAX: usize = 2048;

/// A word of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) field: Field,
    pub(crate) word: String,
    /// In how many products it is, deleted versions included.
    pub(crate) products: u64,
    /// How many errors it is away from what was typed.
    pub(crate) errors: usize,
}

/// The most frequent words which begin so.
pub(crate) fn beginning_with(
    snapshot: &Snapshot,
    searched: &[Field],
    beginning: &str,
) -> Result<Vec<Found>, TantivyError> {
    let mut words = Words::default();
    for (segment, reader) in snapshot.segments.iter().zip(snapshot.searcher.segment_readers()) {
        for field in searched {
            if let Some(head) = segment.columns.heads.of(*field, beginning) {
                for (word, products) in head {
                    words.add(*field, word.as_bytes(), u64::from(*products));
                }
                continue;
            }
            let inverted = reader.inverted_index(*field)?;
            let mut stream = inverted.terms().range().ge(beginning).into_stream()?;
            for _ in 0..READ_MAX {
                if !stream.advance() || !stream.key().starts_with(beginning.as_bytes()) {
                    break;
                }
                words.add(*field, stream.key(), u64::from(stream.value().doc_freq));
            }
        }
    }
    Ok(words.best(EXPANSIONS_MAX, |_| 0))
}

/// The words which differ from a typed one by as many errors as it may have, itself excepted.
pub(crate) fn similar(
    snapshot: &Snapshot,
    fields: &Fields,
    typos: &Typos,
    typed: &Typed<'_>,
) -> Result<Vec<Found>, TantivyError> {
    let allowed = typos.allowed(typed.word);
    if allowed == 0 {
        return Ok(Vec::new());
    }
    let mut words = Words::default();
    let mut searched = vec![fields.names];
    searched.extend(typos.in_brand.then_some(fields.brands));
    searched.extend(typos.in_sku.then_some(fields.skus));
    for field in searched {
        let term = Term::from_field_text(field, typed.word);
        let fuzzy = match typed.begins {
            true => FuzzyTermQuery::new_prefix(term, allowed, true),
            false => FuzzyTermQuery::new(term, allowed, true),
        };
        let automaton = fuzzy.automaton()?;
        for reader in snapshot.searcher.segment_readers() {
            let inverted = reader.inverted_index(field)?;
            let mut stream = inverted.terms().search(&automaton).into_stream()?;
            for _ in 0..READ_MAX {
                if !stream.advance() {
                    break;
                }
                words.add(field, stream.key(), u64::from(stream.value().doc_freq));
            }
        }
    }
    let mut found = words.best(CANDIDATES_MAX, |word| match typed.begins {
        true => distance_to_beginning(typed.word, word),
        false => distance(typed.word, word),
    });
    found.retain(|found| found.errors > 0);
    Ok(found)
}

/// A word as it was typed.
pub(crate) struct Typed<'a> {
    pub(crate) word: &'a str,
    /// Whether it may be the beginning of a word.
    pub(crate) begins: bool,
}

/// Words by field, each with its products.
#[derive(Default)]
struct Words(BTreeMap<(Field, Vec<u8>), u64>);

impl Words {
    fn add(&mut self, field: Field, word: &[u8], products: u64) {
        match self.0.get_mut(&(field, word.to_vec())) {
            Some(sum) => *sum += products,
            None => drop(self.0.insert((field, word.to_vec()), products)),
        }
    }

    /// Those with the fewest errors, and of these the most frequent.
    fn best(self, most: usize, errors: impl Fn(&str) -> usize) -> Vec<Found> {
        let found = |((field, word), products): ((Field, Vec<u8>), u64)| {
            let word = String::from_utf8(word).ok()?;
            let errors = errors(&word);
            Some(Found { field, word, products, errors })
        };
        let mut found: Vec<Found> = self.0.into_iter().filter_map(found).collect();
        found.sort_by(|a, b| {
            let frequent = b.products.cmp(&a.products);
            a.errors.cmp(&b.errors).then(frequent).then_with(|| a.word.cmp(&b.word))
        });
        found.truncate(most);
        found
    }
}
