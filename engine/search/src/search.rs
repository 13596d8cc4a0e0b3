//! One search: a pass over what matches, which filters, counts and ranks at once. A second pass
//! follows only when the first finds too little.
//!
//! It runs on the caller's thread from beginning to end. Products that match a text come from
//! tantivy's posting lists with their scores; without a text all products of the columns are
//! looked at, and tantivy is not asked.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::TantivyError;
use tantivy::query::{BooleanQuery, EnableScoring, Weight};

use crate::cursor;
use crate::error::SearchError;
use crate::facets::Counts;
use crate::filter::{Filter, Verdict};
use crate::parsed::Parsed;
use crate::plan::Plan;
use crate::query::{
    ATTRIBUTE_FACETS_MAX, HITS_MAX, Hit, Hits, Matched, QUERY_CHARS_MAX, Query, Sort,
};
use crate::rank::{self, Entry, Place, Ranking, score_of};
use crate::schema::Fields;
use crate::settings::{Compiled, CompiledRule};
use crate::snapshot::{Segment, Snapshot};
use crate::stock::StockView;

/// Added to the score when all of the text is the product's SKU: above any score of words.
const EXACT_SKU_SCORE: f32 = 8000.0;
/// Added to the score when all of the text is the product's name.
const EXACT_NAME_SCORE: f32 = 4000.0;

/// What a search reads.
pub(crate) struct Source<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) stock: &'a StockView,
    pub(crate) settings: &'a Compiled,
}

/// What matches the text.
enum Matching {
    Everything,
    Nothing,
    Words(Box<dyn Weight>),
}

/// A search that can be run: each pass looks at all that matches in one way.
struct Search<'a> {
    source: &'a Source<'a>,
    query: &'a Query,
    filter: &'a Filter<'a>,
    parsed: &'a Parsed,
    rule: Option<&'a CompiledRule>,
    sort: Sort,
    after: Option<Place>,
    pin: u64,
}

/// What a pass adds up while it runs.
struct Tally<'a> {
    search: &'a Search<'a>,
    matched: Matched,
    total: u64,
    counts: Counts<'a>,
    ranking: Ranking<'a>,
    /// The first of each group, when hits are to be distinct.
    groups: HashMap<Arc<str>, Entry>,
    /// The place of the attribute that groups, in this segment.
    group_name: Option<u32>,
}

/// `pin` names what it is answered from, for the pages after this one.
pub(crate) fn run(source: &Source<'_>, query: &Query, pin: u64) -> Result<Hits, SearchError> {
    if query.text.chars().count() > QUERY_CHARS_MAX {
        return Err(SearchError::TextTooLong);
    }
    if query.limit > HITS_MAX {
        return Err(SearchError::LimitTooLarge);
    }
    if query.facets.attributes.len() > ATTRIBUTE_FACETS_MAX {
        return Err(SearchError::TooManyFacets);
    }
    let after = query.cursor.as_deref().map(|text| cursor::decode(query, text)).transpose();
    let after = after.map_err(SearchError::BadCursor)?;
    let parsed = Parsed::new(&query.text, query.prefix, source.settings);
    let sort = match query.sort {
        Sort::Relevance if parsed.empty => Sort::Newest,
        sort => sort,
    };
    let Some(filter) = Filter::new(source.snapshot, query) else { return Ok(Hits::default()) };
    let rule = source.settings.rule(&parsed.joined);
    let (filter, parsed) = (&filter, &parsed);
    let search = Search { source, query, filter, parsed, rule, sort, after, pin };
    search.run().map_err(|error| SearchError::Failed(error.to_string()))
}

impl<'a> Search<'a> {
    /// As typed; then, while that finds too little, with errors and with words left out.
    fn run(&'a self) -> Result<Hits, TantivyError> {
        let mut plan = Plan::new(self.source, self.parsed)?;
        if let Some(Place { matched, .. }) = self.after {
            if matched != Matched::AsTyped {
                plan.look_further()?;
            }
            return self.pass(&plan, matched);
        }
        let mut best = self.pass(&plan, Matched::AsTyped)?;
        let enough = u64::from(self.source.settings.typos.enough);
        if self.parsed.empty || self.query.strict || best.total >= enough.max(1) {
            return Ok(best);
        }
        if plan.look_further()? && enough > 0 {
            let typos = self.pass(&plan, Matched::Typos)?;
            if typos.total > best.total {
                best = typos;
            }
        }
        let mut rescues = plan.rescues();
        while best.total == 0
            && let Some(matched) = rescues.next()
        {
            best = self.pass(&plan, matched)?;
        }
        best.suggestion = plan.suggestion(&self.query.text);
        Ok(best)
    }

    fn pass(&'a self, plan: &Plan<'_>, matched: Matched) -> Result<Hits, TantivyError> {
        let matching = self.matching(plan, matched)?;
        let snapshot = self.source.snapshot;
        let mut tally = Tally {
            search: self,
            matched,
            total: 0,
            counts: Counts::new(snapshot, &self.query.facets),
            ranking: Ranking::new(snapshot, self.sort, self.query.limit, self.after.clone()),
            groups: HashMap::new(),
            group_name: None,
        };
        tally.collect(&matching)?;
        Ok(Hits { highlighter: plan.highlighter(matched), ..tally.finish() })
    }

    fn matching(&self, plan: &Plan<'_>, matched: Matched) -> Result<Matching, TantivyError> {
        if self.parsed.empty {
            return Ok(Matching::Everything);
        }
        let query = plan.query(matched);
        let pinned = self.rule.filter(|_| self.sort == Sort::Relevance);
        let pinned = pinned.filter(|rule| !rule.pinned.is_empty()).map(|rule| {
            let fields = self.source.fields;
            let terms = rule.pinned.keys().map(|id| fields.id_term(*id)).collect();
            Box::new(BooleanQuery::new_multiterms_query(terms)) as Box<dyn tantivy::query::Query>
        });
        let query = match (query, pinned) {
            (Some(query), Some(pinned)) => Box::new(BooleanQuery::union(vec![query, pinned])),
            (Some(query), None) | (None, Some(query)) => query,
            (None, None) => return Ok(Matching::Nothing),
        };
        let searcher = &self.source.snapshot.searcher;
        let scoring = match self.sort {
            Sort::Relevance => EnableScoring::enabled_from_searcher(searcher),
            _ => EnableScoring::disabled_from_searcher(searcher),
        };
        Ok(Matching::Words(query.weight(scoring)?))
    }
}

impl Tally<'_> {
    fn collect(&mut self, matching: &Matching) -> Result<(), TantivyError> {
        let Source { snapshot, stock, .. } = *self.search.source;
        let readers = snapshot.searcher.segment_readers();
        let sort = self.search.sort;
        let (scored, newest) = (sort == Sort::Relevance, sort == Sort::Newest);
        for (ordinal, (segment, reader)) in snapshot.segments.iter().zip(readers).enumerate() {
            let filter = self.search.filter.within(snapshot, segment, stock);
            let Some(filter) = filter else { continue };
            self.counts.begin(segment);
            let distinct = self.search.query.distinct.as_ref();
            self.group_name = distinct.and_then(|name| segment.columns.attributes.name(name));
            let alive = reader.alive_bitset();
            let mut take = |doc: u32, score: f32| {
                let deleted = alive.is_some_and(|alive| alive.is_deleted(doc));
                if deleted || self.is_hidden(segment, doc) {
                    return;
                }
                match filter.verdict(doc as usize) {
                    Verdict::Hit => self.take(segment, ordinal as u32, doc, score),
                    Verdict::Counted(facet) => {
                        self.counts.count(segment, doc as usize, Some(facet));
                    }
                    Verdict::Miss => {}
                }
            };
            match matching {
                Matching::Nothing => return Ok(()),
                Matching::Everything => {
                    everything(reader.max_doc(), filter.documents(), newest, &mut take);
                }
                Matching::Words(weight) if scored => weight.for_each(reader, &mut take)?,
                Matching::Words(weight) => weight.for_each_no_score(reader, &mut |docs| {
                    docs.iter().for_each(|doc| take(*doc, 0.0));
                })?,
            }
            self.counts.end(segment);
        }
        Ok(())
    }

    #[inline]
    fn is_hidden(&self, segment: &Segment, doc: u32) -> bool {
        let id = || segment.columns.ids[doc as usize];
        self.search.rule.is_some_and(|rule| rule.hidden.contains(&id()))
    }

    #[inline]
    fn take(&mut self, segment: &Segment, ordinal: u32, doc: u32, mut score: f32) {
        let columns = &segment.columns;
        let at = doc as usize;
        let search = self.search;
        let mut key = None;
        if search.sort == Sort::Relevance && search.parsed.exact != 0 {
            if columns.sku_hashes[at] == search.parsed.exact {
                score += EXACT_SKU_SCORE;
            } else if columns.name_hashes[at] == search.parsed.exact {
                score += EXACT_NAME_SCORE;
            }
            let pinned = search.rule.and_then(|rule| rule.pinned.get(&columns.ids[at]));
            key = pinned.map(|place| rank::pinned_key(*place));
        }
        self.counts.count(segment, at, None);
        let stock = search.source.stock;
        let key = key.unwrap_or_else(|| rank::key(search.sort, columns, stock, (at, score)));
        let entry = Entry { key, segment: ordinal, doc };
        let value = |name| columns.attributes.value(at, name);
        match self.group_name.and_then(value) {
            Some(group) => self.take_grouped(group, entry),
            None => {
                self.total += 1;
                self.ranking.push(entry);
            }
        }
    }

    /// Keeps the first of its group. Which one that is is known at the end only.
    fn take_grouped(&mut self, group: &Arc<str>, entry: Entry) {
        match self.groups.get_mut(group) {
            Some(first) => {
                if self.ranking.compare(&entry, first).is_lt() {
                    *first = entry;
                }
            }
            None => {
                self.total += 1;
                self.groups.insert(group.clone(), entry);
            }
        }
    }

    fn finish(mut self) -> Hits {
        for entry in self.groups.into_values() {
            self.ranking.push(entry);
        }
        let Search { source, query, sort, pin, .. } = *self.search;
        let snapshot = source.snapshot;
        let (entries, more) = self.ranking.finish();
        let last = entries.last().filter(|_| more);
        let matched = self.matched;
        let place = |entry: &Entry| {
            let columns = &snapshot.segments[entry.segment as usize].columns;
            let doc = entry.doc as usize;
            let by_name = sort == Sort::Name;
            let name = if by_name { columns.sorted_name(doc) } else { "" };
            Place { key: entry.key, name: name.to_owned(), id: columns.ids[doc], matched }
        };
        Hits {
            hits: entries.iter().map(|entry| hit(source, sort, entry)).collect(),
            total: self.total,
            facets: self.counts.finish(snapshot),
            next_cursor: last.map(|entry| cursor::encode(query, pin, &place(entry))),
            matched,
            ..Hits::default()
        }
    }
}

/// All documents of a segment, or all of a list that has those that can be hits.
fn everything(max: u32, list: Option<&[u32]>, newest: bool, take: &mut dyn FnMut(u32, f32)) {
    match (list, newest) {
        // Newer products come last in a segment: met first, they rule out the others.
        (Some(list), true) => list.iter().rev().for_each(|doc| take(*doc, 0.0)),
        (Some(list), false) => list.iter().for_each(|doc| take(*doc, 0.0)),
        (None, true) => (0..max).rev().for_each(|doc| take(doc, 0.0)),
        (None, false) => (0..max).for_each(|doc| take(doc, 0.0)),
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
