//! Units that are sent once more for others that never arrived.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::inventory::{HoldRef, HoldState, UnitsEnd};
use engine_core::order::{Asked, FulfillmentState, MadeUp};
use engine_core::{
    Command, FulfillmentId, LocationId, OrderId, ProductId, Rejection, ReshipFulfillment, ShardId,
    ShortLine,
};
use rand::Rng;

use super::expect::{Expected, Told};
use super::fulfillment::Parcel;
use super::naive::{Hold, Model, Order};
use super::work::PARCELS;
use super::world::World;

/// What the shards of a parcel's products have said.
#[derive(Debug, Clone)]
pub struct Asking {
    pub of: FulfillmentId,
    pub waits: BTreeSet<ProductId>,
    pub taken: BTreeSet<ProductId>,
}

impl World {
    /// A seller sends something once more.
    pub fn any_reship(&mut self, order: OrderId, expected_version: Option<u64>) -> Command {
        let mut parcels = self.model.orders[&order].after.parcels.iter();
        let lost = parcels.find(|(_, it)| it.state.is_lost() && it.made_up == MadeUp::No);
        let any = FulfillmentId(self.rng.random_range(1..=PARCELS));
        let id = lost.map_or(any, |(id, _)| *id);
        let again = FulfillmentId(self.rng.random_range(1..=3 * PARCELS));
        Command::ReshipFulfillment(ReshipFulfillment { order, expected_version, id, again })
    }
}

impl Model {
    pub fn reship(&mut self, command: &ReshipFulfillment) -> Expected {
        let &ReshipFulfillment { order: id, id: of, again, .. } = command;
        let (home, mut order) = (self.home(id), self.orders[&id].clone());
        if order.after.parcels.contains_key(&again) {
            return Err(Rejection::AlreadyExists);
        }
        let lost = order.parcel(of, FulfillmentState::is_lost)?;
        let (how, lines) = (lost.made_up, lost.lines.clone());
        lost.made_up = MadeUp::Reshipped(again);
        if how != MadeUp::No {
            return Err(Rejection::AlreadyMadeUp { how });
        }
        order.check_unblocked()?;
        let (here, waits) =
            order.units_of(&lines).into_iter().partition::<BTreeMap<_, _>, _>(|(product, _)| {
                self.topology.of_product(*product) == home
            });
        let short = here.iter().filter(|(id, units)| self.available(**id) < u64::from(**units));
        let lines_short: Vec<_> = short
            .map(|(product, units)| ShortLine {
                product: *product,
                requested: u64::from(*units),
                available: self.available(*product) as u32,
            })
            .collect();
        if !lines_short.is_empty() {
            return Err(Rejection::OutOfStock { lines: lines_short });
        }
        for (product, units) in &here {
            assert_eq!(self.take_again(home, id, (*product, *units)), None);
        }
        let (waits, taken) = (waits.into_keys().collect(), here.into_keys().collect());
        let parcel = Parcel {
            lines,
            state: FulfillmentState::Reserving,
            shipped_at: 0,
            made_up: MadeUp::No,
            again: Some(Asking { of, waits, taken }),
        };
        order.after.parcels.insert(again, parcel);
        self.orders.insert(id, order);
        self.decide_again(id, again, false);
        let order = &self.orders[&id];
        Ok(Told::Order(order.status(), order.total))
    }

    /// A shard is asked for units once more; it must answer what is said here.
    pub fn asked_again(&mut self, shard: ShardId, asked: Asked) {
        let short = self.take_again(shard, asked.order, (asked.product, asked.quantity));
        let before = self.answers.insert((asked.order, asked.fulfillment, asked.product), short);
        assert_eq!(before, None, "{asked:?} was asked for before");
    }

    /// The order's shard has the answer.
    pub fn answered_again(&mut self, asked: Asked, short: Option<u32>) {
        let answer = self.answers.remove(&(asked.order, asked.fulfillment, asked.product));
        assert_eq!(answer, Some(short), "{asked:?}");
        let order = self.orders.get_mut(&asked.order).expect("an order");
        let parcel = order.after.parcels.get_mut(&asked.fulfillment).expect("a parcel");
        let again = parcel.again.as_mut().expect("it is sent once more");
        assert!(again.waits.remove(&asked.product), "{asked:?}");
        if short.is_none() {
            again.taken.insert(asked.product);
        }
        let too_few = again.taken.len() + again.waits.len() < order.units(asked.fulfillment).len();
        self.decide_again(asked.order, asked.fulfillment, too_few);
    }

    /// Units are committed once more, or so many are there.
    fn take_again(
        &mut self,
        shard: ShardId,
        order: OrderId,
        (product, quantity): (ProductId, u32),
    ) -> Option<u32> {
        let available = self.available(product);
        if available < u64::from(quantity) {
            return Some(available as u32);
        }
        let price = self.products[&product].price;
        let more = self.whence(product, quantity);
        let hold = self.holds.entry((shard, HoldRef::Order(order))).or_insert(Hold::ended(0));
        (hold.state, hold.until) = (HoldState::Committed, 0);
        hold.lines.entry(product).or_insert((0, price)).0 += quantity;
        let whence = hold.whence.entry(product).or_default();
        // As long as all are from the default location, nobody notes what was sent.
        if whence.iter().all(|(location, _, _)| *location == LocationId::DEFAULT) {
            whence.iter_mut().for_each(|(_, _, sent)| *sent = 0);
            whence.retain(|(_, units, _)| *units > 0);
        }
        for (location, units, _) in more {
            match whence.iter_mut().find(|there| there.0 == location) {
                Some(there) => there.1 += units,
                None => whence.push((location, units, 0)),
            }
        }
        None
    }

    /// All have answered: the units are to be sent, or what was taken is free.
    fn decide_again(&mut self, id: OrderId, fulfillment: FulfillmentId, too_few: bool) {
        let home = self.home(id);
        let order = self.orders.get_mut(&id).expect("an order");
        let units = order.units(fulfillment);
        let parcel = order.after.parcels.get_mut(&fulfillment).expect("a parcel");
        let again = parcel.again.clone().expect("it is sent once more");
        if !again.waits.is_empty() {
            return;
        }
        if !too_few {
            parcel.state = FulfillmentState::Picking;
            for (line, units) in parcel.lines.clone() {
                order.after.done[line as usize].shipped -= units;
                order.after.done[line as usize].lost -= units;
            }
            return;
        }
        parcel.state = FulfillmentState::OutOfStock;
        order.after.parcels.get_mut(&again.of).expect("a parcel").made_up = MadeUp::No;
        for product in again.taken {
            if self.topology.of_product(product) == home {
                self.end_units(home, id, (product, units[&product]), UnitsEnd::Released);
            }
        }
    }
}

impl Order {
    /// Shards were asked for units once more, of a product wanted.
    pub fn asks_again_for(&self, wanted: impl Fn(ProductId) -> bool) -> bool {
        let parcels = self.after.parcels.values();
        let asked = parcels.filter(|it| it.state == FulfillmentState::Reserving);
        asked.flat_map(|it| self.units_of(&it.lines).into_keys()).any(wanted)
    }

    /// Units of a product that never arrived and do not count as sent any longer.
    pub fn sent_before(&self, product: ProductId) -> u64 {
        let parcels = self.after.parcels.values();
        let lost = parcels.filter(|it| match it.made_up {
            MadeUp::Reshipped(id) => self.after.parcels[&id].state != FulfillmentState::Reserving,
            MadeUp::No | MadeUp::Refunded => false,
        });
        let units = lost.filter_map(|it| self.units_of(&it.lines).get(&product).copied());
        units.map(u64::from).sum()
    }

    fn units(&self, fulfillment: FulfillmentId) -> BTreeMap<ProductId, u32> {
        self.units_of(&self.after.parcels[&fulfillment].lines)
    }

    fn units_of(&self, lines: &BTreeMap<u32, u32>) -> BTreeMap<ProductId, u32> {
        let mut units = BTreeMap::new();
        for (line, quantity) in lines {
            *units.entry(self.lines[*line as usize].product).or_default() += quantity;
        }
        units
    }
}
