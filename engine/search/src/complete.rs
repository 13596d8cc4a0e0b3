//! Completing what is being typed: the last word becomes the most frequent words that begin so.
//!
//! Each completion finds something: some product has the completed word and all words before it.
//! When no word begins as typed, those that nearly do are taken.

use tantivy::query::{BooleanQuery, EnableScoring, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{TERMINATED, TantivyError, Term};

use crate::error::SearchError;
use crate::query::{COMPLETIONS_MAX, Completion, QUERY_CHARS_MAX};
use crate::search::Source;
use crate::terms::{self, Found, Typed};
use crate::text::{self, Word};

pub(crate) fn run(
    source: &Source<'_>,
    text: &str,
    limit: usize,
) -> Result<Vec<Completion>, SearchError> {
    if text.chars().count() > QUERY_CHARS_MAX {
        return Err(SearchError::TextTooLong);
    }
    if limit > COMPLETIONS_MAX {
        return Err(SearchError::TooManyCompletions);
    }
    if !text.ends_with(char::is_alphanumeric) {
        return Ok(Vec::new());
    }
    let words = text::analyze(text);
    let Some((last, before)) = words.split_last() else { return Ok(Vec::new()) };
    let completed = complete(source, (last, before), limit);
    let completed = completed.map_err(|error| SearchError::Failed(error.to_string()))?;
    let typed = text.get(..last.span.start).unwrap_or_default();
    let completion = |found: Found| {
        let text = format!("{typed}{}", found.word);
        Completion { text, products: found.products }
    };
    Ok(completed.into_iter().map(completion).collect())
}

fn complete(
    source: &Source<'_>,
    (last, before): (&Word, &[Word]),
    limit: usize,
) -> Result<Vec<Found>, TantivyError> {
    let Source { fields, snapshot, settings, .. } = *source;
    let searched = [fields.names, fields.brands];
    let mut found = terms::beginning_with(snapshot, &searched, &last.text)?;
    if found.is_empty() {
        let typed = Typed { word: &last.text, begins: true };
        found = terms::similar(snapshot, fields, &settings.typos, &typed)?;
    }
    let mut completed: Vec<Found> = Vec::with_capacity(limit);
    for candidate in found {
        if completed.len() == limit {
            break;
        }
        let known = completed.iter().any(|other| other.word == candidate.word);
        if !known && finds_something(source, before, &candidate)? {
            completed.push(candidate);
        }
    }
    Ok(completed)
}

/// Whether a product has the word and all that is before it.
fn finds_something(
    source: &Source<'_>,
    before: &[Word],
    found: &Found,
) -> Result<bool, TantivyError> {
    let term =
        |term: Term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
    let mut all = vec![term(Term::from_field_text(found.field, &found.word))];
    for word in before {
        all.push(term(Term::from_field_text(source.fields.text, &word.stem)));
    }
    let searcher = &source.snapshot.searcher;
    let query = BooleanQuery::intersection(all);
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    for reader in searcher.segment_readers() {
        let mut scorer = weight.scorer(reader, 1.0)?;
        let alive = reader.alive_bitset();
        let mut doc = scorer.doc();
        while doc != TERMINATED && alive.is_some_and(|alive| alive.is_deleted(doc)) {
            doc = scorer.advance();
        }
        if doc != TERMINATED {
            return Ok(true);
        }
    }
    Ok(false)
}
