//! Reads and writes stock, movement and hold rows. Nobody else does.
//!
//! A stock row is written by [`put_stock`] only, which tells the feed when the units free to sell
//! have changed and when the level has become low; units on hand change by [`set_level`] only,
//! which records the movement (I1).

use super::{Hold, HoldRef, Movement, MovementReason, Stock, UNITS_MAX};
use crate::apply::Ctx;
use crate::fault::Fault;
use crate::feed::Event;
use crate::ids::{HoldId, OrderId, ProductId, Slot};
use crate::keys::Key;
use crate::rejection::Rejection;
use crate::txn::Txn;

/// The stock level of a product. Every product has one, so none means no product.
pub(crate) fn stock(txn: &Txn<'_>, product: ProductId) -> Result<Option<Stock>, Fault> {
    txn.read(&Key::Stock(product))
}

/// The stock level of a product that is known to exist.
pub(crate) fn stock_of(txn: &Txn<'_>, product: ProductId) -> Result<Stock, Fault> {
    stock(txn, product)?.ok_or_else(|| Fault::contradiction(format!("{product} without stock")))
}

/// Writes a level; says so on the feed if other units are free to sell than `before`, and if it has
/// become low since.
pub(super) fn put_stock(ctx: &mut Ctx<'_, '_>, product: ProductId, before: &Stock, stock: &Stock) {
    ctx.txn.put(&Key::Stock(product), stock);
    let available = stock.available();
    if available != before.available() {
        ctx.emit(Event::StockChanged { product, available });
    }
    if stock.is_low() && !before.is_low() {
        let threshold = stock.policy.low_stock_threshold.unwrap_or(0);
        ctx.emit(Event::StockLow { product, balance: stock.balance(), threshold });
    }
}

/// A new level, if the limits allow it: `TooManyUnits`, `UnitsInUse`. More units always are.
pub(super) fn check_level(stock: &Stock, level: i64) -> Result<i64, Rejection> {
    if level > i64::from(UNITS_MAX) {
        return Err(Rejection::TooManyUnits { limit: UNITS_MAX });
    }
    let least = stock.least_on_hand();
    if level <= stock.level() && level < i64::from(least) {
        return Err(Rejection::UnitsInUse { least, on_hand: level });
    }
    Ok(level)
}

/// Sets the level and records the movement. The caller has checked the limits.
pub(crate) fn set_level(
    ctx: &mut Ctx<'_, '_>,
    product: ProductId,
    mut stock: Stock,
    level: i64,
    reason: MovementReason,
) -> Stock {
    let before = stock;
    if move_to(ctx, product, &mut stock, (level, reason)) {
        put_stock(ctx, product, &before, &stock);
    }
    stock
}

/// Sets the level beside another change of the row, and stores both.
pub(super) fn take_units(
    ctx: &mut Ctx<'_, '_>,
    product: ProductId,
    before: &Stock,
    (mut stock, level, reason): (Stock, i64, MovementReason),
) {
    move_to(ctx, product, &mut stock, (level, reason));
    put_stock(ctx, product, before, &stock);
}

/// Records the movement to a new level, if it is one.
fn move_to(
    ctx: &mut Ctx<'_, '_>,
    product: ProductId,
    stock: &mut Stock,
    (level, reason): (i64, MovementReason),
) -> bool {
    let delta = level - stock.level();
    if delta == 0 {
        return false;
    }
    let units = |level: i64| u32::try_from(level.max(0)).unwrap_or(u32::MAX);
    stock.on_hand = units(level);
    stock.sent_ahead = units(-level);
    stock.movements += 1;
    let movement = Movement { at: ctx.now(), delta, on_hand: stock.on_hand, reason };
    ctx.txn.put(&Key::Movement { product, number: stock.movements }, &movement);
    true
}

/// Writes the level of a product that did not exist before: nothing on hand.
pub(crate) fn create_stock(ctx: &mut Ctx<'_, '_>, product: ProductId) -> Stock {
    let stock = Stock::default();
    put_stock(ctx, product, &stock, &stock);
    stock
}

/// A hold, or the marker of an ended one.
pub(crate) fn hold(txn: &Txn<'_>, hold: HoldRef) -> Result<Option<Hold>, Fault> {
    txn.read(&Key::Hold(hold))
}

/// Which hold a row key names.
pub(crate) fn hold_name(key: &[u8]) -> Result<HoldRef, Fault> {
    let id = |bytes: &[u8]| Some(u128::from_be_bytes(*bytes.first_chunk()?));
    let name = match key.get(2..) {
        Some([0, slot0, slot1, hash @ ..]) => id(hash).map(|hash| {
            let slot = Slot(u16::from_be_bytes([*slot0, *slot1]));
            HoldRef::Order(OrderId { slot, hash })
        }),
        Some([1, hold @ ..]) => id(hold).map(|hold| HoldRef::Free(HoldId(hold))),
        _ => None,
    };
    name.ok_or_else(|| Fault::contradiction("a malformed hold key"))
}

pub(super) fn put_hold(txn: &mut Txn<'_>, hold: HoldRef, row: &Hold) {
    txn.put(&Key::Hold(hold), row);
}

pub(super) fn delete_hold(txn: &mut Txn<'_>, hold: HoldRef) {
    txn.delete(&Key::Hold(hold));
}
