//! Changes what is said of a product.

use serde::{Deserialize, Serialize};

use super::{ProductDetails, check_version, rows, validate};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{CollectionId, LocationId, ProductId};
use crate::inventory::{self, Level, MovementReason, UNITS_MAX};
use crate::money::Money;
use crate::rejection::Rejection;

/// Replaces a product's details; with `available`, sets its stock in the same entry.
///
/// Refused, in this order: `ProductNotFound`, `ProductArchived`, `VersionMismatch`, `OutOfRange`
/// or `Malformed` (the first field that is wrong), `TooManyUnits`, `UnitsInUse` (with `available`:
/// units at other locations, or sold from the default one, would have to go).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateProduct {
    /// Which product.
    pub id: ProductId,
    /// The version the seller saw; the seeds' clients send none.
    pub expected_version: Option<u64>,
    /// What the seller says of it now; a `None` keeps what it was.
    pub change: ProductChange,
    /// Sets the level so that this many units are on hand over and above those held, committed and
    /// kept as safety stock, over all locations; recorded as an adjustment of the default one. Only
    /// the seeds' PUT does so.
    pub available: Option<u32>,
}

/// Which details change. `None` keeps what it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "documented on `ProductDetails`")]
pub struct ProductChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub brand: Option<String>,
    pub sku: Option<String>,
    pub price: Option<Money>,
    pub weight_grams: Option<u32>,
    pub tax_category: Option<String>,
    pub collections: Option<Vec<CollectionId>>,
    pub attributes: Option<Vec<(String, String)>>,
}

impl UpdateProduct {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::product(ctx.txn, self.id)?;
        let mut product = found.ok_or(Rejection::ProductNotFound { product: self.id })?;
        if product.archived_at.is_some() {
            return Err(Rejection::ProductArchived { product: self.id }.into());
        }
        check_version(self.expected_version, product.version)?;
        product.details = validate::product(self.change.clone().over(product.details))?;
        let level = inventory::rows::level_of(ctx.txn, self.id)?;
        let wanted = self.wanted(&level)?;
        product.version += 1;
        product.updated_at = ctx.now();
        rows::put_product(ctx, &product);
        let change = (LocationId::DEFAULT, wanted, MovementReason::SetAvailable);
        let stock = inventory::rows::set_level(ctx, self.id, level, change);
        Ok(Reply::Product { product: Box::new(product), stock })
    }

    /// The level at the default location that makes the balance `available` units.
    fn wanted(&self, level: &Level) -> Result<i64, Rejection> {
        let here = level.level_at(LocationId::DEFAULT);
        let Some(available) = self.available else { return Ok(here) };
        let stock = level.stock;
        let wanted = stock.level() - stock.balance() + i64::from(available);
        if wanted > i64::from(UNITS_MAX) {
            return Err(Rejection::TooManyUnits { limit: UNITS_MAX });
        }
        let elsewhere = stock.level() - here;
        let least = i64::from(level.least_at(LocationId::DEFAULT)).min(here) + elsewhere;
        if stock.located && wanted < least {
            let least = u32::try_from(least).unwrap_or(0);
            return Err(Rejection::UnitsInUse { least, on_hand: wanted });
        }
        Ok(wanted - elsewhere)
    }
}

impl ProductChange {
    fn over(self, before: ProductDetails) -> ProductDetails {
        ProductDetails {
            name: self.name.unwrap_or(before.name),
            description: self.description.unwrap_or(before.description),
            brand: self.brand.unwrap_or(before.brand),
            sku: self.sku.unwrap_or(before.sku),
            price: self.price.unwrap_or(before.price),
            weight_grams: self.weight_grams.unwrap_or(before.weight_grams),
            tax_category: self.tax_category.unwrap_or(before.tax_category),
            collections: self.collections.unwrap_or(before.collections),
            attributes: self.attributes.unwrap_or(before.attributes),
        }
    }
}
