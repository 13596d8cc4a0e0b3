//! Checks what other shards hold against what is ordered, and prices the lines.

use std::collections::BTreeMap;

use super::{LINES_PER_ORDER_MAX, OrderLine, PlaceOrder};
use crate::apply::{Ctx, Stop};
use crate::ids::{ProductId, ShardId};
use crate::inventory::{self, HeldLine, HoldLine, HoldRef, HoldState, NewHold, UNITS_MAX};
use crate::money::Money;
use crate::payment::{PAYMENT_METHOD_BYTES_MAX, Pay, PaymentMethod};
use crate::rejection::{Field, Rejection};

/// What each product of the order costs.
type Prices = BTreeMap<ProductId, HeldLine>;

impl PlaceOrder {
    /// Refuses values outside their limits.
    pub(super) fn check_range(&self) -> Result<(), Rejection> {
        let within = |count: usize, max: usize| (1..=max).contains(&count);
        if !within(self.lines.len(), LINES_PER_ORDER_MAX) {
            let max = LINES_PER_ORDER_MAX as i64;
            return Err(Rejection::OutOfRange { field: Field::Lines, min: 1, max });
        }
        if !self.lines.iter().all(|line| (1..=UNITS_MAX).contains(&line.quantity)) {
            let max = i64::from(UNITS_MAX);
            return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max });
        }
        if let Pay::Card(Some(PaymentMethod(method))) = &self.pay
            && !within(method.len(), PAYMENT_METHOD_BYTES_MAX)
        {
            let max = PAYMENT_METHOD_BYTES_MAX as i64;
            return Err(Rejection::OutOfRange { field: Field::PaymentMethod, min: 1, max });
        }
        Ok(())
    }

    /// The other shards' part, from receipts that hold exactly what is ordered of them.
    pub(super) fn price_receipts(&self, ctx: &Ctx<'_, '_>) -> Result<Prices, Rejection> {
        let mut prices = Prices::new();
        let mut held: BTreeMap<ProductId, u64> = BTreeMap::new();
        let lines = self
            .receipts
            .iter()
            .flat_map(|receipt| receipt.lines.iter().map(|line| (receipt.shard, line)));
        for (shard, line) in lines {
            let home = ctx.shard.topology.of_product(line.product);
            let pinned = prices.entry(line.product).or_insert_with(|| line.clone());
            let same = pinned.unit_price == line.unit_price && pinned.version == line.version;
            if shard != home || home == ctx.shard.id || !same {
                return Err(Rejection::Aborted);
            }
            let units = held.entry(line.product).or_default();
            *units = units.saturating_add(u64::from(line.quantity));
        }
        let elsewhere = self.lines_in(ctx, |shard| shard != ctx.shard.id);
        if !held.into_iter().eq(inventory::add_up(&elsewhere)) {
            return Err(Rejection::Aborted);
        }
        for HeldLine { product, unit_price, .. } in prices.values() {
            let (product, Money { amount, currency }) = (*product, *unit_price);
            if currency != self.currency {
                return Err(Rejection::CurrencyMismatch { product, actual: currency });
            }
            if !(0..=Money::AMOUNT_MAX).contains(&amount) {
                let (field, max) = (Field::Price, Money::AMOUNT_MAX);
                return Err(Rejection::OutOfRange { field, min: 0, max });
            }
        }
        Ok(prices)
    }

    /// This shard's part: holds its units, or commits them at once.
    pub(super) fn hold_own(
        &self,
        ctx: &mut Ctx<'_, '_>,
        state: HoldState,
        prices: &mut Prices,
    ) -> Result<(), Stop> {
        let own = self.lines_in(ctx, |shard| shard == ctx.shard.id);
        if own.is_empty() {
            return Ok(());
        }
        let hold = HoldRef::Order(self.order);
        let new = NewHold { hold, lines: &own, currency: self.currency, state, timer_ms: None };
        let (hold, _) = inventory::hold_units(ctx, &new).map_err(|stop| match stop {
            // Somebody held other units in the order's name, or ended them: not this order's.
            Stop::Rejected(Rejection::HoldEnded | Rejection::AlreadyExists) => {
                Stop::Rejected(Rejection::Aborted)
            }
            stop => stop,
        })?;
        prices.extend(hold.lines.into_iter().map(|line| (line.product, line)));
        Ok(())
    }

    /// The order's lines in the customer's order, with their prices, and what they cost.
    pub(super) fn price_lines(&self, prices: &Prices) -> Result<(Vec<OrderLine>, i64), Rejection> {
        let mut total = 0_i128;
        let mut lines = Vec::with_capacity(self.lines.len());
        for &HoldLine { product, quantity } in &self.lines {
            let held = prices.get(&product).ok_or(Rejection::Aborted)?.clone();
            let line = OrderLine { quantity, ..OrderLine::from(held) };
            total += i128::from(line.unit_price) * i128::from(quantity);
            lines.push(line);
        }
        let max = Money::AMOUNT_MAX;
        let total = i64::try_from(total).ok().filter(|total| *total <= max);
        let total = total.ok_or(Rejection::OutOfRange { field: Field::Total, min: 0, max })?;
        match self.expected_total {
            Some(expected) if expected != total => {
                Err(Rejection::PriceChanged { expected, actual: total })
            }
            _ => Ok((lines, total)),
        }
    }

    fn lines_in(&self, ctx: &Ctx<'_, '_>, wanted: impl Fn(ShardId) -> bool) -> Vec<HoldLine> {
        let shard_of = |line: &HoldLine| ctx.shard.topology.of_product(line.product);
        self.lines.iter().filter(|line| wanted(shard_of(line))).copied().collect()
    }
}
