//! What a seller may say: the limits of products' and collections' fields.
//!
//! Fields are checked in the order of the struct; the first that is wrong is the one refused, for
//! its length or range (`OutOfRange`) before its characters (`Malformed`).

use super::{
    ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_MAX,
    COLLECTIONS_PER_PRODUCT_MAX, CollectionDetails, DESCRIPTION_BYTES_MAX, LABEL_BYTES_MAX,
    NAME_BYTES_MAX, ProductDetails, WEIGHT_GRAMS_MAX,
};
use crate::money::Money;
use crate::pricing::check_category;
use crate::rejection::{Field, Rejection};

/// Checks a product's details and brings them into stored order.
pub(super) fn product(mut details: ProductDetails) -> Result<ProductDetails, Rejection> {
    text(Field::Name, &details.name, 1, NAME_BYTES_MAX)?;
    text(Field::Description, &details.description, 0, DESCRIPTION_BYTES_MAX)?;
    text(Field::Brand, &details.brand, 0, LABEL_BYTES_MAX)?;
    text(Field::Sku, &details.sku, 0, LABEL_BYTES_MAX)?;
    range(Field::Price, details.price.amount, 0, Money::AMOUNT_MAX)?;
    let grams = i64::from(details.weight_grams);
    range(Field::WeightGrams, grams, 0, i64::from(WEIGHT_GRAMS_MAX))?;
    check_category(&details.tax_category)?;
    size(Field::Collections, details.collections.len(), 0, COLLECTIONS_PER_PRODUCT_MAX)?;
    let mut seen = std::collections::BTreeSet::new();
    details.collections.retain(|collection| seen.insert(*collection));
    size(Field::Attributes, details.attributes.len(), 0, ATTRIBUTES_MAX)?;
    for (name, value) in &details.attributes {
        text(Field::Attributes, name, 1, ATTRIBUTE_NAME_BYTES_MAX)?;
        text(Field::Attributes, value, 0, ATTRIBUTE_VALUE_BYTES_MAX)?;
    }
    details.attributes.sort();
    if details.attributes.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(Rejection::Malformed { field: Field::Attributes });
    }
    Ok(details)
}

/// Checks a collection's details.
pub(super) fn collection(details: &CollectionDetails) -> Result<(), Rejection> {
    text(Field::Name, &details.name, 1, NAME_BYTES_MAX)?;
    text(Field::Description, &details.description, 0, DESCRIPTION_BYTES_MAX)
}

/// Checks a text's length in bytes, and that it has no ASCII control characters but line feed,
/// carriage return and tab. Real catalogs have C1 ones (a trademark sign mangled into U+0099).
pub(crate) fn text(field: Field, text: &str, min: usize, max: usize) -> Result<(), Rejection> {
    size(field, text.len(), min, max)?;
    let plain =
        text.chars().all(|char| !char.is_ascii_control() || matches!(char, '\n' | '\r' | '\t'));
    if plain { Ok(()) } else { Err(Rejection::Malformed { field }) }
}

/// Checks how many there are.
pub(crate) fn size(field: Field, size: usize, min: usize, max: usize) -> Result<(), Rejection> {
    let [size, min, max] = [size, min, max].map(|size| i64::try_from(size).unwrap_or(i64::MAX));
    range(field, size, min, max)
}

/// Checks a number against its limits.
pub(crate) fn range(field: Field, value: i64, min: i64, max: i64) -> Result<(), Rejection> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(Rejection::OutOfRange { field, min, max })
}
