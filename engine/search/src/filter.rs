//! Which of the products that match the text are hits: collection, brand, price, stock.
//!
//! A filter is resolved once per search, then once per segment, and reads columns only.

use std::ops::RangeInclusive;

use engine_core::{CollectionId, Money};

use crate::columns::price_key;
use crate::query::{PriceRange, Query};
use crate::snapshot::{Segment, Snapshot};
use crate::stock::StockView;

/// A query's filters.
pub(crate) struct Filter {
    collection: Option<CollectionId>,
    brand: Option<u32>,
    /// Numbers of prices; see [`price_key`].
    prices: Option<RangeInclusive<u64>>,
    in_stock: bool,
}

impl Filter {
    /// The filters of a query; nothing when they leave no product.
    pub(crate) fn new(snapshot: &Snapshot, query: &Query) -> Option<Self> {
        let brand = match &query.brand {
            Some(brand) => Some(snapshot.brand_class(brand)?),
            None => None,
        };
        let prices = match query.price {
            Some(range) => Some(prices(range)?),
            None => None,
        };
        let Query { collection, in_stock, .. } = *query;
        Some(Self { collection, brand, prices, in_stock })
    }

    /// The filters in one segment; nothing when they leave no product of it.
    pub(crate) fn within<'a>(
        &'a self,
        segment: &'a Segment,
        stock: &'a StockView,
    ) -> Option<SegmentFilter<'a>> {
        let collection = match self.collection {
            Some(collection) => Some(segment.columns.collection_ord(collection)?),
            None => None,
        };
        Some(SegmentFilter { filter: self, segment, collection, stock })
    }
}

/// The filters in one segment.
pub(crate) struct SegmentFilter<'a> {
    filter: &'a Filter,
    segment: &'a Segment,
    collection: Option<u32>,
    stock: &'a StockView,
}

impl SegmentFilter<'_> {
    /// Whether a document passes all of them.
    #[inline]
    pub(crate) fn passes(&self, doc: usize) -> bool {
        self.passes_price(doc)
            && self.passes_brand(doc)
            && self
                .collection
                .is_none_or(|ord| self.segment.columns.collection_ords(doc).contains(&ord))
            && (!self.filter.in_stock || self.stock.available(self.segment.columns.slots[doc]) > 0)
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

/// A range of prices as numbers; nothing when no price can be in it.
fn prices(range: PriceRange) -> Option<RangeInclusive<u64>> {
    let PriceRange { currency, min, max } = range;
    let (min, max) = (min.unwrap_or(0), max.unwrap_or(Money::AMOUNT_MAX));
    let possible = min <= max && max >= 0 && min <= Money::AMOUNT_MAX;
    let number = |amount| price_key(Money { amount, currency });
    possible.then(|| number(min)..=number(max))
}
