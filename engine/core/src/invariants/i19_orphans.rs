//! I19: an intent that no order knows has a timer or one call pending, and each such call is about
//! it; none is asked for money back but by the call that its row knows.

use std::collections::BTreeMap;

use super::{Violation, each, timers, violation};
use crate::codec::decode;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::OrderId;
use crate::keys::{Key, prefixed};
use crate::outbox::{self, Call, ProviderCall};
use crate::payment::Orphan;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut timers = timers(view, |kind| matches!(kind, TimerKind::Orphan(_)))?;
    let mut calls = BTreeMap::<OrderId, Vec<(u32, Call)>>::new();
    each(view, prefixed(b"pc"), |key, value| {
        let (id, made) = (outbox::effect_of(key)?, decode::<ProviderCall>(value)?);
        calls.entry(id.order).or_default().push((id.number, made.call));
        Ok(())
    })?;
    each(view, prefixed(b"or"), |key, value| {
        let orphan: Orphan = decode(value)?;
        let id = orphan.id();
        if Key::Orphan(id).encode() != key {
            violation(found, "I19", format!("{:?} is kept under another id", orphan.intent));
        }
        let armed = timers.remove(&TimerKind::Orphan(id));
        let made = calls.remove(&id).unwrap_or_default();
        let is_its = |(number, call): &(u32, Call)| {
            *number < orphan.calls && call.intent() == Some(&orphan.intent)
        };
        let moves = armed.is_some() != (made.len() == 1) && made.len() <= 1;
        let over = !orphan.state.is_over() || made.is_empty() && orphan.open.is_none();
        if armed != orphan.due || !moves || !over || !made.iter().all(is_its) {
            let what = format!("{id}: armed for {armed:?}, calls {made:?}, but {orphan:?}");
            violation(found, "I19", what);
        }
        Ok(())
    })?;
    for (kind, at) in timers {
        violation(found, "I19", format!("{kind:?} is armed for {at} without its orphan"));
    }
    Ok(())
}
