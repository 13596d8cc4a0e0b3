//! Reads and writes product and collection rows. Nobody else does.

use serde::Deserialize;

use super::{Collection, Product};
use crate::apply::Ctx;
use crate::codec::decode_front;
use crate::fault::Fault;
use crate::feed::Event;
use crate::ids::{CollectionId, ProductId};
use crate::keys::Key;
use crate::money::Money;
use crate::txn::Txn;

/// What a hold needs to know of a product.
pub(crate) struct ForSale {
    pub version: u64,
    pub archived: bool,
    pub name: String,
    pub price: Money,
    pub weight_grams: u32,
    pub tax_category: String,
}

/// The front of a stored [`Product`], up to its tax category. The long texts are borrowed, not
/// copied: every order line reads one.
#[derive(Deserialize)]
struct Front<'a> {
    _id: ProductId,
    version: u64,
    _created_at: u64,
    _updated_at: u64,
    archived_at: Option<u64>,
    name: &'a str,
    _description: &'a str,
    _brand: &'a str,
    _sku: &'a str,
    price: Money,
    weight_grams: u32,
    tax_category: &'a str,
}

/// What a hold needs to know of a product, if there is one.
pub(crate) fn for_sale(txn: &Txn<'_>, id: ProductId) -> Result<Option<ForSale>, Fault> {
    txn.read_with(&Key::Product(id), |bytes| {
        let front: Front<'_> = decode_front::<Product, _>(bytes)?;
        Ok(ForSale {
            version: front.version,
            archived: front.archived_at.is_some(),
            name: front.name.to_owned(),
            price: front.price,
            weight_grams: front.weight_grams,
            tax_category: front.tax_category.to_owned(),
        })
    })
}

pub(super) fn product(txn: &Txn<'_>, id: ProductId) -> Result<Option<Product>, Fault> {
    txn.read(&Key::Product(id))
}

/// Writes a product and says so on the feed.
pub(super) fn put_product(ctx: &mut Ctx<'_, '_>, product: &Product) {
    ctx.txn.put(&Key::Product(product.id), product);
    ctx.emit(Event::ProductChanged(product.clone()));
}

pub(super) fn collection(txn: &Txn<'_>, id: CollectionId) -> Result<Option<Collection>, Fault> {
    txn.read(&Key::Collection(id))
}

/// Writes a collection and says so on the feed.
pub(super) fn put_collection(ctx: &mut Ctx<'_, '_>, collection: &Collection) {
    ctx.txn.put(&Key::Collection(collection.id), collection);
    ctx.emit(Event::CollectionChanged(collection.clone()));
}
