//! Reads and writes the rows of promotions, their uses, shipping methods and tax rates. Nobody
//! else does.

use super::{Place, Promotion, PromotionUses, ShippingMethod, TaxRate};
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner, PromotionId, ShippingMethodId, TaxRateId};
use crate::keys::{Key, prefixed};
use crate::txn::{Txn, View};

pub(super) fn promotion(txn: &Txn<'_>, id: PromotionId) -> Result<Option<Promotion>, Fault> {
    txn.read(&Key::Promotion(id))
}

pub(super) fn put_promotion(txn: &mut Txn<'_>, row: &Promotion) {
    txn.put(&Key::Promotion(row.id), row);
}

pub(super) fn shipping_method(
    txn: &Txn<'_>,
    id: ShippingMethodId,
) -> Result<Option<ShippingMethod>, Fault> {
    txn.read(&Key::ShippingMethod(id))
}

pub(super) fn put_shipping_method(txn: &mut Txn<'_>, row: &ShippingMethod) {
    txn.put(&Key::ShippingMethod(row.id), row);
}

pub(super) fn delete_shipping_method(txn: &mut Txn<'_>, id: ShippingMethodId) {
    txn.delete(&Key::ShippingMethod(id));
}

pub(super) fn tax_rate(txn: &Txn<'_>, id: TaxRateId) -> Result<Option<TaxRate>, Fault> {
    txn.read(&Key::TaxRate(id))
}

pub(super) fn put_tax_rate(txn: &mut Txn<'_>, row: &TaxRate) {
    txn.put(&Key::TaxRate(row.id), row);
}

/// The tax rates of a place, deleted ones included.
pub(crate) fn tax_rates_of(
    view: &dyn View,
    place: Option<&Place>,
    limit: usize,
) -> Result<Vec<TaxRate>, Fault> {
    let first = TaxRateId::first_of(place);
    let prefix = [b"tr".as_slice(), &first.0.to_be_bytes()[..8]].concat();
    view.scan(prefixed(&prefix), limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// How many rows of a kind there are; no more than `most` are counted.
pub(super) fn count(txn: &Txn<'_>, kind: &[u8; 2], most: usize) -> Result<usize, Fault> {
    Ok(txn.scan(prefixed(kind), most)?.len())
}

/// How often a promotion is used, if it ever was.
pub(crate) fn uses(txn: &Txn<'_>, id: PromotionId) -> Result<Option<PromotionUses>, Fault> {
    txn.read(&Key::PromotionUses(id))
}

pub(super) fn put_uses(txn: &mut Txn<'_>, row: &PromotionUses) {
    txn.put(&Key::PromotionUses(row.promotion.id), row);
}

/// How many live orders of an owner have a promotion; no more than `most` are counted.
pub(crate) fn count_owner_uses(
    txn: &Txn<'_>,
    owner: &Owner,
    id: PromotionId,
    most: usize,
) -> Result<usize, Fault> {
    let owner = owner.hash().to_be_bytes();
    let prefix = [b"op".as_slice(), &owner, &id.0.to_be_bytes()].concat();
    Ok(txn.scan(prefixed(&prefix), most)?.len())
}

/// Lists an order among those of its owner that have a promotion, or takes it off.
pub(crate) fn list_owner_use(
    txn: &mut Txn<'_>,
    (owner, promotion, order): (&Owner, PromotionId, OrderId),
    live: bool,
) {
    let key = Key::OwnerPromotion { owner: owner.hash(), promotion, order };
    if live {
        txn.put_empty(&key);
    } else {
        txn.delete(&key);
    }
}
