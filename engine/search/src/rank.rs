//! The best hits of a search in their order, without sorting the others.
//!
//! A hit's place is decided by a number that is smaller for better hits, then by its name when
//! names are what is sorted by, then by its id: no two products are equal, so pages never overlap.

use std::cmp::Ordering;

use engine_core::ProductId;

use crate::columns::{Columns, dearest_first};
use crate::query::{Matched, Sort};
use crate::snapshot::Snapshot;
use crate::stock::StockView;

/// A document that may be on the page.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: u64,
    pub(crate) segment: u32,
    pub(crate) doc: u32,
}

/// The place of the last hit of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) key: u64,
    /// As names are ordered; empty unless sorted by name.
    pub(crate) name: String,
    pub(crate) id: ProductId,
    /// How the search matched that it is in.
    pub(crate) matched: Matched,
}

/// The number of a document, with its score, under an order.
#[inline]
pub(crate) fn key(
    sort: Sort,
    columns: &Columns,
    stock: &StockView,
    (doc, score): (usize, f32),
) -> u64 {
    match sort {
        Sort::Relevance => {
            let popularity = stock.popularity(columns.slots[doc]);
            u64::from(!score.max(0.0).to_bits()) << 32 | u64::from(!popularity)
        }
        Sort::PriceAsc => columns.price_keys[doc],
        Sort::PriceDesc => dearest_first(columns.price_keys[doc]),
        Sort::Newest => !columns.created[doc],
        Sort::Name => columns.name_keys[doc],
        Sort::Popularity => u64::from(!stock.popularity(columns.slots[doc])),
        Sort::Available => u64::from(!stock.available(columns.slots[doc])),
    }
}

/// The number of a product that a rule puts in this place: less than that of any score.
pub(crate) fn pinned_key(place: u32) -> u64 {
    u64::from(place)
}

/// The score that a number of [`Sort::Relevance`] was made from; 0 for a pinned product.
pub(crate) fn score_of(key: u64) -> f32 {
    match (key >> 32) as u32 {
        0 => 0.0,
        bits => f32::from_bits(!bits),
    }
}

/// Keeps the first hits after a place.
pub(crate) struct Ranking<'a> {
    snapshot: &'a Snapshot,
    by_name: bool,
    limit: usize,
    after: Option<Place>,
    entries: Vec<Entry>,
    /// Entries with a larger key are not among the first.
    worst: u64,
    /// How many hits come after the place.
    seen: u64,
}

impl<'a> Ranking<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        sort: Sort,
        limit: usize,
        after: Option<Place>,
    ) -> Self {
        let by_name = sort == Sort::Name;
        let entries = Vec::with_capacity(2 * limit);
        Self { snapshot, by_name, limit, after, entries, worst: u64::MAX, seen: 0 }
    }

    #[inline]
    pub(crate) fn push(&mut self, entry: Entry) {
        if self.after.as_ref().is_some_and(|place| !self.is_after(&entry, place)) {
            return;
        }
        self.seen += 1;
        if entry.key > self.worst || self.limit == 0 {
            return;
        }
        self.entries.push(entry);
        if self.entries.len() >= 2 * self.limit {
            self.cut();
        }
    }

    /// Which of two documents comes first.
    pub(crate) fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        compare(self.snapshot, self.by_name, a, b)
    }

    /// The first hits in their order, and whether there are more.
    pub(crate) fn finish(mut self) -> (Vec<Entry>, bool) {
        let (snapshot, by_name) = (self.snapshot, self.by_name);
        self.entries.sort_unstable_by(|a, b| compare(snapshot, by_name, a, b));
        self.entries.truncate(self.limit);
        let more = self.limit > 0 && self.seen > self.limit as u64;
        (self.entries, more)
    }

    fn cut(&mut self) {
        let (snapshot, by_name) = (self.snapshot, self.by_name);
        let order = |a: &Entry, b: &Entry| compare(snapshot, by_name, a, b);
        let (_, last, _) = self.entries.select_nth_unstable_by(self.limit - 1, order);
        self.worst = last.key;
        self.entries.truncate(self.limit);
    }

    fn is_after(&self, entry: &Entry, place: &Place) -> bool {
        let columns = &self.snapshot.segments[entry.segment as usize].columns;
        let doc = entry.doc as usize;
        let by_name = || match self.by_name {
            true => columns.sorted_name(doc).cmp(&place.name),
            false => Ordering::Equal,
        };
        let order = entry.key.cmp(&place.key).then_with(by_name);
        order.then_with(|| columns.ids[doc].cmp(&place.id)) == Ordering::Greater
    }
}

fn compare(snapshot: &Snapshot, by_name: bool, a: &Entry, b: &Entry) -> Ordering {
    a.key.cmp(&b.key).then_with(|| {
        let at = |entry: &Entry| {
            (&snapshot.segments[entry.segment as usize].columns, entry.doc as usize)
        };
        let ((left, left_doc), (right, right_doc)) = (at(a), at(b));
        let names = || match by_name {
            true => left.sorted_name(left_doc).cmp(right.sorted_name(right_doc)),
            false => Ordering::Equal,
        };
        names().then_with(|| left.ids[left_doc].cmp(&right.ids[right_doc]))
    })
}
