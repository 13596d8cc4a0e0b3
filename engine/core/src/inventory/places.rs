//! The level of a product at each of its locations, and from which of them an order is served.
//!
//! The stock row is the total. A product that was ever elsewhere than at the default location has a
//! row of places beside it; [`Level`] is both, and changes them together. Invariant I18: the places
//! add up to the total. A place other than the default one never has fewer units on hand than are
//! held and committed there: what is sold before it is there is the default location's.

use serde::{Deserialize, Serialize};

use super::{Allocation, HoldState, Location, Share, Stock};
use crate::fault::Fault;
use crate::ids::{LocationId, ProductId};

/// The level of a product at one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which location.
    pub location: LocationId,
    /// Its priority, as far as this product knows: the lowest comes first.
    pub priority: u16,
    /// Orders are served from it, as far as this product knows.
    pub active: bool,
    /// Units there.
    pub on_hand: u32,
    /// Units of carts and orders that are not paid yet.
    pub held: u32,
    /// Units of confirmed orders that are not shipped yet.
    pub committed: u32,
}

impl Place {
    /// Units that nobody has; below 0 at the default location if some are yet to come.
    pub fn free(&self) -> i64 {
        i64::from(self.on_hand) - i64::from(self.held) - i64::from(self.committed)
    }

    /// The one place of a product that is at the default location only.
    pub fn of_all(stock: &Stock, location: &Location) -> Self {
        Self {
            location: LocationId::DEFAULT,
            priority: location.details.priority,
            active: true,
            on_hand: stock.on_hand,
            held: stock.held,
            committed: stock.committed,
        }
    }

    fn free_units(&self) -> u32 {
        u32::try_from(self.free().max(0)).unwrap_or(u32::MAX)
    }

    fn units(&mut self, state: HoldState) -> &mut u32 {
        if state == HoldState::Committed { &mut self.committed } else { &mut self.held }
    }
}

/// The units free at locations from which no order is served: they are on hand, not available.
pub(crate) fn idle(places: &[Place]) -> u32 {
    let idle = places.iter().filter(|place| !place.active).map(Place::free_units);
    idle.fold(0, u32::saturating_add)
}

/// A product's total, and its places if it has any row of them.
pub(crate) struct Level {
    pub stock: Stock,
    /// The total as it is stored.
    pub(super) before: Stock,
    pub(super) places: Option<Vec<Place>>,
}

impl Level {
    pub(super) fn new(stock: Stock, places: Option<Vec<Place>>) -> Self {
        Self { stock, before: stock, places }
    }

    /// Units on hand at a location.
    pub fn on_hand_at(&self, location: LocationId) -> u32 {
        match &self.places {
            None if location == LocationId::DEFAULT => self.stock.on_hand,
            None => 0,
            Some(_) => self.place(location).map_or(0, |place| place.on_hand),
        }
    }

    /// Units on hand at a location, less those that were sent from there before they came.
    pub fn level_at(&self, location: LocationId) -> i64 {
        let ahead = if location == LocationId::DEFAULT { self.stock.sent_ahead } else { 0 };
        i64::from(self.on_hand_at(location)) - i64::from(ahead)
    }

    /// Units free at a location.
    pub fn free_at(&self, location: LocationId) -> u32 {
        let place = self.place(location);
        place.map_or(0, |place| place.free_units())
    }

    /// Whether units that come back may go to a location.
    pub fn takes_at(&self, location: LocationId) -> bool {
        self.place(location).is_some_and(|place| place.active)
    }

    /// The fewest units on hand at a location that keep what was sold within the policy.
    pub fn least_at(&self, location: LocationId) -> u32 {
        let elsewhere = self.stock.level() - self.level_at(location);
        let least = i64::from(self.stock.least_on_hand()) - elsewhere;
        let least = u32::try_from(least.max(0)).unwrap_or(u32::MAX);
        let Some(place) = self.places.as_ref().and_then(|_| self.place(location)) else {
            return least;
        };
        let is_default = location == LocationId::DEFAULT;
        let backorders = if is_default { self.stock.policy.backorder_limit } else { 0 };
        let taken = place.held.saturating_add(place.committed);
        least.max(taken.saturating_sub(backorders))
    }

    /// Takes units for somebody. Of a product with places it notes from which; units that are all
    /// at the default location need no note.
    pub fn take(
        &mut self,
        (product, quantity): (ProductId, u32),
        state: HoldState,
        shares: &mut Vec<Share>,
    ) {
        match state {
            HoldState::Committed => self.sell(quantity),
            _ => self.stock.held += quantity,
        }
        let Some(places) = &mut self.places else { return };
        let parts = allocate(places, self.stock.policy.allocation, quantity);
        for (location, quantity) in &parts {
            if let Some(place) = places.iter_mut().find(|place| place.location == *location) {
                *place.units(state) += quantity;
            }
        }
        if parts.iter().any(|(location, _)| *location != LocationId::DEFAULT) {
            let share = |(location, quantity)| Share { product, location, quantity, sent: 0 };
            shares.extend(parts.into_iter().map(share));
        }
    }

    /// Gives units back to the location that they were taken from.
    pub fn give(
        &mut self,
        state: HoldState,
        (location, quantity): (LocationId, u32),
    ) -> Result<(), Fault> {
        let more = || Fault::contradiction(format!("a hold has more units than {location} has"));
        let total = match state {
            HoldState::Committed => &mut self.stock.committed,
            _ => &mut self.stock.held,
        };
        *total = total.checked_sub(quantity).ok_or_else(more)?;
        let Some(places) = &mut self.places else { return Ok(()) };
        let place = places.iter_mut().find(|place| place.location == location);
        let units = place.ok_or_else(more)?.units(state);
        *units = units.checked_sub(quantity).ok_or_else(more)?;
        Ok(())
    }

    /// Held units are committed from now on, where they are.
    pub fn commit(&mut self, (location, quantity): (LocationId, u32)) -> Result<(), Fault> {
        self.give(HoldState::Held, (location, quantity))?;
        self.sell(quantity);
        let place = self.place_mut(location);
        place.into_iter().for_each(|place| place.committed += quantity);
        Ok(())
    }

    fn sell(&mut self, quantity: u32) {
        self.stock.committed += quantity;
        self.stock.sold = self.stock.sold.saturating_add(quantity.into());
    }

    /// Sets the level at a location; the total follows. Below 0 so many units were sent ahead,
    /// which only the default location can. Says by how much it was.
    pub(super) fn set_level(&mut self, location: LocationId, level: i64) -> i64 {
        let (before, was) = (self.level_at(location), self.on_hand_at(location));
        let is_default = location == LocationId::DEFAULT;
        let level = if is_default { level } else { level.max(0) };
        let units = |level: i64| u32::try_from(level.max(0)).unwrap_or(u32::MAX);
        let on_hand = units(level);
        self.stock.on_hand = self.stock.on_hand.saturating_sub(was).saturating_add(on_hand);
        if is_default {
            self.stock.sent_ahead = units(-level);
        }
        let place = self.place_mut(location);
        place.into_iter().for_each(|place| place.on_hand = on_hand);
        level - before
    }

    /// Makes a location one of the product's, with nothing there yet, and sells as it is now.
    pub(super) fn add(&mut self, location: &Location, default: &Location) {
        if self.places.is_none() && location.id != LocationId::DEFAULT {
            self.places = Some(vec![Place::of_all(&self.stock, default)]);
            self.stock.located = true;
        }
        let Some(places) = &mut self.places else { return };
        if !places.iter().any(|place| place.location == location.id) {
            places.push(Place {
                location: location.id,
                priority: 0,
                active: true,
                on_hand: 0,
                held: 0,
                committed: 0,
            });
            places.sort_by_key(|place| place.location);
        }
        self.set_terms(location);
    }

    /// Sells as a location is now.
    pub(super) fn set_terms(&mut self, location: &Location) {
        if let Some(place) = self.place_mut(location.id) {
            place.priority = location.details.priority;
            place.active = location.is_active();
        }
    }

    fn place(&self, location: LocationId) -> Option<Place> {
        match &self.places {
            None if location == LocationId::DEFAULT => {
                Some(Place::of_all(&self.stock, &Location::default_one()))
            }
            None => None,
            Some(places) => places.iter().find(|place| place.location == location).copied(),
        }
    }

    fn place_mut(&mut self, location: LocationId) -> Option<&mut Place> {
        self.places.as_mut()?.iter_mut().find(|place| place.location == location)
    }
}

/// From which locations units are taken: the first that has them all; or else from one after the
/// other, as the policy orders them. What none has is to come, and is the default location's.
fn allocate(places: &[Place], policy: Allocation, quantity: u32) -> Vec<(LocationId, u32)> {
    let mut order: Vec<_> =
        places.iter().filter(|place| place.active && place.free() > 0).collect();
    order.sort_by_key(|place| match policy {
        Allocation::Priority => (0, place.priority, place.location),
        Allocation::MostStock => (-place.free(), place.priority, place.location),
    });
    if let Some(all) = order.iter().find(|place| place.free() >= i64::from(quantity)) {
        return vec![(all.location, quantity)];
    }
    let mut left = quantity;
    let mut parts = Vec::new();
    for place in order {
        let units = place.free_units().min(left);
        left -= units;
        parts.extend(Some((place.location, units)).filter(|_| units > 0));
    }
    if left > 0 {
        match parts.iter_mut().find(|(location, _)| *location == LocationId::DEFAULT) {
            Some((_, units)) => *units += left,
            None => parts.push((LocationId::DEFAULT, left)),
        }
    }
    parts
}
