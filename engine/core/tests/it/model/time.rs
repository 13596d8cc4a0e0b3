//! What is expected when time passes: nothing happens early, and nothing is forgotten too soon.
//!
//! When exactly a timer fires depends on pulses and outages. So the engine says what has fired, and
//! the outside world says whether it could, and whether it had to.

use engine_core::inventory::{HoldRef, HoldState, MARKER_RETENTION_MS};
use engine_core::order::{Decision, Order as Row};
use engine_core::{OrderId, Rejection, ShardId, read};

use super::naive::{Hold, Model, Order, Stage, Why};
use super::shop::Shop;

impl Model {
    /// A shard's pulse has fired what was overdue; all of it, if it was thorough.
    pub fn pulsed(&mut self, shop: &Shop, shard: ShardId, thorough: bool) {
        let rows = shop.rows(shard);
        let now = self.now(shard);
        let outage = read::clock(rows).unwrap().outage_ms;
        self.pay_or_expire(shop, shard, |until| thorough && until + outage <= now);
        self.work_pulsed(shop, shard, thorough);
        let names: Vec<_> = self.holds.keys().filter(|(at, _)| *at == shard).copied().collect();
        for (_, name) in names {
            self.hold_pulsed(shop, shard, name, |until| thorough && until + outage <= now);
        }
        self.forget(shop, shard, now);
        self.carts_pulsed(shop, shard, thorough);
    }

    fn pay_or_expire(&mut self, shop: &Shop, shard: ShardId, overdue: impl Fn(u64) -> bool) {
        let (rows, now) = (shop.rows(shard), self.now(shard));
        let topology = self.topology;
        let here = |id: &OrderId| topology.of_order(*id) == shard;
        let mut free = Vec::new();
        for (id, order) in self.orders.iter_mut().filter(|(id, _)| here(id)) {
            let Some(until) = order.pay_until.filter(|_| order.stage == Stage::Pending) else {
                continue;
            };
            let row = read::order(rows, *id, &read::Whose::Anybody).unwrap().expect("an order");
            if row.timers.hold.is_some() {
                assert!(!overdue(until), "{id} should be over: {row:#?}\n{order:#?}");
                continue;
            }
            assert!(until <= now, "{id} is over too early: {row:#?}\n{order:#?}");
            if time_is_over(order, &row) {
                free.push(*id);
            }
        }
        free.into_iter().for_each(|id| self.settle_own(id, HoldState::Released));
    }

    fn hold_pulsed(
        &mut self,
        shop: &Shop,
        shard: ShardId,
        name: HoldRef,
        overdue: impl Fn(u64) -> bool,
    ) {
        let now = self.now(shard);
        let row = read::hold(shop.rows(shard), name).unwrap();
        let hold = self.holds[&(shard, name)].clone();
        let Some(row) = row else {
            let over = hold.state == HoldState::Released && hold.until <= now;
            assert!(over && !hold.is_kept(), "{name:?} is forgotten too early");
            self.holds.remove(&(shard, name));
            return;
        };
        let lapsed = row.state == HoldState::Released && hold.state == HoldState::Held;
        match name {
            _ if hold.state != HoldState::Held => {}
            HoldRef::Free(_) if lapsed => {
                assert!(hold.until <= now, "{name:?} lapses too early");
                self.lapse(shard, name, now);
            }
            HoldRef::Free(_) => assert!(!overdue(hold.until), "{name:?} should have lapsed"),
            HoldRef::Order(order) if lapsed => {
                assert!(self.home(order) == shard, "nobody decided that {order} gives units back");
                assert!(self.resolve(order, shard), "{order} lives, and lost its units");
                self.lapse(shard, name, now);
            }
            HoldRef::Order(_) => {}
        }
    }

    fn lapse(&mut self, shard: ShardId, name: HoldRef, now: u64) {
        let until = now + MARKER_RETENTION_MS;
        let ended = self.holds.get(&(shard, name)).map(|hold| hold.end(until));
        self.holds.insert((shard, name), ended.unwrap_or(Hold::ended(until)));
    }

    /// Keys and decisions are kept as long as was promised.
    fn forget(&mut self, shop: &Shop, shard: ShardId, now: u64) {
        let (rows, topology) = (shop.rows(shard), self.topology);
        self.keys.retain(|(owner, key), result| {
            if topology.of_owner(owner) != shard {
                return true;
            }
            let kept = read::key_result(rows, owner, *key).unwrap().is_some();
            assert!(kept || result.until <= now, "key {key:x} is forgotten too early");
            kept
        });
        self.decisions.retain(|order, (told, until)| {
            if topology.of_order(*order) != shard {
                return true;
            }
            let decision = read::decision(rows, *order).unwrap();
            if let Some(decision) = &decision {
                let same = match decision {
                    Decision::Refused(rejection) => rejection == told,
                    Decision::Aborted => *told == Rejection::Aborted,
                };
                assert!(same, "{order}: {decision:?}, not {told:?}");
            }
            assert!(decision.is_some() || *until <= now, "{order} is forgotten too early");
            decision.is_some()
        });
    }
}

/// The payment has taken too long. Says whether the units are free at once.
fn time_is_over(order: &mut Order, row: &Row) -> bool {
    order.pay_until = None;
    // An order that a person must look at may be known or not: the engine says.
    let unknown = if order.odd { row.ending.is_none() } else { order.unknown };
    if unknown {
        return false;
    }
    if order.intent.is_none() {
        order.stage = Stage::Ended(Why::Expired);
        return true;
    }
    order.stage = Stage::Canceling(Why::Expired);
    false
}
