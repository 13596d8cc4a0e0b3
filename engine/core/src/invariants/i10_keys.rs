//! I10: a key has exactly one result, an order exactly one decision, and an event of the provider's
//! is noted once, until it is forgotten.

use super::{Violation, each, timers, violation};
use crate::codec::decode;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::{OrderId, Slot};
use crate::keys::{Key, prefixed};
use crate::order::KeyResult;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut timers = timers(view, |kind| {
        use TimerKind::{ForgetDecision, ForgetIdempotency, ForgetOrderKey, ForgetPaymentEvent};
        matches!(
            kind,
            ForgetDecision(_)
                | ForgetIdempotency(_)
                | ForgetOrderKey { .. }
                | ForgetPaymentEvent(_)
        )
    })?;
    let mut forgets = |found: &mut Vec<Violation>, kind| {
        if timers.remove(&kind).is_none() {
            violation(found, "I10", format!("{kind:?} is not armed"));
        }
    };
    each(view, prefixed(b"ke"), |key, value| {
        let [owner, hash] = [part(key, 2)?, part(key, 18)?];
        let result: KeyResult = decode(value)?;
        let placed = view.get(&Key::Order(result.order).encode())?.is_some();
        if placed == result.refused.is_some() {
            let what = format!("key {hash:032x} led to {result:?}; its order exists: {placed}");
            violation(found, "I10", what);
        }
        forgets(found, TimerKind::ForgetOrderKey { owner, key: hash });
        Ok(())
    })?;
    each(view, prefixed(b"de"), |key, _| {
        let slot = key.get(2..4).and_then(|slot| slot.first_chunk()).copied();
        let slot = slot.ok_or_else(|| Fault::contradiction("a short decision key"))?;
        let order = OrderId { slot: Slot(u16::from_be_bytes(slot)), hash: part(key, 4)? };
        if view.get(&Key::Order(order).encode())?.is_some() {
            violation(
                found,
                "I10",
                format!("{order} exists, and it was decided that it never will"),
            );
        }
        forgets(found, TimerKind::ForgetDecision(order));
        Ok(())
    })?;
    each(view, prefixed(b"ik"), |key, _| {
        forgets(found, TimerKind::ForgetIdempotency(part(key, 2)?));
        Ok(())
    })?;
    each(view, prefixed(b"pe"), |key, _| {
        forgets(found, TimerKind::ForgetPaymentEvent(part(key, 2)?));
        Ok(())
    })?;
    for (kind, at) in timers {
        violation(found, "I10", format!("{kind:?} is armed for {at}, with nothing to forget"));
    }
    Ok(())
}

fn part(key: &[u8], at: usize) -> Result<u128, Fault> {
    let part = key.get(at..at + 16).and_then(|part| part.first_chunk::<16>());
    part.map(|part| u128::from_be_bytes(*part)).ok_or_else(|| Fault::contradiction("a short key"))
}
