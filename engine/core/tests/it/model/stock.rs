//! What is expected of commands on products, stock and holds.

use std::collections::BTreeMap;

use engine_core::inventory::{
    HOLD_MS_MAX, HoldLine, HoldRef, HoldState, Location, MARKER_RETENTION_MS, UNITS_MAX,
};
use engine_core::order::LINES_PER_ORDER_MAX;
use engine_core::pricing::Promotion;
use engine_core::{
    AdjustStock, ArchiveProduct, CommitHold, CreateProduct, Currency, Field, HoldStock, LocationId,
    Money, ProductId, ReceiveStock, Rejection, ReleaseHold, SetStock, ShardId, ShortLine,
    UpdateProduct,
};

use super::expect::{Expected, Told};
use super::locations::id_of;
use super::naive::{Hold, Model, Product, add_up};
use super::policy::Policy;

/// A hold to be taken.
pub struct NewHold<'a> {
    pub name: HoldRef,
    pub lines: &'a [HoldLine],
    pub currency: Currency,
    pub state: HoldState,
    /// None for a time out of range.
    pub until: Option<u64>,
    pub promotion: Option<&'a Promotion>,
}

/// A value outside its limits.
pub fn out_of_range(field: Field, min: i64, max: i64) -> Rejection {
    Rejection::OutOfRange { field, min, max }
}

impl Model {
    pub fn create_product(&mut self, command: &CreateProduct) -> Expected {
        if self.products.contains_key(&command.id) {
            return Err(Rejection::AlreadyExists);
        }
        let Money { amount: price, currency } = command.details.price;
        if !(0..=Money::AMOUNT_MAX).contains(&price) {
            return Err(out_of_range(Field::Price, 0, Money::AMOUNT_MAX));
        }
        if command.stock > UNITS_MAX {
            return Err(Rejection::TooManyUnits { limit: UNITS_MAX });
        }
        let level = i64::from(command.stock);
        let policy = Policy::default();
        let (version, archived, elsewhere) = (1, false, BTreeMap::new());
        let product = Product { price, currency, version, archived, level, elsewhere, policy };
        self.products.insert(command.id, product);
        Ok(self.level(command.id))
    }

    pub fn update_product(&mut self, command: &UpdateProduct) -> Expected {
        let id = command.id;
        let in_use = self.in_use(id);
        let least = self.products.get(&id).map(|row| {
            let here = self.level_at(id, LocationId::DEFAULT);
            let elsewhere = row.level - here;
            i64::from(self.least_at(id, LocationId::DEFAULT)).min(here) + elsewhere
        });
        let product =
            self.products.get_mut(&id).ok_or(Rejection::ProductNotFound { product: id })?;
        if product.archived {
            return Err(Rejection::ProductArchived { product: id });
        }
        if let Some(expected) = command.expected_version.filter(|v| *v != product.version) {
            return Err(Rejection::VersionMismatch { expected, actual: product.version });
        }
        let price = command.change.price.map_or(product.price, |price| price.amount);
        if !(0..=Money::AMOUNT_MAX).contains(&price) {
            return Err(out_of_range(Field::Price, 0, Money::AMOUNT_MAX));
        }
        if let Some(available) = command.available {
            let level = u64::from(available) + in_use + u64::from(product.policy.safety);
            if level > u64::from(UNITS_MAX) {
                return Err(Rejection::TooManyUnits { limit: UNITS_MAX });
            }
            let level = level as i64;
            if let Some(least) =
                least.filter(|least| *least > level && !product.elsewhere.is_empty())
            {
                let least = least.max(0) as u32;
                return Err(Rejection::UnitsInUse { least, on_hand: level });
            }
            product.level = level;
        }
        product.price = price;
        product.version += 1;
        Ok(self.level(id))
    }

    pub fn archive_product(&mut self, command: &ArchiveProduct) -> Expected {
        let product = self.products.get_mut(&command.id);
        let product = product.ok_or(Rejection::ProductNotFound { product: command.id })?;
        if !product.archived {
            product.archived = true;
            product.version += 1;
        }
        Ok(self.level(command.id))
    }

    pub fn receive(&mut self, command: &ReceiveStock) -> Expected {
        self.known(command.product)?;
        if !(1..=UNITS_MAX).contains(&command.quantity) {
            return Err(out_of_range(Field::Quantity, 1, i64::from(UNITS_MAX)));
        }
        self.set_level(command.product, &command.at, command.quantity.into())
    }

    pub fn adjust(&mut self, command: &AdjustStock) -> Expected {
        self.known(command.product)?;
        let max = i64::from(UNITS_MAX);
        if command.delta == 0 || command.delta > max || command.delta < -max {
            return Err(out_of_range(Field::Quantity, -max, max));
        }
        self.set_level(command.product, &command.at, command.delta)
    }

    pub fn set_stock(&mut self, command: &SetStock) -> Expected {
        self.known(command.product)?;
        let actual = self.on_hand_at(command.product, id_of(&command.at));
        if actual != command.expected {
            return Err(Rejection::StockMismatch { expected: command.expected, actual });
        }
        let before = self.level_at(command.product, id_of(&command.at));
        let delta = i64::from(command.on_hand) - before;
        self.set_level(command.product, &command.at, delta)
    }

    pub fn hold_stock(&mut self, shard: ShardId, command: &HoldStock) -> Expected {
        let timed = (1..=HOLD_MS_MAX).contains(&command.timer_ms);
        let until = self.now(shard).saturating_add(command.timer_ms);
        let wanted = NewHold {
            name: command.hold,
            lines: &command.lines,
            currency: command.currency,
            state: HoldState::Held,
            until: timed.then_some(until),
            promotion: command.promotion.as_deref(),
        };
        self.hold_units(shard, wanted)
    }

    /// Takes units, or says why not.
    pub fn hold_units(&mut self, shard: ShardId, new: NewHold<'_>) -> Expected {
        let NewHold { name, lines, currency, state, until, promotion } = new;
        let wanted = add_up(lines);
        if let Some(hold) = self.holds.get_mut(&(shard, name)) {
            if hold.state == HoldState::Released {
                return Err(Rejection::HoldEnded);
            }
            let there = hold.lines.iter().map(|(id, line)| (*id, u64::from(line.0)));
            if !there.eq(wanted) || hold.promotion != promotion.map(|it| it.id) {
                return Err(Rejection::AlreadyExists);
            }
            if state == HoldState::Committed {
                hold.state = state;
            }
            return Ok(Told::Held(hold.state, quantities(hold)));
        }
        let least = usize::from(promotion.is_none());
        if !(least..=LINES_PER_ORDER_MAX).contains(&lines.len()) {
            return Err(out_of_range(Field::Lines, 1, LINES_PER_ORDER_MAX as i64));
        }
        if lines.iter().any(|line| !(1..=UNITS_MAX).contains(&line.quantity)) {
            return Err(out_of_range(Field::Quantity, 1, i64::from(UNITS_MAX)));
        }
        let until = until.ok_or(out_of_range(Field::HoldMs, 1, HOLD_MS_MAX as i64))?;
        for check in [Self::all_known, Self::all_for_sale] {
            check(self, &wanted)?;
        }
        self.all_in(currency, &wanted)?;
        self.all_free(&wanted)?;
        promotion.map(|promotion| self.check_use(promotion)).transpose()?;
        let from = |(id, units): (&ProductId, &u64)| (*id, self.whence(*id, *units as u32));
        let whence = wanted.iter().map(from).collect();
        let line = |(id, units): (ProductId, u64)| (id, (units as u32, self.products[&id].price));
        let lines = wanted.into_iter().map(line).collect();
        let hold = Hold { state, lines, until, whence, promotion: promotion.map(|it| it.id) };
        let told = Told::Held(state, quantities(&hold));
        self.holds.insert((shard, name), hold);
        Ok(told)
    }

    pub fn commit_hold(&mut self, shard: ShardId, command: &CommitHold) -> Expected {
        let HoldRef::Free(_) = command.hold else { return Err(Rejection::OrderDecides) };
        let hold = self.holds.get_mut(&(shard, command.hold)).ok_or(Rejection::HoldNotFound)?;
        match hold.state {
            HoldState::Released => Err(Rejection::HoldEnded),
            HoldState::Committed => Ok(Told::Nothing),
            HoldState::Held => {
                hold.state = HoldState::Committed;
                Ok(Told::Held(hold.state, quantities(hold)))
            }
        }
    }

    pub fn release_hold(&mut self, shard: ShardId, command: &ReleaseHold) -> Expected {
        let HoldRef::Free(_) = command.hold else { return Err(Rejection::OrderDecides) };
        let before = self.holds.get(&(shard, command.hold)).map(|hold| hold.state);
        if before == Some(HoldState::Released) {
            return Ok(Told::Nothing);
        }
        let until = self.now(shard).saturating_add(MARKER_RETENTION_MS);
        let ended = Hold::ended(until);
        self.holds.insert((shard, command.hold), ended);
        Ok(Told::Held(HoldState::Released, BTreeMap::new()))
    }

    /// A product's units: on hand, held, committed.
    pub fn level(&self, product: ProductId) -> Told {
        let [held, committed] =
            [HoldState::Held, HoldState::Committed].map(|state| self.units(product, state));
        let row = &self.products[&product];
        let elsewhere: u64 = row.elsewhere.values().map(|units| u64::from(*units)).sum();
        let here = self.on_hand_at(product, LocationId::DEFAULT);
        Told::Stock(u64::from(here) + elsewhere, held, committed)
    }

    pub fn in_use(&self, product: ProductId) -> u64 {
        self.units(product, HoldState::Held) + self.units(product, HoldState::Committed)
    }

    pub fn known(&self, product: ProductId) -> Result<(), Rejection> {
        self.products.get(&product).map(|_| ()).ok_or(Rejection::ProductNotFound { product })
    }

    fn set_level(
        &mut self,
        product: ProductId,
        at: &Option<Box<Location>>,
        delta: i64,
    ) -> Expected {
        if delta > 0 {
            self.takes_units(product, at)?;
        }
        if self.products[&product].level + delta > i64::from(UNITS_MAX) {
            return Err(Rejection::TooManyUnits { limit: UNITS_MAX });
        }
        let location = id_of(at);
        let on_hand = self.level_at(product, location) + delta;
        let least = self.least_at(product, location);
        if delta < 0 && on_hand < i64::from(least) {
            return Err(Rejection::UnitsInUse { least, on_hand });
        }
        if delta != 0 {
            self.put_at(product, location, delta);
        }
        Ok(self.level(product))
    }

    fn all_known(&self, wanted: &BTreeMap<ProductId, u64>) -> Result<(), Rejection> {
        wanted.keys().try_for_each(|product| self.known(*product))
    }

    fn all_for_sale(&self, wanted: &BTreeMap<ProductId, u64>) -> Result<(), Rejection> {
        let archived = wanted.keys().find(|product| self.products[product].archived);
        archived.map_or(Ok(()), |product| Err(Rejection::ProductArchived { product: *product }))
    }

    fn all_in(
        &self,
        currency: Currency,
        wanted: &BTreeMap<ProductId, u64>,
    ) -> Result<(), Rejection> {
        let foreign = wanted.keys().find(|product| self.products[product].currency != currency);
        foreign.map_or(Ok(()), |product| {
            let actual = self.products[product].currency;
            Err(Rejection::CurrencyMismatch { product: *product, actual })
        })
    }

    fn all_free(&self, wanted: &BTreeMap<ProductId, u64>) -> Result<(), Rejection> {
        let short = wanted.iter().filter(|(product, units)| **units > self.available(**product));
        let lines: Vec<_> = short
            .map(|(product, units)| ShortLine {
                product: *product,
                requested: *units,
                available: self.available(*product) as u32,
            })
            .collect();
        if lines.is_empty() { Ok(()) } else { Err(Rejection::OutOfStock { lines }) }
    }
}

fn quantities(hold: &Hold) -> BTreeMap<ProductId, u32> {
    hold.lines.iter().map(|(product, line)| (*product, line.0)).collect()
}
