//! Where units are: what is expected of locations, transfers, and of where an order is served from.
//!
//! When a shard hears of a change of a location, and which of its products have been seen to, is
//! taken from the engine before each command; in the end all of them must know.

use std::collections::BTreeMap;

use engine_core::inventory::{
    Allocation, HoldRef, HoldState, LOCATION_PRIORITY_MAX, Location, LocationDetails, Place,
    UNITS_MAX, UnitsEnd,
};
use engine_core::pricing::Expect;
use engine_core::{
    Command, Field, LocationId, OrderId, ProductId, PutLocation, Rejection, ShardId, TransferStock,
    read,
};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::expect::{Expected, Told};
use super::naive::Model;
use super::shop::Shop;
use super::stock::out_of_range;
use super::world::World;

/// How many locations there are beside the default one; one more is asked for, and is not there.
const LOCATIONS: u128 = 3;
const DEFAULT: LocationId = LocationId::DEFAULT;

/// Units of a hold from one location: how many are left, and how many were sent from there.
pub type Whence = Vec<(LocationId, u32, u32)>;

/// What is said of locations, and what shards have heard of it.
#[derive(Default)]
pub struct Locations {
    /// Everything that was ever said, the newest last.
    said: Vec<Location>,
    /// What each shard has heard.
    heard: BTreeMap<(ShardId, LocationId), Location>,
    /// By what each product's units are sold at each of its locations.
    terms: BTreeMap<ProductId, BTreeMap<LocationId, (u16, bool)>>,
}

impl Locations {
    fn now(&self, id: LocationId) -> Option<Location> {
        let said = self.said.iter().rev().find(|said| said.id == id).cloned();
        said.or_else(|| (id == DEFAULT).then(Location::default_one))
    }
}

/// The location that a command names.
pub fn id_of(at: &Option<Box<Location>>) -> LocationId {
    at.as_ref().map_or(DEFAULT, |at| at.id)
}

impl World {
    /// Where units come to; sometimes somebody has old news of the place.
    pub fn any_place(&mut self) -> Option<Box<Location>> {
        let said = &self.model.locations.said;
        if self.rng.random_bool(0.5) {
            return None;
        }
        let one = said.choose(&mut self.rng).map(|said| said.id);
        let newest = one.and_then(|id| self.model.locations.now(id));
        let old = said.choose(&mut self.rng).cloned();
        let default = Some(Location::default_one());
        let known = match self.rng.random_range(0..10) {
            0 => default,
            1 => old,
            _ => newest,
        };
        known.map(Box::new)
    }

    pub fn transfer(&mut self, product: ProductId, units: u32) -> Command {
        let (from, to) = (self.any_place(), self.any_place());
        let quantity = if self.rng.random_bool(0.7) { units.min(3) } else { units };
        let reason = "nearer".to_owned();
        let from = id_of(&from);
        Command::TransferStock(TransferStock { product, from, to, quantity, reason })
    }

    pub fn put_location(&mut self) {
        let id = LocationId(self.rng.random_range(0..=LOCATIONS));
        let version = self.model.locations.now(id).map_or(1, |said| said.version);
        let expect = match self.rng.random_range(0..10) {
            0 => Expect::Any,
            1 => Expect::Version(version + 1),
            2 => Expect::New,
            _ if self.model.locations.now(id).is_none() => Expect::New,
            _ => Expect::Version(version),
        };
        let long = self.rng.random_bool(0.02);
        let details = LocationDetails {
            name: if long { "x".repeat(129) } else { "place".to_owned() },
            priority: *[0, 1, 2, 3, 1_000, 1_001].choose(&mut self.rng).unwrap(),
            active: self.rng.random_bool(0.8),
        };
        let command = Command::PutLocation(PutLocation { id, expect, details });
        self.propose(ShardId::META, command);
    }

    /// Every product is sold as its locations are now.
    pub fn compare_locations(&mut self) {
        for shard in self.shop.shards() {
            self.model.hear(&self.shop, shard);
        }
        let locations = &self.model.locations;
        for (product, terms) in &locations.terms {
            for (id, terms) in terms {
                let now = locations.now(*id).expect("a location that somebody has put");
                assert_eq!(*terms, (now.details.priority, now.details.active), "{product} in {id}");
            }
        }
    }
}

impl Model {
    /// Takes from the engine what a shard has heard of locations.
    pub fn hear(&mut self, shop: &Shop, shard: ShardId) {
        let rows = shop.rows(shard);
        for id in (0..=LOCATIONS).map(LocationId) {
            if let Some(heard) = read::known_location(rows, id).unwrap() {
                self.locations.heard.insert((shard, id), heard);
            }
        }
        for product in self.products.keys().copied() {
            let here = self.topology.of_product(product) == shard;
            let Some(stock) = read::stock(rows, product).unwrap().filter(|_| here) else {
                continue;
            };
            if stock.located {
                let places = read::places(rows, product, &stock).unwrap();
                let terms = |it: Place| (it.location, (it.priority, it.active));
                let terms = places.into_iter().map(terms).collect();
                self.locations.terms.insert(product, terms);
            }
        }
    }

    pub fn put_location(&mut self, command: &PutLocation) -> Expected {
        let before = self.locations.now(command.id);
        match (command.expect, &before) {
            (Expect::New, Some(_)) => return Err(Rejection::AlreadyExists),
            (Expect::Any | Expect::Version(_), None) => return Err(Rejection::LocationNotFound),
            (Expect::Version(expected), Some(said)) if said.version != expected => {
                return Err(Rejection::VersionMismatch { expected, actual: said.version });
            }
            _ => {}
        }
        let details = command.details.clone();
        if details.name.len() > 128 {
            return Err(out_of_range(Field::Name, 1, 128));
        }
        if details.priority > LOCATION_PRIORITY_MAX {
            return Err(out_of_range(Field::Priority, 0, 1_000));
        }
        if command.id == DEFAULT && !details.active {
            return Err(Rejection::DefaultLocation);
        }
        let at = self.now(ShardId::META);
        let created_at = before.as_ref().map_or(at, |before| before.created_at);
        let version = before.map_or(0, |before| before.version) + 1;
        let location = Location { id: command.id, version, created_at, updated_at: at, details };
        self.locations.said.push(location.clone());
        Ok(Told::Location(location))
    }

    pub fn transfer(&mut self, command: &TransferStock) -> Expected {
        let TransferStock { product, from, quantity, .. } = *command;
        self.known(product)?;
        if !(1..=UNITS_MAX).contains(&quantity) {
            return Err(out_of_range(Field::Quantity, 1, UNITS_MAX.into()));
        }
        let to = id_of(&command.to);
        if to == from {
            return Err(Rejection::Malformed { field: Field::Location });
        }
        self.takes_units(product, &command.to)?;
        let free = self.free_at(product, from).max(0) as u32;
        if free < quantity {
            return Err(Rejection::NotEnoughThere { location: from, requested: quantity, free });
        }
        self.put_at(product, from, -i64::from(quantity));
        self.put_at(product, to, quantity.into());
        Ok(self.level(product))
    }

    /// Refuses units for a location that takes none, by the newest of what the shard knows.
    pub fn takes_units(
        &self,
        product: ProductId,
        at: &Option<Box<Location>>,
    ) -> Result<(), Rejection> {
        let Some(at) = at else { return Ok(()) };
        let shard = self.topology.of_product(product);
        let heard = self.locations.heard.get(&(shard, at.id));
        let newest = heard.filter(|heard| heard.version >= at.version).unwrap_or(at);
        if newest.details.active {
            return Ok(());
        }
        Err(Rejection::LocationInactive { location: at.id })
    }

    /// Units of a product that are on hand at a location.
    pub fn on_hand_at(&self, product: ProductId, location: LocationId) -> u32 {
        self.level_at(product, location).max(0) as u32
    }

    /// The same, below 0 if so many were sent from there before they came.
    pub fn level_at(&self, product: ProductId, location: LocationId) -> i64 {
        let Some(row) = self.products.get(&product) else { return 0 };
        match location {
            DEFAULT => row.level - i64::from(row.elsewhere.values().sum::<u32>()),
            _ => row.elsewhere.get(&location).copied().unwrap_or(0).into(),
        }
    }

    /// Units of a product that somebody has, at a location.
    pub fn taken_at(&self, product: ProductId, location: LocationId, state: HoldState) -> u64 {
        let holds = self.holds.values().filter(|hold| hold.state == state);
        let whence = holds.filter_map(|hold| hold.whence.get(&product)).flatten();
        let there = whence.filter(|(there, _, _)| *there == location);
        there.map(|(_, units, _)| u64::from(*units)).sum()
    }

    fn free_at(&self, product: ProductId, location: LocationId) -> i64 {
        let taken = |state| self.taken_at(product, location, state) as i64;
        let taken = taken(HoldState::Held) + taken(HoldState::Committed);
        i64::from(self.on_hand_at(product, location)) - taken
    }

    /// The fewest units at a location that leave everybody theirs.
    pub fn least_at(&self, product: ProductId, location: LocationId) -> u32 {
        let row = &self.products[&product];
        let elsewhere = row.level - self.level_at(product, location);
        let least = i64::from(self.least_on_hand(product)) - elsewhere;
        let taken = i64::from(self.on_hand_at(product, location)) - self.free_at(product, location);
        let to_come = if location == DEFAULT { i64::from(row.policy.backorders) } else { 0 };
        least.max(taken - to_come).max(0) as u32
    }

    /// Units come to a location, or leave it.
    pub fn put_at(&mut self, product: ProductId, location: LocationId, delta: i64) {
        let row = self.products.get_mut(&product).expect("a product");
        row.level += delta;
        if location != DEFAULT {
            let there = row.elsewhere.entry(location).or_default();
            *there = u32::try_from(i64::from(*there) + delta).unwrap();
        }
    }

    /// Units that nobody has, where nobody is served.
    pub fn idle(&self, product: ProductId) -> i64 {
        let terms = self.locations.terms.get(&product);
        let closed = terms.into_iter().flatten().filter(|(_, (_, active))| !active);
        closed.map(|(location, _)| self.free_at(product, *location).max(0)).sum()
    }

    /// From where so many units of a product are taken.
    pub fn whence(&self, product: ProductId, quantity: u32) -> Whence {
        let Some(terms) = self.locations.terms.get(&product) else {
            return vec![(DEFAULT, quantity, 0)];
        };
        let most = self.products[&product].policy.allocation == Allocation::MostStock;
        let mut open: Vec<_> = terms.iter().filter(|(_, (_, active))| *active).collect();
        // Sorted by the last reason first: each sort keeps the order of what is equal.
        open.sort_by_key(|(location, _)| **location);
        open.sort_by_key(|(_, (priority, _))| *priority);
        if most {
            open.sort_by_key(|(location, _)| std::cmp::Reverse(self.free_at(product, **location)));
        }
        let free: Vec<_> = open
            .iter()
            .map(|(location, _)| (**location, self.free_at(product, **location).max(0) as u32))
            .collect();
        if let Some((location, _)) = free.iter().find(|(_, free)| *free >= quantity) {
            return vec![(*location, quantity, 0)];
        }
        let mut whence = Whence::new();
        for (location, free) in free.into_iter().filter(|(_, free)| *free > 0) {
            let left = quantity - whence.iter().map(|(_, units, _)| units).sum::<u32>();
            if left > 0 {
                whence.push((location, free.min(left), 0));
            }
        }
        let left = quantity - whence.iter().map(|(_, units, _)| units).sum::<u32>();
        if left > 0 {
            match whence.iter_mut().find(|(location, _, _)| *location == DEFAULT) {
                Some((_, units, _)) => *units += left,
                None => whence.push((DEFAULT, left, 0)),
            }
        }
        whence
    }

    /// Units of a hold are sent, missing or free: the first ones first.
    pub fn leave(
        &mut self,
        hold: (ShardId, HoldRef),
        (product, quantity): (ProductId, u32),
        how: UnitsEnd,
    ) {
        let whence = self.holds.get_mut(&hold).expect("a hold").whence.get_mut(&product);
        let mut left = quantity;
        let mut gone = Vec::new();
        for (location, units, sent) in whence.expect("units of a hold") {
            let leave = left.min(*units);
            left -= leave;
            *units -= leave;
            *sent += if how == UnitsEnd::Shipped { leave } else { 0 };
            gone.push((*location, leave));
        }
        assert_eq!(left, 0, "{product} of {hold:?}");
        for (location, units) in gone.into_iter().filter(|_| how != UnitsEnd::Released) {
            let there = self.on_hand_at(product, location);
            let all = how == UnitsEnd::Shipped && location == DEFAULT;
            self.put_at(product, location, -i64::from(if all { units } else { units.min(there) }));
        }
    }

    /// Units of a product came back and are on hand again, where they were sent from.
    pub fn restock(&mut self, order: OrderId, product: ProductId, quantity: u32) {
        let shard = self.topology.of_product(product);
        let hold = self.holds.get_mut(&(shard, HoldRef::Order(order)));
        let mut left = quantity;
        let mut back = Vec::new();
        for (location, _, sent) in
            hold.and_then(|it| it.whence.get_mut(&product)).into_iter().flatten()
        {
            let units = left.min(*sent);
            left -= units;
            *sent -= units;
            back.push((*location, units));
        }
        back.push((DEFAULT, left));
        for (location, units) in back {
            let terms = self.locations.terms.get(&product);
            let open = terms.and_then(|it| it.get(&location)).is_some_and(|(_, active)| *active);
            let room = (i64::from(UNITS_MAX) - self.products[&product].level).max(0);
            let units = i64::from(units).min(room);
            self.put_at(product, if open { location } else { DEFAULT }, units);
        }
    }

    /// Fails unless a product's units are where they are expected.
    pub fn compare_places(&self, shop: &Shop, product: ProductId) {
        let rows = shop.rows(self.topology.of_product(product));
        let stock = read::stock(rows, product).unwrap().expect("a level");
        let elsewhere = &self.products[&product].elsewhere;
        assert_eq!(stock.located, !elsewhere.is_empty(), "{product}");
        let wanted = [DEFAULT].into_iter().chain(elsewhere.keys().copied());
        let wanted = wanted.map(|location| {
            let taken = |state| self.taken_at(product, location, state);
            let taken = (taken(HoldState::Held), taken(HoldState::Committed));
            (location, u64::from(self.on_hand_at(product, location)), taken)
        });
        let places = read::places(rows, product, &stock).unwrap();
        let there = places.into_iter().map(|place| {
            let taken = (u64::from(place.held), u64::from(place.committed));
            (place.location, u64::from(place.on_hand), taken)
        });
        assert!(
            there.clone().eq(wanted.clone()),
            "{product}: {:?}, not {:?}",
            there.collect::<Vec<_>>(),
            wanted.collect::<Vec<_>>()
        );
    }
}
