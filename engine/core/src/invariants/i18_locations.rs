//! I18: the places of a product add up to its level, and nothing is missing at any of them.
//!
//! On hand, held and committed are the sums over places, and each place has the units that holds
//! and movements say it has. Elsewhere than at the default location no more units are taken than
//! are there. A product without places is at the default location, with all it has.

use std::collections::BTreeMap;

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{LocationId, ProductId};
use crate::inventory::rows::product_of;
use crate::inventory::{Hold, HoldState, Movement, Place, Stock, idle};
use crate::keys::{Key, prefixed};
use crate::txn::View;

/// Units at a location of a product: on hand, held, committed.
type Sums = BTreeMap<(ProductId, LocationId), [i128; 3]>;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut sums = Sums::new();
    add_holds(view, &mut sums, found)?;
    add_movements(view, &mut sums)?;
    let mut with_places = 0_u64;
    each(view, prefixed(b"sl"), |key, value| {
        let (product, places) = (product_of(key)?, decode::<Vec<Place>>(value)?);
        with_places += 1;
        let stock = view.read::<Stock>(&Key::Stock(product))?;
        match &stock {
            Some(stock) if stock.located => check_product(product, stock, &places, found),
            stock => violation(found, "I18", format!("{product} has places, and is {stock:?}")),
        }
        for place in &places {
            let sum = sums.remove(&(product, place.location)).unwrap_or_default();
            let ahead = stock.filter(|_| place.location == LocationId::DEFAULT);
            let ahead = ahead.map_or(0, |stock| i128::from(stock.sent_ahead));
            let on_hand = i128::from(place.on_hand) - ahead;
            let wrong = place.on_hand > 0 && ahead > 0;
            if wrong || sum != [on_hand, place.held.into(), place.committed.into()] {
                let what = format!("{product}: {place:?}; movements and holds make {sum:?}");
                violation(found, "I18", what);
            }
        }
        Ok(())
    })?;
    each(view, prefixed(b"st"), |key, value| {
        let (product, stock) = (product_of(key)?, decode::<Stock>(value)?);
        if stock.located {
            with_places = with_places.wrapping_sub(1);
        } else if stock.idle != 0 {
            violation(found, "I18", format!("{product} has no places, and is {stock:?}"));
        } else {
            // That it is all of it, I1 and I2 say.
            sums.remove(&(product, LocationId::DEFAULT));
        }
        Ok(())
    })?;
    if with_places != 0 {
        violation(found, "I18", "products are located that have no places".to_owned());
    }
    for ((product, location), sum) in sums.into_iter().filter(|(_, sum)| *sum != [0; 3]) {
        violation(found, "I18", format!("{product} has no place at {location}, and {sum:?} there"));
    }
    Ok(())
}

fn check_product(product: ProductId, stock: &Stock, places: &[Place], found: &mut Vec<Violation>) {
    let sum = |units: fn(&Place) -> u32| places.iter().map(|place| u64::from(units(place))).sum();
    let sums: [u64; 3] =
        [sum(|place| place.on_hand), sum(|place| place.held), sum(|place| place.committed)];
    let ordered = places.windows(2).all(|pair| pair[0].location < pair[1].location);
    let starts = places.first().is_some_and(|place| place.location == LocationId::DEFAULT);
    let short =
        places.iter().any(|place| place.free() < 0 && place.location != LocationId::DEFAULT);
    let agrees = sums == [stock.on_hand, stock.held, stock.committed].map(u64::from);
    if !agrees || !ordered || !starts || short || stock.idle != idle(places) {
        violation(found, "I18", format!("{product}: {stock:?}, at {places:?}"));
    }
}

/// What holds have where; the shares of a product are all of its line, or there are none.
fn add_holds(view: &dyn View, sums: &mut Sums, found: &mut Vec<Violation>) -> Result<(), Fault> {
    each(view, prefixed(b"ho"), |key, value| {
        let hold: Hold = decode(value)?;
        let mut shared = 0;
        for line in &hold.lines {
            let parts = hold.parts(line);
            let units: u64 = parts.iter().map(|(_, units)| u64::from(*units)).sum();
            shared += parts.len();
            if units != u64::from(line.quantity) {
                violation(found, "I18", format!("hold {:02x?}: {hold:?}", &key[2..]));
            }
            for (location, units) in parts {
                let sum = sums.entry((line.product, location)).or_default();
                match hold.state {
                    HoldState::Held => sum[1] += i128::from(units),
                    HoldState::Committed => sum[2] += i128::from(units),
                    HoldState::Released => {}
                }
            }
        }
        let shares = hold.shares.iter().filter(|share| share.quantity > 0).count();
        if shares > shared || hold.shares.iter().any(|it| it.quantity == 0 && it.sent == 0) {
            violation(found, "I18", format!("hold {:02x?}: {hold:?}", &key[2..]));
        }
        Ok(())
    })
}

fn add_movements(view: &dyn View, sums: &mut Sums) -> Result<(), Fault> {
    each(view, prefixed(b"mv"), |key, value| {
        let product = product_of(key.get(..18).unwrap_or(key))?;
        let movement: Movement = decode(value)?;
        let location = movement.location.unwrap_or(LocationId::DEFAULT);
        sums.entry((product, location)).or_default()[0] += i128::from(movement.delta);
        Ok(())
    })
}
