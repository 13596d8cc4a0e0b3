//! Which of the products that match the text are hits: collection, brand, price, stock.
//!
//! A filter is resolved once per search, then once per segment, and reads columns only.

use engine_core::CollectionId;

use crate::query::{PriceRange, Query};
use crate::snapshot::{Segment, Snapshot};
use crate::stock::StockView;

/// A query's filters.
pub(crate) struct Filter {
    collection: Option<CollectionId>,
    brand: Option<u32>,
    price: Option<PriceRange>,
    in_stock: bool,
}

impl Filter {
    /// The filters of a query; nothing when they leave no product.
    pub(crate) fn new(snapshot: &Snapshot, query: &Query) -> Option<Self> {
        let brand = match &query.brand {
            Some(brand) => Some(snapshot.brand_class(brand)?),
            None => None,
        };
        let Query { collection, price, in_stock, .. } = *query;
        Some(Self { collection, brand, price, in_stock })
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
        let Some(range) = &self.filter.price else { return true };
        let amount = self.segment.columns.amounts[doc];
        self.segment.columns.currencies[doc] == range.currency
            && range.min.is_none_or(|min| amount >= min)
            && range.max.is_none_or(|max| amount <= max)
    }

    #[inline]
    fn passes_brand(&self, doc: usize) -> bool {
        let Some(class) = self.filter.brand else { return true };
        let ord = self.segment.columns.brand_ords[doc] as usize;
        self.segment.brand_classes.get(ord) == Some(&class)
    }
}
