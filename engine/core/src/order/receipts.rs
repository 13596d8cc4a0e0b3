//! Checks what other shards hold against what is ordered, and prices the lines.

use std::collections::BTreeMap;

use super::{LINES_PER_ORDER_MAX, OrderLine, PlaceOrder, Receipt};
use crate::apply::{Ctx, Stop};
use crate::ids::{ProductId, PromotionId, ShardId};
use crate::inventory::{self, HeldLine, HoldLine, HoldRef, HoldState, NewHold, UNITS_MAX};
use crate::money::Money;
use crate::notice::Email;
use crate::payment::{PAYMENT_METHOD_BYTES_MAX, Pay, PaymentMethod};
use crate::pricing::{self, Item, Promotion, Quote, Terms, price};
use crate::rejection::{Field, Rejection};

/// What each product of the order costs.
type Prices = BTreeMap<ProductId, HeldLine>;

/// What is held for the order, here and elsewhere.
#[derive(Default)]
pub(super) struct Held {
    prices: Prices,
    /// The promotion of which a use is held.
    promotion: Option<Box<Promotion>>,
}

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
        self.terms.check()?;
        self.email.as_ref().map_or(Ok(()), Email::check)
    }

    /// The other shards' part, from receipts that hold exactly what is ordered of them.
    pub(super) fn price_receipts(&self, ctx: &Ctx<'_, '_>) -> Result<Held, Rejection> {
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
        Ok(Held { prices, promotion: self.held_elsewhere(ctx)? })
    }

    /// The promotion of which another shard holds a use: the one that counts its uses, and only if
    /// the order names it.
    fn held_elsewhere(&self, ctx: &Ctx<'_, '_>) -> Result<Option<Box<Promotion>>, Rejection> {
        let home = self.counted(ctx);
        let mut held = None;
        for Receipt { shard, promotion, .. } in &self.receipts {
            let Some(promotion) = promotion else { continue };
            let wanted = home == Some((*shard, promotion.id)) && *shard != ctx.shard.id;
            if !wanted || held.replace(promotion.clone()).is_some() {
                return Err(Rejection::Aborted);
            }
            promotion.details.check()?;
        }
        let elsewhere = home.is_some_and(|(shard, _)| shard != ctx.shard.id);
        if elsewhere == held.is_some() { Ok(held) } else { Err(Rejection::Aborted) }
    }

    /// Of a promotion with a limit: the shard that counts its uses.
    fn counted(&self, ctx: &Ctx<'_, '_>) -> Option<(ShardId, PromotionId)> {
        let promotion = self.terms.promotion.as_ref();
        let limited = promotion.filter(|promotion| promotion.details.usage_limit.is_some())?;
        Some((ctx.shard.topology.of_promotion(limited.id), limited.id))
    }

    /// This shard's part: holds its units, or commits them at once.
    pub(super) fn hold_own(
        &self,
        ctx: &mut Ctx<'_, '_>,
        state: HoldState,
        held: &mut Held,
    ) -> Result<(), Stop> {
        let own = self.lines_in(ctx, |shard| shard == ctx.shard.id);
        let counts = self.counted(ctx).is_some_and(|(shard, _)| shard == ctx.shard.id);
        let promotion = self.terms.promotion.as_ref().filter(|_| counts);
        if own.is_empty() && promotion.is_none() {
            return Ok(());
        }
        let (hold, currency) = (HoldRef::Order(self.order), self.currency);
        let new = NewHold { hold, lines: &own, currency, state, timer_ms: None, promotion };
        let (hold, _) = inventory::hold_units(ctx, &new).map_err(|stop| match stop {
            // Somebody held other units in the order's name, or ended them: not this order's.
            Stop::Rejected(Rejection::HoldEnded | Rejection::AlreadyExists) => {
                Stop::Rejected(Rejection::Aborted)
            }
            stop => stop,
        })?;
        held.prices.extend(hold.lines.into_iter().map(|line| (line.product, line)));
        held.promotion = held.promotion.take().or(hold.promotion);
        Ok(())
    }

    /// The order's lines in the customer's order, and what it all costs.
    pub(super) fn price_lines(
        &self,
        held: &Held,
        now: u64,
    ) -> Result<(Vec<OrderLine>, Quote), Rejection> {
        let mut items = Vec::with_capacity(self.lines.len());
        let mut lines = Vec::with_capacity(self.lines.len());
        for &HoldLine { product, quantity } in &self.lines {
            let line = held.prices.get(&product).ok_or(Rejection::Aborted)?;
            items.push(Item {
                unit_price: line.unit_price.amount,
                quantity,
                weight_grams: line.weight_grams,
                tax_category: &line.tax_category,
            });
            lines.push(OrderLine { quantity, ..OrderLine::from(line.clone()) });
        }
        let quote = match &held.promotion {
            // The shard that counts the uses may know a later definition.
            Some(promotion) => {
                let promotion = Some(promotion.as_ref().clone());
                let terms = Terms { promotion, ..(*self.terms).clone() };
                let mut quote = price(&items, self.currency, &terms, now)?;
                quote.pricing.promotion.iter_mut().for_each(|applied| applied.limited = true);
                quote
            }
            None => price(&items, self.currency, &self.terms, now)?,
        };
        for (line, amounts) in lines.iter_mut().zip(&quote.lines) {
            (line.discount, line.tax) = (amounts.discount, amounts.tax.clone());
        }
        Ok((lines, quote))
    }

    /// Refuses a promotion that the owner's live orders have as often as they may.
    pub(super) fn check_uses(&self, ctx: &Ctx<'_, '_>, held: &Held) -> Result<(), Stop> {
        let promotion = held.promotion.as_deref().or(self.terms.promotion.as_ref());
        let Some(promotion) = promotion else { return Ok(()) };
        let Some(limit) = promotion.details.usage_limit_per_customer else { return Ok(()) };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let uses = pricing::rows::count_owner_uses(ctx.txn, &self.owner, promotion.id, limit)?;
        if uses < limit {
            return Ok(());
        }
        Err(Rejection::PromotionUsedUp { per_customer: true }.into())
    }

    /// Refuses another total than the customer agreed to.
    pub(super) fn check_total(&self, actual: i64) -> Result<(), Rejection> {
        match self.expected_total {
            Some(expected) if expected != actual => {
                Err(Rejection::PriceChanged { expected, actual })
            }
            _ => Ok(()),
        }
    }

    fn lines_in(&self, ctx: &Ctx<'_, '_>, wanted: impl Fn(ShardId) -> bool) -> Vec<HoldLine> {
        let shard_of = |line: &HoldLine| ctx.shard.topology.of_product(line.product);
        self.lines.iter().filter(|line| wanted(shard_of(line))).copied().collect()
    }
}
