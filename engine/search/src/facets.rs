//! Counting hits by brand and by collection, exactly, while they are found.

use crate::columns::NO_BRAND;
use crate::query::{FACET_VALUES_MAX, FacetRequest, Facets};
use crate::snapshot::{Segment, Snapshot};

/// The counts so far, by the snapshot's numbers. Empty lists are not counted.
pub(crate) struct Counts {
    brands: Vec<u32>,
    collections: Vec<u32>,
    request: FacetRequest,
}

impl Counts {
    pub(crate) fn new(snapshot: &Snapshot, request: FacetRequest) -> Self {
        let zeros = |wanted: bool, length: usize| vec![0; if wanted { length } else { 0 }];
        Self {
            brands: zeros(request.brand, snapshot.brands.len()),
            collections: zeros(request.collection, snapshot.collections.len()),
            request,
        }
    }

    #[inline]
    pub(crate) fn count(&mut self, segment: &Segment, doc: usize) {
        let ord = segment.columns.brand_ords[doc];
        if self.request.brand && ord != NO_BRAND {
            self.brands[segment.brand_map[ord as usize] as usize] += 1;
        }
        if self.request.collection {
            for ord in segment.columns.collection_ords(doc) {
                self.collections[segment.collection_map[*ord as usize] as usize] += 1;
            }
        }
    }

    pub(crate) fn finish(self, snapshot: &Snapshot) -> Facets {
        Facets {
            brands: top(&self.brands, &snapshot.brands),
            collections: top(&self.collections, &snapshot.collections),
        }
    }
}

/// The values with the highest counts, then by value.
fn top<T: Clone + Ord>(counts: &[u32], values: &[T]) -> Vec<(T, u64)> {
    let mut found: Vec<(u32, &T)> =
        counts.iter().copied().zip(values).filter(|(count, _)| *count > 0).collect();
    let order = |a: &(u32, &T), b: &(u32, &T)| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1));
    if found.len() > FACET_VALUES_MAX {
        found.select_nth_unstable_by(FACET_VALUES_MAX, order);
        found.truncate(FACET_VALUES_MAX);
    }
    found.sort_unstable_by(order);
    found.into_iter().map(|(count, value)| (value.clone(), u64::from(count))).collect()
}
