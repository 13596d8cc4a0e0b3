//! Which of the products that match the text are hits: collection, brand, price, stock, and
//! whatever the filter expression says.
//!
//! A filter is resolved once per search, then once per segment, and reads columns only. When
//! facets are disjunctive, a product that fails the conditions on one facet's field alone is
//! counted in that facet: so each facet says what choosing another of its values would find.

use std::ops::RangeInclusive;

use engine_core::{CollectionId, Money};

use crate::columns::price_key;
use crate::expr::{Condition, Node, WholeField};
use crate::expr_test::Test;
use crate::query::{FacetRequest, PriceRange, Query};
use crate::snapshot::{Segment, Snapshot};
use crate::stock::StockView;

/// The number of the facet of brands.
pub(crate) const BRAND: u8 = 0;
/// The number of the facet of collections.
pub(crate) const COLLECTION: u8 = 1;
/// The number of the facet of prices.
pub(crate) const PRICE: u8 = 2;
/// The number of the first facet of an attribute.
pub(crate) const ATTRIBUTES: u8 = 3;

/// In place of a number that no product has.
const NONE: u32 = u32::MAX - 1;

/// A query's filters.
pub(crate) struct Filter<'a> {
    query: &'a Query,
    brand: Option<u32>,
    /// Numbers of prices; see [`price_key`].
    prices: Option<RangeInclusive<u64>>,
    /// What must all hold, each with the facet that is the only one it is about.
    parts: Vec<(Option<u8>, &'a Node)>,
}

/// What becomes of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Hit,
    /// No hit, but counted in this facet.
    Counted(u8),
    Miss,
}

impl<'a> Filter<'a> {
    /// The filters of a query; nothing when they leave no product to look at.
    pub(crate) fn new(snapshot: &Snapshot, query: &'a Query) -> Option<Self> {
        let facets = &query.facets;
        let brand = query.brand.as_ref().map(|brand| snapshot.brand_class(brand).unwrap_or(NONE));
        let prices = query.price.map(|range| prices(range).unwrap_or(RangeInclusive::new(1, 0)));
        let no_price = prices.as_ref().is_some_and(RangeInclusive::is_empty);
        if !facets.disjunctive && (brand == Some(NONE) || no_price) {
            return None;
        }
        let parts = query.filter.as_ref().map_or(&[][..], |filter| filter.parts());
        let parts = parts.iter().map(|node| (facet_of(facets, node), node)).collect();
        Some(Self { query, brand, prices, parts })
    }

    /// The filters in one segment; nothing when they leave no product of it.
    pub(crate) fn within(
        &'a self,
        snapshot: &Snapshot,
        segment: &'a Segment,
        stock: &'a StockView,
    ) -> Option<SegmentFilter<'a>> {
        let ord = |id: CollectionId| segment.columns.collection_ord(id).unwrap_or(NONE);
        let collection = self.query.collection.map(ord);
        if collection == Some(NONE) && !self.query.facets.disjunctive {
            return None;
        }
        let test =
            |(facet, node): &(Option<u8>, &Node)| (*facet, Test::new(node, snapshot, segment));
        let tests = self.parts.iter().map(test).collect();
        Some(SegmentFilter { filter: self, segment, collection, tests, stock })
    }
}

/// The filters in one segment.
pub(crate) struct SegmentFilter<'a> {
    filter: &'a Filter<'a>,
    segment: &'a Segment,
    collection: Option<u32>,
    tests: Vec<(Option<u8>, Test)>,
    stock: &'a StockView,
}

impl SegmentFilter<'_> {
    /// The documents that can be hits, in their order, when that is known without looking at all:
    /// those of a collection.
    pub(crate) fn documents(&self) -> Option<&[u32]> {
        if self.filter.query.facets.disjunctive {
            return None;
        }
        let columns = &self.segment.columns;
        let required = |(_, node): &(Option<u8>, &Node)| match node {
            Node::Is(Condition::Collection(id)) => Some(columns.collection_ord(*id)),
            _ => None,
        };
        let required = self.filter.parts.iter().find_map(required);
        match (self.collection, required) {
            (Some(ord), _) | (None, Some(Some(ord))) => Some(columns.documents_of(ord)),
            (None, Some(None)) => Some(&[]),
            (None, None) => None,
        }
    }

    /// What becomes of a document that matches the text.
    #[inline]
    pub(crate) fn verdict(&self, doc: usize) -> Verdict {
        match self.filter.query.facets.disjunctive {
            false if self.passes(doc) => Verdict::Hit,
            false => Verdict::Miss,
            true => self.disjunctive_verdict(doc),
        }
    }

    #[inline]
    fn passes(&self, doc: usize) -> bool {
        self.passes_price(doc)
            && self.passes_brand(doc)
            && self.passes_collection(doc)
            && self.passes_stock(doc)
            && self.tests.iter().all(|(_, test)| test.passes(self.segment, self.stock, doc))
    }

    fn disjunctive_verdict(&self, doc: usize) -> Verdict {
        if !self.passes_stock(doc) {
            return Verdict::Miss;
        }
        let named = [
            (self.facet(BRAND), self.passes_brand(doc)),
            (self.facet(COLLECTION), self.passes_collection(doc)),
            (self.facet(PRICE), self.passes_price(doc)),
        ];
        let tests = self.tests.iter();
        let tests = tests.map(|(facet, test)| (*facet, test.passes(self.segment, self.stock, doc)));
        let mut only = None;
        for (facet, passes) in named.into_iter().chain(tests) {
            match (passes, facet, only) {
                (true, _, _) => {}
                (false, Some(facet), None) => only = Some(facet),
                (false, Some(facet), Some(other)) if facet == other => {}
                (false, _, _) => return Verdict::Miss,
            }
        }
        only.map_or(Verdict::Hit, Verdict::Counted)
    }

    fn facet(&self, facet: u8) -> Option<u8> {
        asked(&self.filter.query.facets, facet)
    }

    #[inline]
    fn passes_stock(&self, doc: usize) -> bool {
        let wanted = self.filter.query.in_stock;
        !wanted || self.stock.available(self.segment.columns.slots[doc]) > 0
    }

    #[inline]
    fn passes_collection(&self, doc: usize) -> bool {
        let ords = self.segment.columns.collection_ords(doc);
        self.collection.is_none_or(|ord| ords.contains(&ord))
    }

    #[inline]
    fn passes_price(&self, doc: usize) -> bool {
        let prices = self.filter.prices.as_ref();
        prices.is_none_or(|prices| prices.contains(&self.segment.columns.price_keys[doc]))
    }

    #[inline]
    fn passes_brand(&self, doc: usize) -> bool {
        let Some(class) = self.filter.brand else { return true };
        let ord = self.segment.columns.brand_ords[doc] as usize;
        self.segment.brand_classes.get(ord) == Some(&class)
    }
}

/// The number of a facet, if it is asked for.
fn asked(facets: &FacetRequest, facet: u8) -> Option<u8> {
    let wanted = match facet {
        BRAND => facets.brand,
        COLLECTION => facets.collection,
        PRICE => facets.price,
        _ => true,
    };
    wanted.then_some(facet)
}

/// The facet whose field is all that a node is about, if it is asked for.
fn facet_of(facets: &FacetRequest, node: &Node) -> Option<u8> {
    let facet = |condition: &Condition| match condition {
        Condition::Collection(_) => asked(facets, COLLECTION),
        Condition::Brand(_) => asked(facets, BRAND),
        Condition::Whole(WholeField::Price, _, _) | Condition::Currency(_) => asked(facets, PRICE),
        Condition::Attribute(name, _) | Condition::AttributeNumber(name, _, _) => {
            let place = facets.attributes.iter().position(|other| other == name);
            place.map(|place| ATTRIBUTES.saturating_add(place as u8))
        }
        Condition::InStock | Condition::Whole(_, _, _) => None,
    };
    let mut found: Option<Option<u8>> = None;
    node.visit(&mut |condition| {
        let this = facet(condition);
        let same = found.is_none_or(|other| other == this);
        found = Some(this.filter(|_| same));
    });
    found.flatten()
}

/// A range of prices as numbers; nothing when no price can be in it.
fn prices(range: PriceRange) -> Option<RangeInclusive<u64>> {
    let PriceRange { currency, min, max } = range;
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(Money::AMOUNT_MAX));
    let possible = min <= max && max >= 0 && min <= Money::AMOUNT_MAX;
    let number = |amount| price_key(Money { amount, currency });
    possible.then(|| number(min)..=number(max))
}
