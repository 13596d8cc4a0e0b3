//! What is told of what a search found: hits with their highlights, counts, suggestions.
//!
//! It reads rows, for the names of collections and for descriptions, which the index does not keep:
//! it runs where searches do, off the I/O threads.

use std::ops::Range;

use api_client::{
    AttributeFacet, Facet, Facets, HighlightPiece, Highlights, PriceFacet, SearchHit,
    SearchResults, Snippet,
};
use engine_core::{CollectionId, ProductId, ShardId, read};
use engine_search::{FacetRequest, Highlighter, Hit, Hits, Matched, PriceStats};

use crate::errors::Error;
use crate::state::AppState;

/// How long the shown piece of a description is, in characters.
pub const SNIPPET_CHARS: usize = 200;

/// The answer to a search.
pub fn answered(
    app: &AppState,
    hits: Hits,
    asked: &FacetRequest,
    highlight: bool,
) -> Result<SearchResults, Error> {
    let (matched, matched_words) = match hits.matched {
        Matched::AsTyped => ("as_typed", None),
        Matched::Typos => ("typos", None),
        Matched::SomeWords(words) => ("some_words", Some(words)),
    };
    let highlighter = Some(&hits.highlighter).filter(|_| highlight);
    let told = hits.hits.into_iter().map(|hit| told(app, hit, highlighter));
    Ok(SearchResults {
        hits: told.collect::<Result<_, _>>()?,
        total: hits.total,
        matched: matched.to_owned(),
        matched_words,
        suggestion: hits.suggestion,
        facets: facets(app, hits.facets, asked)?,
        next_cursor: hits.next_cursor,
    })
}

fn facets(
    app: &AppState,
    counted: engine_search::Facets,
    asked: &FacetRequest,
) -> Result<Facets, Error> {
    let collection = match asked.collection {
        true => Some(named(app, counted.collections)?),
        false => None,
    };
    let attributes = counted.attributes.into_iter().map(attribute);
    Ok(Facets {
        brand: asked.brand.then(|| counts(counted.brands)),
        collection,
        price: asked.price.then(|| counted.prices.iter().map(price).collect()),
        attributes: (!asked.attributes.is_empty()).then(|| attributes.collect()),
    })
}

fn counts<T: ToString>(counts: Vec<(T, u64)>) -> Vec<Facet> {
    let facet = |(value, count): (T, u64)| Facet { value: value.to_string(), name: None, count };
    counts.into_iter().map(facet).collect()
}

fn price(PriceStats { min, max }: &PriceStats) -> PriceFacet {
    PriceFacet { currency: min.currency.to_string(), min: min.amount, max: max.amount }
}

fn attribute(counted: engine_search::AttributeFacet) -> AttributeFacet {
    let (min, max) = counted.numbers.unzip();
    AttributeFacet {
        name: counted.name,
        values: counts(counted.values),
        min: min.map(|number| number.to_string()),
        max: max.map(|number| number.to_string()),
    }
}

/// The counts of collections that exist, with their names.
fn named(app: &AppState, counts: Vec<(CollectionId, u64)>) -> Result<Vec<Facet>, Error> {
    let meta = app.view(ShardId::META);
    let mut facets = Vec::with_capacity(counts.len());
    for (id, count) in counts {
        let collection = read::collection(&meta, id).map_err(Error::fault)?;
        if let Some(live) = collection.filter(|collection| collection.archived_at.is_none()) {
            let name = Some(live.details.name);
            facets.push(Facet { value: id.to_string(), name, count });
        }
    }
    Ok(facets)
}

fn told(app: &AppState, hit: Hit, highlighter: Option<&Highlighter>) -> Result<SearchHit, Error> {
    let highlights = match highlighter {
        Some(highlighter) => Some(Highlights {
            name: pieces(&hit.name, &highlighter.marks(&hit.name)),
            description: description(app, hit.id, highlighter)?,
        }),
        None => None,
    };
    Ok(SearchHit {
        id: hit.id.to_string(),
        name: hit.name,
        brand: hit.brand.to_string(),
        sku: hit.sku,
        collection_ids: hit.collections.iter().map(ToString::to_string).collect(),
        price: hit.price.amount,
        currency: hit.price.currency.to_string(),
        available: hit.available,
        highlights,
    })
}

/// The piece of a description to show, from the product's row.
fn description(
    app: &AppState,
    id: ProductId,
    highlighter: &Highlighter,
) -> Result<Option<Snippet>, Error> {
    let view = app.view(app.topology.of_product(id));
    let row = read::product(&view, id).map_err(Error::fault)?;
    let text = row.map(|(product, _)| product.details.description).unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let piece = highlighter.snippet(&text, SNIPPET_CHARS);
    Ok(Some(Snippet {
        pieces: pieces(&piece.text, &piece.marks),
        cut_before: piece.cut_before,
        cut_after: piece.cut_after,
    }))
}

/// A text cut at its marks.
fn pieces(text: &str, marks: &[Range<usize>]) -> Vec<HighlightPiece> {
    let mut pieces = Vec::with_capacity(2 * marks.len() + 1);
    let mut add = |part: Range<usize>, marked: bool| {
        if let Some(text) = text.get(part).filter(|text| !text.is_empty()) {
            pieces.push(HighlightPiece { text: text.to_owned(), marked });
        }
    };
    let mut at = 0;
    for mark in marks {
        add(at..mark.start, false);
        add(mark.clone(), true);
        at = mark.end;
    }
    add(at..text.len(), false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_text_with_its_marks() {
        let told = |text: &str, marks: &[Range<usize>]| -> Vec<(String, bool)> {
            pieces(text, marks).into_iter().map(|piece| (piece.text, piece.marked)).collect()
        };
        let own = |pieces: &[(&str, bool)]| -> Vec<(String, bool)> {
            pieces.iter().map(|(text, marked)| ((*text).to_owned(), *marked)).collect()
        };
        let (two, all) = ([2..5, 6..9], 0..3);
        let wanted = [("a ", false), ("red", true), (" ", false), ("cup", true)];
        assert_eq!(told("a red cup", &two), own(&wanted));
        assert_eq!(told("red", std::slice::from_ref(&all)), own(&[("red", true)]));
        assert_eq!(told("red", &[]), own(&[("red", false)]));
        assert_eq!(told("", &[]), own(&[]));
    }
}
