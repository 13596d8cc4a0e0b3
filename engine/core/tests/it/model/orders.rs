//! What is expected of commands that decide orders: ORDERS.md §3, told as a story of maps.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::dedup::KEY_RETENTION_MS;
use engine_core::inventory::{HoldRef, HoldState, UNITS_MAX};
use engine_core::order::{
    DECISION_RETENTION_MS, LINES_PER_ORDER_MAX, OPEN_ORDERS_MAX, ORDER_HOLD_MS, PlaceOrder,
    Receipt, RefuseOrder,
};
use engine_core::payment::Pay;
use engine_core::{CancelOrder, Field, Money, OrderId, Owner, ProductId, Rejection, ShardId};

use super::expect::{Expected, Told};
use super::fulfillment::After;
use super::naive::{KeyResult, Model, Order, Stage, Why, add_up};
use super::promotions::{self, Priced};
use super::stock::{NewHold, out_of_range};

/// Who asks for what under which key.
struct Asked<'a> {
    order: OrderId,
    owner: &'a Owner,
    key: u128,
    body: u128,
}

impl Model {
    pub fn place(&mut self, command: &PlaceOrder) -> Expected {
        let PlaceOrder { order, key, body, .. } = *command;
        let asked = Asked { order, owner: &command.owner, key, body };
        if let Some(told) = self.decided(&asked) {
            self.refuse_other_body(&asked, &told);
            return told;
        }
        let own = HoldRef::Order(order);
        let before = self.holds.get(&(self.home(order), own)).cloned();
        let placed = self.try_place(command);
        if let Err(rejection) = &placed {
            match before {
                Some(hold) => self.holds.insert((self.home(order), own), hold),
                None => self.holds.remove(&(self.home(order), own)),
            };
            self.refuse(&asked, rejection);
        }
        placed
    }

    pub fn refuse_order(&mut self, command: &RefuseOrder) -> Expected {
        let RefuseOrder { order, key, body, .. } = *command;
        let asked = Asked { order, owner: &command.owner, key, body };
        if let Some(told) = self.decided(&asked) {
            self.refuse_other_body(&asked, &told);
            return told;
        }
        self.refuse(&asked, &command.reason);
        Err(command.reason.clone())
    }

    /// A shard asks what became of an order. Says whether its units are free.
    pub fn resolve(&mut self, order: OrderId, from: ShardId) -> bool {
        if let Some(placed) = self.orders.get(&order) {
            let of = |product| self.topology.of_product(product) == from;
            return !self.keeps_units_in(placed, from) && !placed.asks_again_for(of);
        }
        let until = self.now(self.home(order)) + DECISION_RETENTION_MS;
        self.decisions.entry(order).or_insert((Rejection::Aborted, until));
        true
    }

    pub fn cancel(&mut self, command: &CancelOrder) -> Expected {
        let order = self.orders.get_mut(&command.order).ok_or(Rejection::OrderNotFound)?;
        if command.owner.as_ref().is_some_and(|owner| *owner != order.owner) {
            return Err(Rejection::OrderNotFound);
        }
        let mut free = false;
        match order.stage {
            Stage::Pending if order.unknown => order.wish = true,
            Stage::Pending if order.intent.is_none() => {
                order.stage = Stage::Ended(Why::Customer);
                free = true;
            }
            Stage::Pending => order.stage = Stage::Canceling(Why::Customer),
            Stage::Canceling(_) => order.stage = Stage::Canceling(Why::Customer),
            Stage::Confirmed if order.wish => {}
            Stage::Confirmed if order.after.has_shipped() => {
                return Err(Rejection::OrderNotCancelable { status: order.status() });
            }
            Stage::Confirmed => free = order.cancel_confirmed(),
            Stage::Returning | Stage::Ended(Why::Customer) => {}
            Stage::Ended(_) => {
                return Err(Rejection::OrderNotCancelable { status: order.status() });
            }
        }
        let told = Told::Order(order.status(), order.total);
        if free {
            self.settle_own(command.order, HoldState::Released);
        }
        Ok(told)
    }

    /// What was decided before.
    fn decided(&self, asked: &Asked<'_>) -> Option<Expected> {
        let placed = |order: &OrderId| {
            self.orders.get(order).map(|order| Ok(Told::Order(order.status(), order.total)))
        };
        if let Some(key) = self.keys.get(&(asked.owner.clone(), asked.key)) {
            return match &key.refused {
                _ if key.body != asked.body => Some(Err(Rejection::IdempotencyMismatch)),
                Some(rejection) => Some(Err(rejection.clone())),
                None => placed(&key.order),
            };
        }
        let decision = || self.decisions.get(&asked.order).map(|(told, _)| Err(told.clone()));
        placed(&asked.order).or_else(decision)
    }

    /// A key used for another body: that order will never be, and the key's result stays.
    fn refuse_other_body(&mut self, asked: &Asked<'_>, told: &Expected) {
        if *told == Err(Rejection::IdempotencyMismatch) {
            self.refuse(asked, &Rejection::IdempotencyMismatch);
        }
    }

    fn refuse(&mut self, asked: &Asked<'_>, rejection: &Rejection) {
        if self.orders.contains_key(&asked.order) || self.decisions.contains_key(&asked.order) {
            return;
        }
        let home = self.home(asked.order);
        let now = self.now(home);
        let aborted =
            matches!(rejection, Rejection::Aborted | Rejection::TooLate | Rejection::HoldEnded);
        let told = if aborted { Rejection::Aborted } else { rejection.clone() };
        self.decisions.insert(asked.order, (told, now + DECISION_RETENTION_MS));
        let kept = !aborted && !matches!(rejection, Rejection::OutOfRange { .. });
        let refused = Some(rejection.clone());
        let until = now + KEY_RETENTION_MS;
        let result = KeyResult { body: asked.body, order: asked.order, refused, until };
        if kept {
            self.keys.entry((asked.owner.clone(), asked.key)).or_insert(result);
        }
        if self.holds.contains_key(&(home, HoldRef::Order(asked.order))) {
            self.free(home, HoldRef::Order(asked.order));
        }
    }

    fn try_place(&mut self, command: &PlaceOrder) -> Expected {
        let home = self.home(command.order);
        let now = self.now(home);
        if command.not_after < now {
            return Err(Rejection::TooLate);
        }
        self.check_cart(command)?;
        let open = |order: &&Order| order.owner == command.owner && order.is_open();
        let is_full = self.orders.values().filter(open).count() as u32 >= OPEN_ORDERS_MAX;
        if command.pay != Pay::OnAccount && is_full {
            return Err(Rejection::TooManyOpenOrders { limit: OPEN_ORDERS_MAX });
        }
        if !(1..=LINES_PER_ORDER_MAX).contains(&command.lines.len()) {
            return Err(out_of_range(Field::Lines, 1, LINES_PER_ORDER_MAX as i64));
        }
        if command.lines.iter().any(|line| !(1..=UNITS_MAX).contains(&line.quantity)) {
            return Err(out_of_range(Field::Quantity, 1, i64::from(UNITS_MAX)));
        }
        let mut prices = self.prices_elsewhere(command, home)?;
        let on_account = command.pay == Pay::OnAccount;
        let own: Vec<_> = command
            .lines
            .iter()
            .copied()
            .filter(|line| self.topology.of_product(line.product) == home)
            .collect();
        let counted = promotions::counted(&command.terms);
        let counts = self.counting_shard(counted) == Some(home);
        let promotion = command.terms.promotion.as_ref().filter(|_| counts);
        if !own.is_empty() || promotion.is_some() {
            let name = HoldRef::Order(command.order);
            let state = if on_account { HoldState::Committed } else { HoldState::Held };
            let (lines, currency) = (own.as_slice(), command.currency);
            let new = NewHold { name, lines, currency, state, until: Some(0), promotion };
            self.hold_units(home, new).map_err(|rejection| match rejection {
                Rejection::HoldEnded | Rejection::AlreadyExists => Rejection::Aborted,
                rejection => rejection,
            })?;
            let lines = &self.holds[&(home, name)].lines;
            prices.extend(lines.iter().map(|(product, line)| (*product, line.1)));
        }
        let total = command.lines.iter().try_fold(0_i64, |total, line| {
            prices[&line.product].checked_mul(line.quantity.into())?.checked_add(total)
        });
        let max = Money::AMOUNT_MAX;
        let goods = total.filter(|total| *total <= max);
        let goods = goods.ok_or(out_of_range(Field::Total, 0, max))?;
        let each: Vec<_> = command.lines.iter().map(|line| prices[&line.product]).collect();
        let Priced { total: actual, parts } = promotions::price(command, goods, &each)?;
        self.check_owner(&command.owner, &command.terms)?;
        if let Some(expected) = command.expected_total.filter(|expected| *expected != actual) {
            return Err(Rejection::PriceChanged { expected, actual });
        }
        let mut order = new_order(command, now, actual);
        order.after.parts = parts;
        let total = actual;
        let told = Told::Order(order.status(), total);
        let (body, until) = (command.body, now + KEY_RETENTION_MS);
        let result = KeyResult { body, order: command.order, refused: None, until };
        self.keys.insert((command.owner.clone(), command.key), result);
        let confirmed = order.was_confirmed;
        self.orders.insert(command.order, order);
        if confirmed {
            self.settle_own(command.order, HoldState::Committed);
        }
        self.consume_cart(command, now);
        Ok(told)
    }

    /// Receipts count if they are each about products of their shard, and are the whole rest.
    fn prices_elsewhere(
        &self,
        command: &PlaceOrder,
        home: ShardId,
    ) -> Result<BTreeMap<ProductId, i64>, Rejection> {
        let mut held = BTreeMap::new();
        let mut prices = BTreeMap::new();
        for Receipt { shard, lines, .. } in &command.receipts {
            for line in lines {
                let there = self.topology.of_product(line.product);
                if there != *shard || there == home {
                    return Err(Rejection::Aborted);
                }
                *held.entry(line.product).or_default() += u64::from(line.quantity);
                prices.insert(line.product, line.unit_price);
            }
        }
        let elsewhere =
            command.lines.iter().filter(|line| self.topology.of_product(line.product) != home);
        if held != add_up(elsewhere) {
            return Err(Rejection::Aborted);
        }
        let foreign = prices.iter().find(|(_, price)| price.currency != command.currency);
        if let Some((product, price)) = foreign {
            let (product, actual) = (*product, price.currency);
            return Err(Rejection::CurrencyMismatch { product, actual });
        }
        let counted = promotions::counted(&command.terms);
        let there = self.counting_shard(counted).filter(|shard| *shard != home);
        let wanted: Vec<_> = there.map(|shard| (shard, counted.unwrap())).into_iter().collect();
        let use_of =
            |receipt: &Receipt| receipt.promotion.as_ref().map(|it| (receipt.shard, it.id));
        if !command.receipts.iter().filter_map(use_of).eq(wanted) {
            return Err(Rejection::Aborted);
        }
        Ok(prices.into_iter().map(|(product, price)| (product, price.amount)).collect())
    }
}

fn new_order(command: &PlaceOrder, now: u64, total: i64) -> Order {
    let on_account = command.pay == Pay::OnAccount;
    let confirmed = on_account || total == 0;
    let mut after = After::new(&command.lines, on_account);
    if total == 0 && !on_account {
        after.pay = super::fulfillment::Pay::Nothing;
    }
    Order {
        owner: command.owner.clone(),
        lines: command.lines.clone(),
        total,
        promotion: command.terms.promotion.as_ref().map(|promotion| promotion.id),
        counted: promotions::counted(&command.terms),
        on_account,
        placed_at: now,
        stage: if confirmed { Stage::Confirmed } else { Stage::Pending },
        unknown: false,
        action: false,
        wish: false,
        pay_until: (!confirmed).then_some(now + ORDER_HOLD_MS),
        declines: 0,
        confirming_since: None,
        intent: None,
        was_confirmed: confirmed,
        odd: false,
        lied_to: false,
        after,
    }
}

/// The shards of some lines.
pub fn shards_of(model: &Model, lines: &[engine_core::inventory::HoldLine]) -> BTreeSet<ShardId> {
    lines.iter().map(|line| model.topology.of_product(line.product)).collect()
}
