//! Takes, commits and gives back the units of one hold, in this shard.
//!
//! [`hold_units`] is all or nothing and checks before it writes. [`commit_units`] and
//! [`release_units`] never refuse: they answer what the hold was, and do nothing where they do not
//! apply, so that a repeated message is harmless. Each arms or disarms the hold's one timer.

use super::places::Level;
use super::{
    HOLD_MS_MAX, HeldLine, Hold, HoldLine, HoldRef, HoldState, MARKER_RETENTION_MS, UNITS_MAX, rows,
};
use crate::apply::{Ctx, Stop};
use crate::catalog::{self, ForSale};
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::ProductId;
use crate::money::Currency;
use crate::order::LINES_PER_ORDER_MAX;
use crate::pricing::{Promotion, commit_use, give_use_back, take_use};
use crate::rejection::{Field, Rejection, ShortLine};

/// A hold to be taken.
pub(crate) struct NewHold<'a> {
    pub hold: HoldRef,
    /// Quantities of one product are added up.
    pub lines: &'a [HoldLine],
    /// What every product must be sold in.
    pub currency: Currency,
    /// `Held`, or `Committed` for an order that is confirmed as it is placed.
    pub state: HoldState,
    /// After which time its timer fires, in milliseconds: 1 to `HOLD_MS_MAX`. None for units whose
    /// order, in this very shard, has timers of its own.
    pub timer_ms: Option<u64>,
    /// The promotion of which a use is taken with them.
    pub promotion: Option<&'a Promotion>,
}

/// Takes the units of all lines, or none; tells the hold, and whether it was there already.
///
/// Refused, in this order: `HoldEnded`, `AlreadyExists` (a hold of this name, with other lines),
/// `OutOfRange` (lines, quantity, time), `Malformed` (promotion), `ProductNotFound`,
/// `ProductArchived`, `CurrencyMismatch`, `OutOfStock` with every short line, `PromotionUsedUp`. An
/// existing hold is committed if that is what is wanted.
pub(crate) fn hold_units(ctx: &mut Ctx<'_, '_>, new: &NewHold<'_>) -> Result<(Hold, bool), Stop> {
    let wanted = add_up(new.lines);
    if let Some(hold) = rows::hold(ctx.txn, new.hold)? {
        return Ok((repeated(ctx, new, &wanted, hold)?, true));
    }
    check_range(new)?;
    let mut levels = Vec::with_capacity(wanted.len());
    let lines = price(ctx, new, &wanted, &mut levels)?;
    let taken = new.promotion.map(|promotion| take_use(ctx, promotion, new.state)).transpose()?;
    let mut shares = Vec::new();
    for (line, mut level) in lines.iter().zip(levels) {
        level.take((line.product, line.quantity), new.state, &mut shares);
        rows::put_level(ctx, line.product, level);
    }
    let timer = timer_kind(new.hold, new.state).zip(new.timer_ms);
    let timer_at = timer.map_or(0, |(_, ms)| ctx.now().saturating_add(ms));
    if let Some((kind, _)) = timer {
        ctx.arm(timer_at, kind);
    }
    let promotion = taken.map(Box::new);
    let hold = Hold { state: new.state, timer_at, lines, promotion, shares };
    rows::put_hold(ctx.txn, new.hold, &hold);
    Ok((hold, false))
}

/// Turns held units into committed ones. Says what the hold was, if there is one.
pub(crate) fn commit_units(
    ctx: &mut Ctx<'_, '_>,
    name: HoldRef,
) -> Result<Option<HoldState>, Fault> {
    let Some(mut hold) = rows::hold(ctx.txn, name)? else { return Ok(None) };
    let before = hold.state;
    if before == HoldState::Held {
        commit(ctx, name, &mut hold)?;
    }
    Ok(Some(before))
}

/// Frees units, held or committed, and leaves a marker; also for a hold that was never taken, so
/// that a late `HoldStock` cannot take it. Says what the hold was, if there is one.
pub(crate) fn release_units(
    ctx: &mut Ctx<'_, '_>,
    name: HoldRef,
) -> Result<Option<HoldState>, Fault> {
    let hold = rows::hold(ctx.txn, name)?;
    let before = hold.as_ref().map(|hold| hold.state);
    if before == Some(HoldState::Released) {
        return Ok(before);
    }
    let mut sent = Vec::new();
    if let Some(hold) = hold {
        for line in &hold.lines {
            let mut level = rows::level_of(ctx.txn, line.product)?;
            hold.parts(line).into_iter().try_for_each(|part| level.give(hold.state, part))?;
            rows::put_level(ctx, line.product, level);
        }
        sent = hold.sent();
        if let Some(promotion) = &hold.promotion {
            give_use_back(ctx, promotion.id, hold.state)?;
        }
        disarm(ctx, name, &hold);
    }
    let timer_at = ctx.now().saturating_add(MARKER_RETENTION_MS);
    rows::put_hold(ctx.txn, name, &Hold { shares: sent, ..Hold::marker(timer_at) });
    ctx.arm(timer_at, TimerKind::ForgetHold(name));
    Ok(before)
}

/// Forgets the marker of an ended hold: its timer has fired. One that knows from where units were
/// sent is kept as long as some of them may come back.
pub(crate) fn forget_hold(ctx: &mut Ctx<'_, '_>, name: HoldRef) -> Result<(), Fault> {
    let marker = rows::hold(ctx.txn, name)?.filter(|hold| hold.state == HoldState::Released);
    match marker {
        Some(marker) if !marker.shares.is_empty() => {
            rows::put_hold(ctx.txn, name, &Hold { timer_at: 0, ..marker });
        }
        Some(_) => rows::delete_hold(ctx.txn, name),
        None => {}
    }
    Ok(())
}

/// Notes that the timer of held units is armed for another time. Says whether they are still held.
pub(crate) fn retime_hold(ctx: &mut Ctx<'_, '_>, name: HoldRef, at: u64) -> Result<bool, Fault> {
    let Some(mut hold) = rows::hold(ctx.txn, name)? else { return Ok(false) };
    if hold.state != HoldState::Held {
        return Ok(false);
    }
    hold.timer_at = at;
    rows::put_hold(ctx.txn, name, &hold);
    Ok(true)
}

/// What a repeat finds.
fn repeated(
    ctx: &mut Ctx<'_, '_>,
    new: &NewHold<'_>,
    wanted: &[(ProductId, u64)],
    mut hold: Hold,
) -> Result<Hold, Stop> {
    if hold.state == HoldState::Released {
        return Err(Rejection::HoldEnded.into());
    }
    let there = hold.lines.iter().map(|line| (line.product, u64::from(line.quantity)));
    let promotion = hold.promotion.as_ref().map(|promotion| promotion.id);
    if !there.eq(wanted.iter().copied()) || promotion != new.promotion.map(|it| it.id) {
        return Err(Rejection::AlreadyExists.into());
    }
    if new.state == HoldState::Committed && hold.state == HoldState::Held {
        commit(ctx, new.hold, &mut hold)?;
    }
    Ok(hold)
}

fn commit(ctx: &mut Ctx<'_, '_>, name: HoldRef, hold: &mut Hold) -> Result<(), Fault> {
    for line in &hold.lines {
        let mut level = rows::level_of(ctx.txn, line.product)?;
        hold.parts(line).into_iter().try_for_each(|part| level.commit(part))?;
        rows::put_level(ctx, line.product, level);
    }
    if let Some(promotion) = &hold.promotion {
        commit_use(ctx, promotion.id)?;
    }
    disarm(ctx, name, hold);
    hold.state = HoldState::Committed;
    hold.timer_at = 0;
    rows::put_hold(ctx.txn, name, hold);
    Ok(())
}

/// The pinned lines, and the levels they are taken from. Writes nothing.
fn price(
    ctx: &Ctx<'_, '_>,
    new: &NewHold<'_>,
    wanted: &[(ProductId, u64)],
    levels: &mut Vec<Level>,
) -> Result<Vec<HeldLine>, Stop> {
    let mut lines = Vec::with_capacity(wanted.len());
    let (mut gone, mut foreign, mut short) = (None, None, Vec::new());
    for &(product, requested) in wanted {
        let sale = catalog::for_sale(ctx.txn, product)?;
        let ForSale { version, archived, name, price, weight_grams, tax_category } =
            sale.ok_or(Rejection::ProductNotFound { product })?;
        if archived {
            gone.get_or_insert(Rejection::ProductArchived { product });
        }
        if price.currency != new.currency {
            let actual = price.currency;
            foreign.get_or_insert(Rejection::CurrencyMismatch { product, actual });
        }
        let level = rows::level_of(ctx.txn, product)?;
        let available = level.stock.available();
        let fits = u32::try_from(requested).ok().filter(|quantity| *quantity <= available);
        match fits {
            Some(quantity) => {
                lines.push(HeldLine {
                    product,
                    version,
                    name,
                    unit_price: price,
                    quantity,
                    weight_grams,
                    tax_category,
                });
                levels.push(level);
            }
            None => short.push(ShortLine { product, requested, available }),
        }
    }
    if let Some(rejection) = gone.or(foreign) {
        return Err(rejection.into());
    }
    if !short.is_empty() {
        return Err(Rejection::OutOfStock { lines: short }.into());
    }
    Ok(lines)
}

fn check_range(new: &NewHold<'_>) -> Result<(), Rejection> {
    // A shard that only counts the uses of a promotion has no lines.
    let count = usize::from(new.promotion.is_none())..=LINES_PER_ORDER_MAX;
    if !count.contains(&new.lines.len()) {
        let max = LINES_PER_ORDER_MAX as i64;
        return Err(Rejection::OutOfRange { field: Field::Lines, min: 1, max });
    }
    if new.lines.iter().any(|line| !(1..=UNITS_MAX).contains(&line.quantity)) {
        let max = i64::from(UNITS_MAX);
        return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max });
    }
    if new.timer_ms.is_some_and(|ms| !(1..=HOLD_MS_MAX).contains(&ms)) {
        let max = HOLD_MS_MAX as i64;
        return Err(Rejection::OutOfRange { field: Field::HoldMs, min: 1, max });
    }
    let counted = |promotion: &Promotion| promotion.details.usage_limit.is_some();
    let is_order = matches!(new.hold, HoldRef::Order(_));
    if new.promotion.is_some_and(|promotion| !is_order || !counted(promotion)) {
        return Err(Rejection::Malformed { field: Field::Promotion });
    }
    Ok(())
}

/// The units asked for of each product, in the order of the products' ids.
pub(crate) fn add_up(lines: &[HoldLine]) -> Vec<(ProductId, u64)> {
    let mut sums: Vec<_> =
        lines.iter().map(|line| (line.product, u64::from(line.quantity))).collect();
    sums.sort_unstable_by_key(|(product, _)| *product);
    sums.dedup_by(|next, sum| {
        let same = next.0 == sum.0;
        if same {
            sum.1 += next.1;
        }
        same
    });
    sums
}

/// Disarms the hold's timer, if it is armed.
pub(super) fn disarm(ctx: &mut Ctx<'_, '_>, name: HoldRef, hold: &Hold) {
    if let Some(kind) = timer_kind(name, hold.state).filter(|_| hold.timer_at != 0) {
        ctx.disarm(hold.timer_at, kind);
    }
}

/// The timer that a hold in this state has, if its `timer_at` is not 0.
pub(crate) fn timer_kind(name: HoldRef, state: HoldState) -> Option<TimerKind> {
    match (state, name) {
        (HoldState::Held, HoldRef::Order(order)) => Some(TimerKind::AskOrder(order)),
        (HoldState::Held, HoldRef::Free(hold)) => Some(TimerKind::ExpireHold(hold)),
        (HoldState::Released, name) => Some(TimerKind::ForgetHold(name)),
        (HoldState::Committed, _) => None,
    }
}
