//! Reads and writes stock, movement and hold rows. Nobody else does.
//!
//! A stock row is written by [`put_stock`] only, which tells the feed when the units free to sell
//! have changed and when the level has become low; beside it, [`put_level`] writes the places of a
//! product that has any (I18). The level changes by [`move_to`] only, which records the
//! movement (I1).

use super::location::known_default;
use super::places::{Level, idle};
use super::{Hold, HoldRef, Location, Movement, MovementReason, Place, Stock, UNITS_MAX, learn};
use crate::apply::{Ctx, Stop};
use crate::codec::decode;
use crate::fault::Fault;
use crate::feed::Event;
use crate::ids::{HoldId, LocationId, OrderId, ProductId, Slot};
use crate::keys::{Key, kind_from};
use crate::rejection::Rejection;
use crate::txn::{Txn, View as _};

/// The stock level of a product. Every product has one, so none means no product.
pub(crate) fn stock(txn: &Txn<'_>, product: ProductId) -> Result<Option<Stock>, Fault> {
    txn.read(&Key::Stock(product))
}

/// The stock level of a product that is known to exist.
pub(crate) fn stock_of(txn: &Txn<'_>, product: ProductId) -> Result<Stock, Fault> {
    stock(txn, product)?.ok_or_else(|| Fault::contradiction(format!("{product} without stock")))
}

/// The level of a product, with its places if it has any.
pub(crate) fn level(txn: &Txn<'_>, product: ProductId) -> Result<Option<Level>, Fault> {
    let Some(stock) = stock(txn, product)? else { return Ok(None) };
    if !stock.located {
        return Ok(Some(Level::new(stock, None)));
    }
    let places = txn.read::<Vec<Place>>(&Key::Places(product))?;
    let places =
        places.ok_or_else(|| Fault::contradiction(format!("{product} without its places")))?;
    Ok(Some(Level::new(stock, Some(places))))
}

/// The level of a product that is known to exist.
pub(crate) fn level_of(txn: &Txn<'_>, product: ProductId) -> Result<Level, Fault> {
    level(txn, product)?.ok_or_else(|| Fault::contradiction(format!("{product} without stock")))
}

/// Writes a level, and its places.
pub(crate) fn put_level(ctx: &mut Ctx<'_, '_>, product: ProductId, level: Level) -> Stock {
    let Level { mut stock, before, places } = level;
    if let Some(places) = places {
        stock.idle = idle(&places);
        ctx.txn.put(&Key::Places(product), &places);
    }
    put_stock(ctx, product, &before, &stock);
    stock
}

/// Writes a total; says so on the feed if other units are free to sell than `before`, and if it has
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

/// Where a command puts units: `LocationInactive` if nothing may go there. The product has a place
/// there from then on.
pub(super) fn take_units_at(
    ctx: &mut Ctx<'_, '_>,
    level: &mut Level,
    at: Option<&Location>,
) -> Result<LocationId, Stop> {
    let Some(at) = at else { return Ok(LocationId::DEFAULT) };
    let known = learn(ctx, at)?;
    if !known.is_active() {
        return Err(Rejection::LocationInactive { location: at.id }.into());
    }
    level.add(&known, &known_default(ctx)?);
    Ok(at.id)
}

/// A new level at a location, if the limits allow it: `TooManyUnits`, `UnitsInUse`. To add units is
/// always within what was sold.
pub(super) fn check_level(
    level: &Level,
    location: LocationId,
    wanted: i64,
) -> Result<i64, Rejection> {
    let there = level.level_at(location);
    if level.stock.level() - there + wanted > i64::from(UNITS_MAX) {
        return Err(Rejection::TooManyUnits { limit: UNITS_MAX });
    }
    let least = level.least_at(location);
    if wanted < i64::from(least).min(there) {
        return Err(Rejection::UnitsInUse { least, on_hand: wanted });
    }
    Ok(wanted)
}

/// Sets the level at a location and records the movement. The caller has checked the limits.
pub(crate) fn set_level(
    ctx: &mut Ctx<'_, '_>,
    product: ProductId,
    mut level: Level,
    change: (LocationId, i64, MovementReason),
) -> Stock {
    if move_to(ctx, product, &mut level, change) {
        return put_level(ctx, product, level);
    }
    level.before
}

/// Records the movement to a new level at a location, if it is one.
pub(super) fn move_to(
    ctx: &mut Ctx<'_, '_>,
    product: ProductId,
    level: &mut Level,
    (location, wanted, reason): (LocationId, i64, MovementReason),
) -> bool {
    let delta = level.set_level(location, wanted);
    if delta == 0 {
        return false;
    }
    level.stock.movements += 1;
    let number = level.stock.movements;
    let on_hand = u32::try_from(level.stock.level().max(0)).unwrap_or(u32::MAX);
    let location = Some(location).filter(|location| *location != LocationId::DEFAULT);
    let movement = Movement { at: ctx.now(), delta, on_hand, reason, location };
    ctx.txn.put(&Key::Movement { product, number }, &movement);
    true
}

/// Writes the level of a product that did not exist before: nothing on hand.
pub(crate) fn create_stock(ctx: &mut Ctx<'_, '_>, product: ProductId) -> Level {
    let stock = Stock::default();
    put_stock(ctx, product, &stock, &stock);
    Level::new(stock, None)
}

/// The places of products from one on, in the order of their ids.
pub(super) fn places_from(
    txn: &Txn<'_>,
    from: ProductId,
    limit: usize,
) -> Result<Vec<(ProductId, Vec<Place>)>, Fault> {
    let rows = txn.scan(kind_from(b"sl", &from.0.to_be_bytes()), limit)?;
    rows.iter().map(|(key, value)| Ok((product_of(key)?, decode(value)?))).collect()
}

/// The product that the key of its stock or its places names.
pub(crate) fn product_of(key: &[u8]) -> Result<ProductId, Fault> {
    let id = key.last_chunk::<16>().map(|id| ProductId(u128::from_be_bytes(*id)));
    id.ok_or_else(|| Fault::contradiction("a short stock key"))
}

/// A location that the meta group defines.
pub(super) fn location(txn: &Txn<'_>, id: LocationId) -> Result<Option<Location>, Fault> {
    txn.read(&Key::Location(id))
}

pub(super) fn put_location(txn: &mut Txn<'_>, row: &Location) {
    txn.put(&Key::Location(row.id), row);
}

/// How many locations have a row, the default one left out; no more than `most` are counted.
pub(super) fn count_locations(txn: &Txn<'_>, most: usize) -> Result<usize, Fault> {
    let first = LocationId::DEFAULT.0 + 1;
    Ok(txn.scan(kind_from(b"lo", &first.to_be_bytes()), most)?.len())
}

/// A location as this shard was told of it.
pub(super) fn known_location(txn: &Txn<'_>, id: LocationId) -> Result<Option<Location>, Fault> {
    txn.read(&Key::KnownLocation(id))
}

pub(super) fn put_known_location(txn: &mut Txn<'_>, row: &Location) {
    txn.put(&Key::KnownLocation(row.id), row);
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
