//! What searches see between two commits: tantivy's searcher with the columns of its segments.
//!
//! A snapshot never changes; a commit replaces it. Columns of segments that stay are shared with
//! the snapshot before. Segments number brands and collections each for themselves: a snapshot
//! maps their numbers to its own, so that a facet is counted into one array.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine_core::{CollectionId, ShardId};
use tantivy::index::SegmentId;
use tantivy::{IndexReader, Searcher, TantivyError};

use crate::columns::{Columns, Interner};
use crate::schema::Fields;
use crate::stock::StockTable;

pub(crate) struct Snapshot {
    pub(crate) searcher: Searcher,
    /// In the order of the searcher's.
    pub(crate) segments: Vec<Segment>,
    /// Every brand as it is written.
    pub(crate) brands: Vec<Arc<str>>,
    /// Every collection that a product is in.
    pub(crate) collections: Vec<CollectionId>,
    /// How far each shard's feed was in when it was committed.
    pub(crate) committed: BTreeMap<ShardId, u64>,
    /// Numbers brands as they are written in lower case.
    brand_classes: HashMap<String, u32>,
}

pub(crate) struct Segment {
    id: SegmentId,
    pub(crate) columns: Arc<Columns>,
    /// From the segment's brands to the snapshot's.
    pub(crate) brand_map: Vec<u32>,
    /// From the segment's brands to the numbers of their lower case.
    pub(crate) brand_classes: Vec<u32>,
    /// From the segment's collections to the snapshot's.
    pub(crate) collection_map: Vec<u32>,
}

impl Snapshot {
    /// What was committed last.
    pub(crate) fn load(
        reader: &IndexReader,
        (fields, stock): (&Fields, &StockTable),
        committed: BTreeMap<ShardId, u64>,
        before: Option<&Self>,
    ) -> Result<Self, TantivyError> {
        let searcher = reader.searcher();
        let mut columns = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let id = reader.segment_id();
            let kept = before.and_then(|before| before.segments.iter().find(|kept| kept.id == id));
            columns.push((
                id,
                match kept {
                    Some(kept) => kept.columns.clone(),
                    None => Arc::new(Columns::load(reader, fields, stock)?),
                },
            ));
        }
        Ok(Self { committed, ..Self::of(searcher, columns) })
    }

    fn of(searcher: Searcher, columns: Vec<(SegmentId, Arc<Columns>)>) -> Self {
        let mut brands = Vec::new();
        let mut collections = Vec::new();
        let mut brand_numbers = Interner::default();
        let mut collection_numbers = Interner::default();
        let mut brand_classes: HashMap<String, u32> = HashMap::new();
        let mut segments = Vec::with_capacity(columns.len());
        for (id, columns) in columns {
            let brand_number = |brand: &Arc<str>| brand_numbers.of(brand.clone(), &mut brands);
            let brand_map = columns.brands.iter().map(brand_number).collect();
            let class = |brand: &Arc<str>| {
                let next = brand_classes.len() as u32;
                *brand_classes.entry(brand.to_lowercase()).or_insert(next)
            };
            let brand_classes = columns.brands.iter().map(class).collect();
            let number = |collection: &_| collection_numbers.of(*collection, &mut collections);
            let collection_map = columns.collections.iter().map(number).collect();
            segments.push(Segment { id, columns, brand_map, brand_classes, collection_map });
        }
        let committed = BTreeMap::new();
        Self { searcher, segments, brands, collections, committed, brand_classes }
    }

    /// The number of a brand in any case; nothing when no product has it.
    pub(crate) fn brand_class(&self, brand: &str) -> Option<u32> {
        self.brand_classes.get(&brand.to_lowercase()).copied()
    }

    /// Whether it shows other segments than these.
    pub(crate) fn differs(&self, segments: &[SegmentId]) -> bool {
        segments.len() != self.segments.len()
            || self.segments.iter().any(|segment| !segments.contains(&segment.id))
    }
}
