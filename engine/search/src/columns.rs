//! A segment's products as columns in memory, one value per document, read from the cards.
//!
//! Filters, sorts, facets and hits read these, never the disk: about 200 bytes per product. They
//! depend on the segment alone, not on what was deleted from it since, so they are read once, when
//! a segment first appears, and kept until it is merged away.

use std::collections::HashMap;
use std::hash::Hash;
use std::str::FromStr as _;
use std::sync::Arc;

use engine_core::{CollectionId, Currency, Money, ProductId};
use tantivy::schema::Value as _;
use tantivy::{SegmentReader, TantivyDocument, TantivyError};

use crate::attributes::{self, Attributes};
use crate::card::Card;
use crate::heads::Heads;
use crate::schema::Fields;
use crate::stock::StockTable;

/// In the brand column: no brand.
pub(crate) const NO_BRAND: u32 = u32::MAX;
/// How much of a name counts in its order, in characters of the lower-case name.
const SORTED_CHARS: usize = 128;

/// The columns. All lists without a note have one value per document.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) ids: Vec<ProductId>,
    /// Where the stock table has the product.
    pub(crate) slots: Vec<u32>,
    /// See [`price_key`].
    pub(crate) price_keys: Vec<u64>,
    pub(crate) created: Vec<u64>,
    /// The first eight bytes of the lower-case name, as a number.
    pub(crate) name_keys: Vec<u64>,
    pub(crate) name_hashes: Vec<u64>,
    pub(crate) sku_hashes: Vec<u64>,
    /// Places in `brands`, or [`NO_BRAND`].
    pub(crate) brand_ords: Vec<u32>,
    /// The segment's own list of brands.
    pub(crate) brands: Vec<Arc<str>>,
    /// The segment's own list of collections.
    pub(crate) collections: Vec<CollectionId>,
    /// Places in `collections`, document after document.
    collection_ords: Vec<u32>,
    /// Where each document's places end.
    collection_ends: Vec<u32>,
    /// The documents of each collection, one collection after the other.
    collection_docs: Vec<u32>,
    /// Where the documents of each collection end.
    collection_docs_ends: Vec<u32>,
    pub(crate) attributes: Attributes,
    /// What short beginnings stand for.
    pub(crate) heads: Heads,
    /// Names, SKUs and what names are ordered by, document after document.
    texts: String,
    spans: Vec<Span>,
}

/// Where a document's name begins in `texts`, and how long it and what is behind it are.
struct Span {
    start: u64,
    name: u16,
    sku: u16,
    sorted: u16,
}

impl Columns {
    /// Reads the cards of all documents, deleted ones included.
    pub(crate) fn load(
        reader: &SegmentReader,
        fields: &Fields,
        stock: &StockTable,
    ) -> Result<Self, TantivyError> {
        let heads = Heads::load(reader, &[fields.names, fields.brands])?;
        let mut columns = Self { heads, ..Self::default() };
        let mut places = Places::default();
        let store = reader.get_store_reader(1)?;
        for document in store.iter::<TantivyDocument>(None) {
            let document = document?;
            let bytes = document.get_first(fields.card).and_then(|value| value.as_bytes());
            bytes
                .and_then(Card::decode)
                .and_then(|card| columns.push(&card, &mut places, stock))
                .ok_or_else(|| TantivyError::InternalError("a damaged card".to_owned()))?;
        }
        if columns.ids.len() != reader.max_doc() as usize {
            return Err(TantivyError::InternalError("documents without cards".to_owned()));
        }
        columns.list_collections();
        columns.shrink();
        Ok(columns)
    }

    fn push(&mut self, card: &Card<'_>, places: &mut Places, stock: &StockTable) -> Option<()> {
        let sorted = sorted_name(card.name);
        let span = Span {
            start: self.texts.len() as u64,
            name: card.name.len().try_into().ok()?,
            sku: card.sku.len().try_into().ok()?,
            sorted: sorted.len().try_into().ok()?,
        };
        self.ids.push(card.id);
        self.slots.push(stock.slot(card.id));
        self.price_keys.push(price_key(card.price));
        self.created.push(card.created_at);
        self.name_keys.push(name_key(&sorted));
        self.name_hashes.push(card.name_hash);
        self.sku_hashes.push(card.sku_hash);
        self.brand_ords.push(match card.brand {
            "" => NO_BRAND,
            brand => places.brands.of(Arc::from(brand), &mut self.brands),
        });
        let first = self.collection_ords.len();
        for collection in &card.collections {
            let ord = places.collections.of(*collection, &mut self.collections);
            if !self.collection_ords[first..].contains(&ord) {
                self.collection_ords.push(ord);
            }
        }
        self.collection_ends.push(self.collection_ords.len().try_into().ok()?);
        self.attributes.push(&card.attributes, &mut places.attributes)?;
        self.texts.push_str(card.name);
        self.texts.push_str(card.sku);
        self.texts.push_str(&sorted);
        self.spans.push(span);
        Some(())
    }

    /// Lists the documents of each collection.
    fn list_collections(&mut self) {
        let mut ends = vec![0_u32; self.collections.len()];
        self.collection_ords.iter().for_each(|ord| ends[*ord as usize] += 1);
        let mut sum = 0;
        let mut starts = Vec::with_capacity(ends.len());
        for end in &mut ends {
            starts.push(sum);
            sum += *end;
            *end = sum;
        }
        let mut docs = vec![0; self.collection_ords.len()];
        for doc in 0..self.ids.len() {
            for ord in self.collection_ords(doc) {
                let start = &mut starts[*ord as usize];
                docs[*start as usize] = doc as u32;
                *start += 1;
            }
        }
        self.collection_docs = docs;
        self.collection_docs_ends = ends;
    }

    fn shrink(&mut self) {
        self.attributes.finish();
        self.ids.shrink_to_fit();
        self.slots.shrink_to_fit();
        self.price_keys.shrink_to_fit();
        self.created.shrink_to_fit();
        self.name_keys.shrink_to_fit();
        self.name_hashes.shrink_to_fit();
        self.sku_hashes.shrink_to_fit();
        self.brand_ords.shrink_to_fit();
        self.collection_ords.shrink_to_fit();
        self.collection_ends.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.spans.shrink_to_fit();
    }

    pub(crate) fn price(&self, doc: usize) -> Money {
        price_of(self.price_keys[doc])
    }

    pub(crate) fn name(&self, doc: usize) -> &str {
        let span = &self.spans[doc];
        let start = span.start as usize;
        &self.texts[start..start + usize::from(span.name)]
    }

    pub(crate) fn sku(&self, doc: usize) -> &str {
        let span = &self.spans[doc];
        let start = span.start as usize + usize::from(span.name);
        &self.texts[start..start + usize::from(span.sku)]
    }

    /// What names are ordered by: the beginning of the lower-case name.
    pub(crate) fn sorted_name(&self, doc: usize) -> &str {
        let span = &self.spans[doc];
        let start = span.start as usize + usize::from(span.name) + usize::from(span.sku);
        &self.texts[start..start + usize::from(span.sorted)]
    }

    pub(crate) fn brand(&self, doc: usize) -> Arc<str> {
        let brand = self.brands.get(self.brand_ords[doc] as usize);
        brand.cloned().unwrap_or_else(|| Arc::from(""))
    }

    /// The collections of a document, as places in `collections`.
    pub(crate) fn collection_ords(&self, doc: usize) -> &[u32] {
        let start = doc.checked_sub(1).map_or(0, |before| self.collection_ends[before]);
        &self.collection_ords[start as usize..self.collection_ends[doc] as usize]
    }

    /// The documents of the collection with this place, in their order.
    pub(crate) fn documents_of(&self, ord: u32) -> &[u32] {
        let ends = &self.collection_docs_ends;
        let start = (ord as usize).checked_sub(1).map_or(0, |before| ends[before]);
        &self.collection_docs[start as usize..ends[ord as usize] as usize]
    }

    /// The place of a collection in this segment, if any product here is in it.
    pub(crate) fn collection_ord(&self, collection: CollectionId) -> Option<u32> {
        let place = self.collections.iter().position(|other| *other == collection);
        place.map(|place| place as u32)
    }
}

/// Where each value lies in the segment's own lists, while they are being made.
#[derive(Default)]
struct Places {
    brands: Interner<Arc<str>>,
    collections: Interner<CollectionId>,
    attributes: attributes::Places,
}

/// Gives each distinct value the next number.
pub(crate) struct Interner<T>(HashMap<T, u32>);

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Hash + Eq + Clone> Interner<T> {
    /// The number of a value; a new value is added to the list.
    pub(crate) fn of(&mut self, value: T, list: &mut Vec<T>) -> u32 {
        if let Some(number) = self.0.get(&value) {
            return *number;
        }
        let number = list.len() as u32;
        list.push(value.clone());
        self.0.insert(value, number);
        number
    }
}

/// Bits of a price's number that hold the amount; the currency is above them.
const AMOUNT_BITS: u32 = 40;
/// The largest amount that has a number of its own.
const AMOUNT_MAX: u64 = (1 << AMOUNT_BITS) - 1;
const _: () = assert!(Money::AMOUNT_MAX <= AMOUNT_MAX as i64);

/// A price as a number: one currency after the other, by amount in each. Amounts that no product
/// can have count as the nearest that one can.
pub(crate) fn price_key(price: Money) -> u64 {
    let amount = price.amount.clamp(0, Money::AMOUNT_MAX) as u64;
    currency_code(price.currency) << AMOUNT_BITS | amount
}

/// A currency as a number.
pub(crate) fn currency_code(currency: Currency) -> u64 {
    currency.as_str().bytes().fold(0, |code, byte| code << 8 | u64::from(byte))
}

/// The number of the currency in the number of a price.
pub(crate) fn currency_of(price_key: u64) -> u64 {
    price_key >> AMOUNT_BITS
}

/// The amount in the number of a price.
pub(crate) fn amount_of(price_key: u64) -> u64 {
    price_key & AMOUNT_MAX
}

/// The number with the order of amounts turned round, and that of currencies as it was.
pub(crate) fn dearest_first(price_key: u64) -> u64 {
    price_key ^ AMOUNT_MAX
}

/// The price that a number was made from.
pub(crate) fn price_of(key: u64) -> Money {
    let code = currency_of(key) as u32;
    let [_, code @ ..] = code.to_be_bytes();
    let code = std::str::from_utf8(&code).unwrap_or_default();
    let currency = Currency::from_str(code).unwrap_or(Currency::USD);
    Money { amount: amount_of(key) as i64, currency }
}

fn sorted_name(name: &str) -> String {
    let mut sorted = name.to_lowercase();
    if let Some((end, _)) = sorted.char_indices().nth(SORTED_CHARS) {
        sorted.truncate(end);
    }
    sorted
}

/// The first bytes as a number, in the same order as the texts: decides most comparisons.
fn name_key(sorted: &str) -> u64 {
    let mut key = [0; 8];
    key.iter_mut().zip(sorted.bytes()).for_each(|(place, byte)| *place = byte);
    u64::from_be_bytes(key)
}
