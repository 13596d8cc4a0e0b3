//! Time as a command: fires what is overdue, and forgets what has served its time.
//!
//! A timer fires once: its row goes before it acts. Those of holds are put off by the outages since
//! they were armed, so that nothing lapses because there was no leader. Firing never refuses.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::cart;
use crate::command::Reply;
use crate::dedup;
use crate::due::{self, Timer, TimerKind};
use crate::fault::Fault;
use crate::feed;
use crate::ids::OrderId;
use crate::inventory::{self, ASK_AFTER_MS, HoldRef};
use crate::keys::Key;
use crate::order;
use crate::outbox::Message;
use crate::payment;

/// The most old requests, and the most old feed entries, that one pulse deletes.
pub const TRIM_ROWS_MAX: usize = 1_000;

/// Fires overdue timers and trims memory, a bounded number at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// The most timers one command fires, so that apply stays short. 0 counts as 1.
    pub limit: u16,
}

impl Pulse {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let limit = usize::from(self.limit.max(1));
        let timers = due::overdue(ctx.txn, ctx.clock, limit)?;
        let mut more = timers.len() == limit;
        if !more {
            ctx.clock.timers_from = ctx.now();
        }
        let mut fired = 0;
        for (at, timer) in timers {
            if take(ctx, at, &timer)? {
                fired += 1;
            }
        }
        let now = ctx.now();
        more |= dedup::trim(ctx.txn, now, TRIM_ROWS_MAX)? == TRIM_ROWS_MAX;
        more |= feed::retention::trim(ctx.txn, now, TRIM_ROWS_MAX)? == TRIM_ROWS_MAX;
        Ok(Reply::Pulsed { fired, more })
    }
}

/// Fires a timer, or puts it off. Says whether it has fired: one before it in the same pulse may
/// have disarmed it.
fn take(ctx: &mut Ctx<'_, '_>, at: u64, timer: &Timer) -> Result<bool, Fault> {
    let row = Key::Due { at, timer: timer.clone() };
    if !ctx.txn.has(&row)? {
        return Ok(false);
    }
    ctx.txn.delete(&row);
    let later = at.saturating_add(timer.extension_ms(ctx.clock));
    if later > ctx.now() {
        put_off(ctx, later, timer.kind)?;
        return Ok(false);
    }
    fire(ctx, timer.kind)?;
    Ok(true)
}

/// Arms a timer of a hold again, where its owner finds it.
fn put_off(ctx: &mut Ctx<'_, '_>, at: u64, kind: TimerKind) -> Result<(), Fault> {
    let pending = match kind {
        TimerKind::ExpireHold(hold) => inventory::retime_hold(ctx, HoldRef::Free(hold), at)?,
        TimerKind::OrderHold(id) => order::retime_hold(ctx, id, at)?,
        // No other timer waits: `Timer::extension_ms` says so.
        _ => false,
    };
    if pending {
        ctx.arm(at, kind);
    }
    Ok(())
}

fn fire(ctx: &mut Ctx<'_, '_>, kind: TimerKind) -> Result<(), Fault> {
    match kind {
        TimerKind::AskOrder(id) => ask_order(ctx, id),
        TimerKind::ExpireHold(hold) => {
            inventory::release_units(ctx, HoldRef::Free(hold))?;
            Ok(())
        }
        TimerKind::ForgetHold(hold) => inventory::forget_hold(ctx, hold),
        TimerKind::ForgetIdempotency(key) => {
            ctx.txn.delete(&Key::Idempotency(key));
            Ok(())
        }
        TimerKind::ForgetPaymentEvent(event) => {
            payment::forget_event(ctx.txn, event);
            Ok(())
        }
        TimerKind::OrderHold(_)
        | TimerKind::Reconcile(_)
        | TimerKind::AuthExpiry(_)
        | TimerKind::FulfillSla(_)
        | TimerKind::Repay(_)
        | TimerKind::Deliver(_)
        | TimerKind::ReturnWindow(_)
        | TimerKind::RefundPending(_)
        | TimerKind::ReturnShip(_)
        | TimerKind::ForgetDecision(_)
        | TimerKind::ForgetOrderKey { .. } => order::timer_fired(ctx, kind),
        TimerKind::Cart(id) => cart::timer_fired(ctx, id),
        TimerKind::Orphan(id) => payment::orphan_due(ctx, id),
        TimerKind::Relevel { location, from } => inventory::relevel(ctx, location, from),
    }
}

/// Asks the customer's shard why units are held; asks again later unless that settles it.
fn ask_order(ctx: &mut Ctx<'_, '_>, id: OrderId) -> Result<(), Fault> {
    let here = ctx.shard.id;
    let there = ctx.shard.topology.of_order(id);
    if there == here {
        order::resolve(ctx, id, here)?;
    } else {
        ctx.send(there, Message::AskOrder { order: id, from: here });
    }
    let again = ctx.now().saturating_add(ASK_AFTER_MS);
    if inventory::retime_hold(ctx, HoldRef::Order(id), again)? {
        ctx.arm(again, TimerKind::AskOrder(id));
    }
    Ok(())
}
