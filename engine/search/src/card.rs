//! What the index stores of a product, as bytes: what hits, filters, sorts and facets read.
//!
//! The layout belongs to `schema::VERSION`: a change of it is a new version, and the index starts
//! anew from the rows. So there is no compatibility here, only a check that the bytes are whole.

use std::str::FromStr as _;

use engine_core::catalog::Product;
use engine_core::{CollectionId, Currency, Money, ProductId};

use crate::digest::row_hash;
use crate::text::exact_hash;

/// The stored part of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card<'a> {
    pub(crate) id: ProductId,
    /// Not searched: for comparing the index with the rows; see `digest.rs`.
    pub(crate) row_hash: u128,
    pub(crate) created_at: u64,
    pub(crate) price: Money,
    /// See [`exact_hash`]; 0 when empty.
    pub(crate) name_hash: u64,
    /// See [`exact_hash`]; 0 when empty.
    pub(crate) sku_hash: u64,
    pub(crate) name: &'a str,
    pub(crate) brand: &'a str,
    pub(crate) sku: &'a str,
    pub(crate) collections: Vec<CollectionId>,
    pub(crate) attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Card<'a> {
    pub(crate) fn of(product: &'a Product) -> Self {
        let details = &product.details;
        Self {
            id: product.id,
            row_hash: row_hash(product),
            created_at: product.created_at,
            price: details.price,
            name_hash: exact_hash(&details.name),
            sku_hash: exact_hash(&details.sku),
            name: &details.name,
            brand: &details.brand,
            sku: &details.sku,
            collections: details.collections.clone(),
            attributes: details
                .attributes
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect(),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let texts = [self.name, self.brand, self.sku];
        let mut bytes = Vec::with_capacity(96 + self.name.len() + 16 * self.collections.len());
        bytes.extend(self.id.0.to_le_bytes());
        bytes.extend(self.row_hash.to_le_bytes());
        bytes.extend(self.created_at.to_le_bytes());
        bytes.extend(self.price.amount.to_le_bytes());
        bytes.extend(self.price.currency.as_str().as_bytes());
        bytes.extend(self.name_hash.to_le_bytes());
        bytes.extend(self.sku_hash.to_le_bytes());
        let pairs = self.attributes.iter().flat_map(|(name, value)| [*name, *value]);
        bytes.extend((self.attributes.len() as u32).to_le_bytes());
        for text in texts.into_iter().chain(pairs) {
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        for collection in &self.collections {
            bytes.extend(collection.0.to_le_bytes());
        }
        bytes
    }

    /// The card in the bytes, or nothing when they are not one.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let mut card = Self {
            id: ProductId(u128::from_le_bytes(reader.array()?)),
            row_hash: u128::from_le_bytes(reader.array()?),
            created_at: reader.number()?,
            price: Money {
                amount: i64::from_le_bytes(reader.array()?),
                currency: reader.currency()?,
            },
            name_hash: reader.number()?,
            sku_hash: reader.number()?,
            name: "",
            brand: "",
            sku: "",
            attributes: Vec::new(),
            collections: Vec::new(),
        };
        let attributes = u32::from_le_bytes(reader.array()?);
        card.name = reader.text()?;
        card.brand = reader.text()?;
        card.sku = reader.text()?;
        for _ in 0..attributes {
            card.attributes.push((reader.text()?, reader.text()?));
        }
        card.collections = reader.collections()?;
        reader.0.is_empty().then_some(card)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn currency(&mut self) -> Option<Currency> {
        let code: [u8; 3] = self.array()?;
        Currency::from_str(std::str::from_utf8(&code).ok()?).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn collections(&mut self) -> Option<Vec<CollectionId>> {
        let (ids, rest) = self.0.as_chunks::<16>();
        self.0 = rest;
        Some(ids.iter().map(|id| CollectionId(u128::from_le_bytes(*id))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card<'static> {
        Card {
            id: ProductId(7),
            row_hash: 3,
            created_at: 1_700_000_000_000,
            price: Money { amount: 2999, currency: Currency::USD },
            name_hash: 1,
            sku_hash: 2,
            name: "Kettle, 1.7 l",
            brand: "Dynex™",
            sku: "K-17",
            collections: vec![CollectionId(1), CollectionId(u128::MAX)],
            attributes: vec![("color", "red"), ("size", "")],
        }
    }

    #[test]
    fn a_card_comes_back_as_it_was() {
        let bytes = card().encode();
        assert_eq!(Card::decode(&bytes), Some(card()));
    }

    #[test]
    fn a_cut_card_is_no_card() {
        let bytes = card().encode();
        let whole = [bytes.len() - 16, bytes.len() - 32];
        for length in (0..bytes.len()).filter(|length| !whole.contains(length)) {
            assert_eq!(Card::decode(&bytes[..length]), None, "cut to {length} bytes");
        }
    }
}
