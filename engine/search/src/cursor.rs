//! Where a page ended, as text for the client to hand back.
//!
//! A cursor holds the place of the last hit, not a number of hits to skip, so products that come
//! and go between two pages move nothing else. It also holds a hash of the search it belongs to.
//! It names the state of the index that the first page saw, which all pages are answered from.

use std::fmt::Write as _;

use engine_core::{ProductId, h128};

use crate::error::{BadCursor, SearchError};
use crate::query::{CURSOR_CHARS_MAX, Matched, Query, Sort};
use crate::rank::Place;

const VERSION: u8 = 3;

/// The place as text.
pub(crate) fn encode(query: &Query, pin: u64, place: &Place) -> String {
    let mut bytes = vec![VERSION, matched_byte(place.matched)];
    bytes.extend(pin.to_be_bytes());
    bytes.extend(search_hash(query).to_be_bytes());
    bytes.extend(place.key.to_be_bytes());
    bytes.extend(place.id.0.to_be_bytes());
    bytes.extend(place.name.as_bytes());
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The place in a text that [`encode`] made for the same search.
pub(crate) fn decode(query: &Query, cursor: &str) -> Result<Place, BadCursor> {
    read(query, cursor).map(|(_, place)| place)
}

/// The name of what a query's first page was answered from, unless this is the first page.
pub(crate) fn of(query: &Query) -> Result<Option<u64>, SearchError> {
    let Some(cursor) = &query.cursor else { return Ok(None) };
    let (pin, _) = read(query, cursor).map_err(SearchError::BadCursor)?;
    Ok(Some(pin))
}

fn read(query: &Query, cursor: &str) -> Result<(u64, Place), BadCursor> {
    if cursor.chars().count() > CURSOR_CHARS_MAX {
        return Err(BadCursor::TooLong);
    }
    let bytes = unhex(cursor).ok_or(BadCursor::Damaged)?;
    let (pin, search, place) = parse(&bytes).ok_or(BadCursor::Damaged)?;
    if search != search_hash(query) {
        return Err(BadCursor::OtherSearch);
    }
    Ok((pin, place))
}

fn parse(bytes: &[u8]) -> Option<(u64, u64, Place)> {
    let (matched, rest) = bytes.strip_prefix(&[VERSION])?.split_first()?;
    let (pin, rest) = rest.split_first_chunk::<8>()?;
    let (search, rest) = rest.split_first_chunk::<8>()?;
    let (key, rest) = rest.split_first_chunk::<8>()?;
    let (id, name) = rest.split_first_chunk::<16>()?;
    let place = Place {
        key: u64::from_be_bytes(*key),
        name: std::str::from_utf8(name).ok()?.to_owned(),
        id: ProductId(u128::from_be_bytes(*id)),
        matched: matched_of(*matched),
    };
    Some((u64::from_be_bytes(*pin), u64::from_be_bytes(*search), place))
}

fn matched_byte(matched: Matched) -> u8 {
    match matched {
        Matched::AsTyped => 0,
        Matched::Typos => 1,
        Matched::SomeWords(words) => words.saturating_add(1),
    }
}

fn matched_of(byte: u8) -> Matched {
    match byte {
        0 => Matched::AsTyped,
        1 => Matched::Typos,
        more => Matched::SomeWords(more - 1),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

/// What tells searches apart: everything that decides which hits come in which order.
fn search_hash(query: &Query) -> u64 {
    let sort = match query.sort {
        Sort::Relevance => 0,
        Sort::PriceAsc => 1,
        Sort::PriceDesc => 2,
        Sort::Newest => 3,
        Sort::Name => 4,
        Sort::Popularity => 5,
        Sort::Available => 6,
    };
    let collection = query.collection.map(|id| id.0.to_be_bytes());
    let bound = |bound: Option<i64>| bound.map(i64::to_be_bytes);
    let (min, max) = query.price.map_or((None, None), |range| (bound(range.min), bound(range.max)));
    let currency = query.price.map(|range| range.currency);
    let flags = [query.prefix, query.strict, query.in_stock].map(u8::from);
    h128(&[
        query.text.as_bytes(),
        &[sort],
        &flags,
        collection.as_ref().map_or(&[], |id| id.as_slice()),
        query.filter.as_ref().map_or("", |filter| filter.as_str()).as_bytes(),
        query.distinct.as_deref().unwrap_or_default().as_bytes(),
        &[u8::from(query.brand.is_some()), u8::from(query.distinct.is_some())],
        query.brand.as_deref().unwrap_or_default().as_bytes(),
        currency.as_ref().map_or("", |currency| currency.as_str()).as_bytes(),
        min.as_ref().map_or(&[], |min| min.as_slice()),
        max.as_ref().map_or(&[], |max| max.as_slice()),
    ]) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Expr;

    fn place() -> Place {
        let matched = Matched::SomeWords(3);
        Place { key: 77, name: "émile 5 l".to_owned(), id: ProductId(9), matched }
    }

    #[test]
    fn a_cursor_comes_back_for_its_own_search_only() {
        let query = Query { text: "kettle".to_owned(), ..Query::default() };
        let cursor = encode(&query, 7, &place());
        assert_eq!(decode(&query, &cursor), Ok(place()));
        let page = Query { limit: 7, ..query.clone() };
        assert_eq!(decode(&page, &cursor), Ok(place()), "the limit may change");
        let others = [
            Query { text: "kettles".to_owned(), ..query.clone() },
            Query { sort: Sort::Name, ..query.clone() },
            Query { in_stock: true, ..query.clone() },
            Query { strict: true, ..query.clone() },
            Query { distinct: Some(String::new()), ..query.clone() },
            Query { filter: Expr::parse("price > 5").ok(), ..query.clone() },
            Query { brand: Some(String::new()), ..query.clone() },
        ];
        for other in others {
            assert_eq!(decode(&other, &cursor), Err(BadCursor::OtherSearch));
        }
    }

    #[test]
    fn a_cut_or_changed_cursor_is_refused() {
        let query = Query::default();
        let cursor = encode(&query, 7, &Place { name: String::new(), ..place() });
        for length in 0..cursor.len() {
            assert_eq!(decode(&query, &cursor[..length]), Err(BadCursor::Damaged));
        }
        assert_eq!(decode(&query, &cursor.replace('0', "g")), Err(BadCursor::Damaged));
        assert_eq!(decode(&query, &"0".repeat(2000)), Err(BadCursor::TooLong));
    }
}
