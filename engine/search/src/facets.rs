//! Counting hits by brand, by collection and by attribute, exactly, while they are found; and the
//! lowest and highest price.

use std::collections::HashMap;
use std::sync::Arc;

use crate::columns::{NO_BRAND, currency_of, price_of};
use crate::filter::{ATTRIBUTES, BRAND, COLLECTION, PRICE};
use crate::number::Number;
use crate::query::{AttributeFacet, FACET_VALUES_MAX, FacetRequest, Facets, PriceStats};
use crate::snapshot::{Segment, Snapshot};

/// The counts so far, by the snapshot's numbers. Empty lists are not counted.
pub(crate) struct Counts<'a> {
    request: &'a FacetRequest,
    brands: Vec<u32>,
    collections: Vec<u32>,
    /// The lowest and highest number of a price in each currency.
    prices: Vec<(u64, u64)>,
    /// Of each attribute that was asked for.
    attributes: Vec<HashMap<Arc<str>, u64>>,
    /// In this segment, by pair.
    pairs: Vec<u32>,
    /// The facet of each pair in this segment.
    pair_facets: Vec<u8>,
}

impl<'a> Counts<'a> {
    pub(crate) fn new(snapshot: &Snapshot, request: &'a FacetRequest) -> Self {
        let zeros = |wanted: bool, length: usize| vec![0; if wanted { length } else { 0 }];
        Self {
            brands: zeros(request.brand, snapshot.brands.len()),
            collections: zeros(request.collection, snapshot.collections.len()),
            prices: Vec::new(),
            attributes: vec![HashMap::new(); request.attributes.len()],
            pairs: Vec::new(),
            pair_facets: Vec::new(),
            request,
        }
    }

    /// The next documents are this segment's.
    pub(crate) fn begin(&mut self, segment: &Segment) {
        if self.attributes.is_empty() {
            return;
        }
        let attributes = &segment.columns.attributes;
        let names: Vec<Option<u32>> =
            self.request.attributes.iter().map(|name| attributes.name(name)).collect();
        let facet = |name: u32| {
            let place = names.iter().position(|other| *other == Some(name));
            place.map_or(u8::MAX, |place| ATTRIBUTES + place as u8)
        };
        self.pair_facets = attributes.pairs.iter().map(|pair| facet(pair.name)).collect();
        self.pairs = vec![0; attributes.pairs.len()];
    }

    /// There are no more documents of this segment.
    pub(crate) fn end(&mut self, segment: &Segment) {
        let pairs = segment.columns.attributes.pairs.iter();
        let counted = self.pairs.drain(..).zip(self.pair_facets.drain(..)).zip(pairs);
        for ((count, facet), pair) in counted.filter(|((count, _), _)| *count > 0) {
            let sums = &mut self.attributes[usize::from(facet - ATTRIBUTES)];
            *sums.entry(pair.value.clone()).or_default() += u64::from(count);
        }
    }

    /// Counts a document in all facets, or in one alone.
    #[inline]
    pub(crate) fn count(&mut self, segment: &Segment, doc: usize, only: Option<u8>) {
        let counted = |facet: u8| only.is_none_or(|only| only == facet);
        let columns = &segment.columns;
        let ord = columns.brand_ords[doc];
        if self.request.brand && ord != NO_BRAND && counted(BRAND) {
            self.brands[segment.brand_map[ord as usize] as usize] += 1;
        }
        if self.request.collection && counted(COLLECTION) {
            for ord in columns.collection_ords(doc) {
                self.collections[segment.collection_map[*ord as usize] as usize] += 1;
            }
        }
        if self.request.price && counted(PRICE) {
            self.count_price(columns.price_keys[doc]);
        }
        if !self.attributes.is_empty() {
            for ord in columns.attributes.of(doc) {
                let facet = self.pair_facets[*ord as usize];
                if facet != u8::MAX && counted(facet) {
                    self.pairs[*ord as usize] += 1;
                }
            }
        }
    }

    fn count_price(&mut self, key: u64) {
        let same = |(min, _): &&mut (u64, u64)| currency_of(*min) == currency_of(key);
        match self.prices.iter_mut().find(same) {
            Some((min, max)) => (*min, *max) = (key.min(*min), key.max(*max)),
            None => self.prices.push((key, key)),
        }
    }

    pub(crate) fn finish(mut self, snapshot: &Snapshot) -> Facets {
        self.prices.sort_unstable();
        let stats =
            |(min, max): &(u64, u64)| PriceStats { min: price_of(*min), max: price_of(*max) };
        let names = self.request.attributes.iter();
        Facets {
            brands: top(indexed(&self.brands, &snapshot.brands)),
            collections: top(indexed(&self.collections, &snapshot.collections)),
            prices: self.prices.iter().map(stats).collect(),
            attributes: names.zip(self.attributes).map(|(name, sums)| facet(name, sums)).collect(),
        }
    }
}

fn facet(name: &str, sums: HashMap<Arc<str>, u64>) -> AttributeFacet {
    let numbers = || sums.keys().filter_map(|value| value.parse::<Number>().ok());
    AttributeFacet {
        name: name.to_owned(),
        numbers: numbers().min().zip(numbers().max()),
        values: top(sums.into_iter().collect()),
    }
}

fn indexed<T: Clone>(counts: &[u32], values: &[T]) -> Vec<(T, u64)> {
    let counted = counts.iter().zip(values).filter(|(count, _)| **count > 0);
    counted.map(|(count, value)| (value.clone(), u64::from(*count))).collect()
}

/// The values with the highest counts, then by value.
fn top<T: Ord>(mut found: Vec<(T, u64)>) -> Vec<(T, u64)> {
    let order = |a: &(T, u64), b: &(T, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0));
    if found.len() > FACET_VALUES_MAX {
        found.select_nth_unstable_by(FACET_VALUES_MAX, order);
        found.truncate(FACET_VALUES_MAX);
    }
    found.sort_unstable_by(order);
    found
}
