//! I17: an owner has one open cart at most, which the owner's account names; a consumed cart has an
//! order of its owner, which no other cart has; and every cart has its timer.

use std::collections::BTreeSet;

use super::{Violation, each, timers, violation};
use crate::cart::{Account, Cart, CartState};
use crate::codec::decode;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::keys::{Key, prefixed};
use crate::order::Order;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut timers = timers(view, |kind| matches!(kind, TimerKind::Cart(_)))?;
    let (mut open, mut named) = (0_u64, 0_u64);
    let mut consumers = BTreeSet::new();
    each(view, prefixed(b"ca"), |_, value| {
        let cart: Cart = decode(value)?;
        let mut wrong = |what: String| violation(found, "I17", format!("{}: {what}", cart.id));
        let armed = timers.remove(&TimerKind::Cart(cart.id));
        if armed != Some(cart.timer_at) {
            wrong(format!("its timer is armed for {armed:?}, not {}", cart.timer_at));
        }
        let account: Option<Account> = view.read(&Key::Account(cart.owner.hash()))?;
        let is_named = account.as_ref().is_some_and(|account| account.cart == Some(cart.id));
        if is_named != (cart.state == CartState::Open) {
            wrong(format!("it is {:?}; its owner's: {is_named}", cart.state));
        }
        match cart.state {
            CartState::Open => open += 1,
            CartState::Consumed(order) => {
                let placed: Option<Order> = view.read(&Key::Order(order))?;
                if placed.is_none_or(|placed| placed.owner != cart.owner) {
                    wrong(format!("it was consumed by {order}, which is not its owner's"));
                }
                if !consumers.insert(order) {
                    wrong(format!("it was consumed by {order}, as another cart was"));
                }
            }
            CartState::Merged(_) | CartState::Expired => {}
        }
        Ok(())
    })?;
    each(view, prefixed(b"ac"), |_, value| {
        let account: Account = decode(value)?;
        named += u64::from(account.cart.is_some());
        if account.merged_into.is_some() && account.cart.is_some() {
            violation(found, "I17", format!("{} is merged and has a cart", account.owner));
        }
        Ok(())
    })?;
    if open != named {
        violation(found, "I17", format!("{open} carts are open, {named} are named"));
    }
    for (kind, at) in timers {
        violation(found, "I17", format!("{kind:?} is armed for {at} without its cart"));
    }
    Ok(())
}
