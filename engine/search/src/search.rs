//! One search: one pass over what matches, which filters, counts and ranks at once.
//!
//! It runs on the caller's thread from beginning to end. Products that match a text come from
//! tantivy's posting lists with their scores; without a text all products of the columns are
//! looked at, and tantivy is not asked.

use tantivy::TantivyError;
use tantivy::query::{EnableScoring, Weight};

use crate::cursor;
use crate::error::SearchError;
use crate::facets::Counts;
use crate::filter::Filter;
use crate::query::{Facets, HITS_MAX, Hit, Hits, QUERY_CHARS_MAX, Query, Sort};
use crate::rank::{Entry, Place, Ranking, key, score_of};
use crate::schema::Fields;
use crate::snapshot::{Segment, Snapshot};
use crate::stock::StockView;
use crate::text::Parsed;

/// Added to the score when all of the text is the product's SKU: above any score of words.
const EXACT_SKU_SCORE: f32 = 2000.0;
/// Added to the score when all of the text is the product's name.
const EXACT_NAME_SCORE: f32 = 1000.0;

/// What a search reads.
pub(crate) struct Source<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) stock: &'a StockView,
}

/// What matches the text.
enum Matching {
    Everything,
    Nothing,
    Words(Box<dyn Weight>),
}

/// What a search adds up while it runs.
struct Tally<'a> {
    source: &'a Source<'a>,
    sort: Sort,
    exact: u64,
    total: u64,
    counts: Counts,
    ranking: Ranking<'a>,
}

pub(crate) fn run(source: &Source<'_>, query: &Query) -> Result<Hits, SearchError> {
    if query.text.chars().count() > QUERY_CHARS_MAX {
        return Err(SearchError::TextTooLong);
    }
    if query.limit > HITS_MAX {
        return Err(SearchError::LimitTooLarge);
    }
    let after = query.cursor.as_deref().map(|text| cursor::decode(query, text)).transpose();
    let after = after.map_err(SearchError::BadCursor)?;
    let parsed = Parsed::new(&query.text, query.prefix);
    let sort = match query.sort {
        Sort::Relevance if parsed.empty => Sort::Newest,
        sort => sort,
    };
    let failed = |error: TantivyError| SearchError::Failed(error.to_string());
    let matching = matching(source, &parsed, sort).map_err(failed)?;
    let mut tally = Tally {
        source,
        sort,
        exact: parsed.exact,
        total: 0,
        counts: Counts::new(source.snapshot, query.facets),
        ranking: Ranking::new(source.snapshot, sort, query.limit, after),
    };
    let Some(filter) = Filter::new(source.snapshot, query) else { return Ok(nothing()) };
    tally.collect(&filter, &matching).map_err(failed)?;
    Ok(tally.finish(query))
}

fn nothing() -> Hits {
    Hits { hits: Vec::new(), total: 0, facets: Facets::default(), next_cursor: None }
}

fn matching(source: &Source<'_>, parsed: &Parsed, sort: Sort) -> Result<Matching, TantivyError> {
    if parsed.empty {
        return Ok(Matching::Everything);
    }
    let searcher = &source.snapshot.searcher;
    let Some(query) = parsed.query(source.fields, searcher)? else {
        return Ok(Matching::Nothing);
    };
    let scoring = match sort {
        Sort::Relevance => EnableScoring::enabled_from_searcher(searcher),
        _ => EnableScoring::disabled_from_searcher(searcher),
    };
    Ok(Matching::Words(query.weight(scoring)?))
}

impl Tally<'_> {
    fn collect(&mut self, filter: &Filter, matching: &Matching) -> Result<(), TantivyError> {
        let snapshot = self.source.snapshot;
        let readers = snapshot.searcher.segment_readers();
        let (scored, newest) = (self.sort == Sort::Relevance, self.sort == Sort::Newest);
        for (ordinal, (segment, reader)) in snapshot.segments.iter().zip(readers).enumerate() {
            let Some(filter) = filter.within(segment, self.source.stock) else { continue };
            let alive = reader.alive_bitset();
            let mut take = |doc: u32, score: f32| {
                let deleted = alive.is_some_and(|alive| alive.is_deleted(doc));
                if !deleted && filter.passes(doc as usize) {
                    self.take(segment, ordinal as u32, doc, score);
                }
            };
            match matching {
                Matching::Nothing => return Ok(()),
                // Newer products come last in a segment: met first, they rule out the others.
                Matching::Everything if newest => {
                    (0..reader.max_doc()).rev().for_each(|doc| take(doc, 0.0));
                }
                Matching::Everything => (0..reader.max_doc()).for_each(|doc| take(doc, 0.0)),
                Matching::Words(weight) if scored => weight.for_each(reader, &mut take)?,
                Matching::Words(weight) => weight.for_each_no_score(reader, &mut |docs| {
                    docs.iter().for_each(|doc| take(*doc, 0.0));
                })?,
            }
        }
        Ok(())
    }

    #[inline]
    fn take(&mut self, segment: &Segment, ordinal: u32, doc: u32, mut score: f32) {
        let columns = &segment.columns;
        let at = doc as usize;
        if self.sort == Sort::Relevance && self.exact != 0 {
            if columns.sku_hashes[at] == self.exact {
                score += EXACT_SKU_SCORE;
            } else if columns.name_hashes[at] == self.exact {
                score += EXACT_NAME_SCORE;
            }
        }
        self.total += 1;
        self.counts.count(segment, at);
        let key = key(self.sort, columns, at, score);
        self.ranking.push(Entry { key, segment: ordinal, doc });
    }

    fn finish(self, query: &Query) -> Hits {
        let snapshot = self.source.snapshot;
        let (entries, more) = self.ranking.finish();
        let last = entries.last().filter(|_| more);
        let place = |entry: &Entry| {
            let columns = &snapshot.segments[entry.segment as usize].columns;
            let doc = entry.doc as usize;
            let by_name = self.sort == Sort::Name;
            let name = if by_name { columns.sorted_name(doc) } else { "" };
            Place { key: entry.key, name: name.to_owned(), id: columns.ids[doc] }
        };
        let next_cursor = last.map(|entry| cursor::encode(query, &place(entry)));
        let hit = |entry: &Entry| hit(self.source, self.sort, entry);
        Hits {
            hits: entries.iter().map(hit).collect(),
            total: self.total,
            facets: self.counts.finish(snapshot),
            next_cursor,
        }
    }
}

fn hit(source: &Source<'_>, sort: Sort, entry: &Entry) -> Hit {
    let columns = &source.snapshot.segments[entry.segment as usize].columns;
    let doc = entry.doc as usize;
    let ords = columns.collection_ords(doc);
    Hit {
        id: columns.ids[doc],
        name: columns.name(doc).to_owned(),
        price: columns.price(doc),
        brand: columns.brand(doc),
        sku: columns.sku(doc).to_owned(),
        collections: ords.iter().map(|ord| columns.collections[*ord as usize]).collect(),
        available: source.stock.available(columns.slots[doc]),
        score: if sort == Sort::Relevance { score_of(entry.key) } else { 0.0 },
    }
}
