//! How each story ends: the network is back, the provider answers truly, and time passes. Then
//! nothing is stuck, no unit is lost, and the money is where the orders say it is.

use engine_core::inventory::{HoldRef, HoldState};
use engine_core::{Settle, ShardId, outbox, read};

use super::naive::{Hold, Order, Stage};
use super::world::World;
use crate::transitions;

/// How many rounds a story may take to come to its end.
const ROUNDS_MAX: u32 = 60;
/// In how many of them customers pay once more for what could not be captured.
const PAYING_ROUNDS: u32 = 12;

impl World {
    /// Plays on until nothing is pending, then compares everything with everything.
    pub fn finish(&mut self) {
        self.carts.clear();
        for answer in std::mem::take(&mut self.late) {
            self.settle(answer);
        }
        // What shards have heard of locations takes a pulse to come to all products.
        self.deliver_all();
        self.live(1);
        let mut rounds = 0;
        while self.is_pending() {
            rounds += 1;
            let stuck = (self.pending_orders(), self.undecided_holds(), self.orphans_left());
            assert!(rounds <= ROUNDS_MAX, "stuck: {stuck:#?}");
            self.deliver_all();
            self.answer_all();
            if rounds <= PAYING_ROUNDS {
                self.pay_lost();
            }
            let undecided = !self.pending_orders().is_empty() || !self.undecided_holds().is_empty();
            let waiting_for_money = undecided && self.is_held();
            self.live(if waiting_for_money { 40 } else { 7 });
            if !waiting_for_money {
                // Questions about unknown outcomes come more and more seldom.
                let bank = rounds.is_multiple_of(10);
                self.now += if bank { 11 * 24 * 3_600_000 } else { 2 * 3_600_000 };
            }
            self.deliver_all();
        }
        assert!(self.model.shopping.are_settled(), "a guest's cart is lost");
        self.compare_locations();
        self.compare_units();
        self.compare_ledger();
        self.mail_all();
        self.compare_orphans();
        let found = self.shop.check_across().unwrap();
        assert!(found.is_empty(), "{found:#?}");
        self.shop.check_replica().unwrap();
        for shard in self.shop.shards() {
            transitions::note(self.shop.rows(shard));
        }
    }

    fn answer_all(&mut self) {
        for shard in self.shop.shards() {
            for (effect, made) in
                outbox::provider_calls(self.shop.rows(shard), None, usize::MAX).unwrap()
            {
                let known = |intent| self.provider.knows(intent);
                if made.call.intent().is_none_or(known) {
                    let result = self.provider.call(&mut self.rng, effect, &made.call);
                    self.settle(Settle { effect, result });
                }
            }
        }
        for _ in 0..10 {
            self.provider.something_happens(&mut self.rng);
        }
    }

    /// Calls about intents that the provider never had are never answered.
    fn is_settled(&self, order: &Order) -> bool {
        let ended = match order.stage {
            Stage::Confirmed => !order.wish,
            Stage::Ended(_) => true,
            _ => false,
        };
        order.odd || order.lied_to || (ended && order.after.is_settled())
    }

    fn pending_orders(&self) -> Vec<&Order> {
        self.model.orders.values().filter(|order| !self.is_settled(order)).collect()
    }

    fn is_held(&self) -> bool {
        let held = |order: &&Order| !order.odd && order.stage == Stage::Pending;
        self.model.orders.values().any(|order| held(&order) && order.pay_until.is_some())
            || self.model.holds.iter().any(|((_, name), hold)| {
                matches!(name, HoldRef::Free(_)) && hold.state == HoldState::Held
            })
    }

    fn is_pending(&self) -> bool {
        let waiting = self.pairs().into_iter().any(|(from, to)| {
            let delivered = outbox::delivered(self.shop.rows(to), from).unwrap();
            delivered < outbox::sent(self.shop.rows(from), to).unwrap()
        });
        let undecided = !self.undecided_holds().is_empty() || self.orphans_pend();
        waiting || undecided || !self.pending_orders().is_empty()
    }

    fn undecided_holds(&self) -> Vec<(&(ShardId, HoldRef), &Hold)> {
        let undecided = self.model.holds.iter().filter(|((_, name), hold)| match name {
            HoldRef::Free(_) => hold.state == HoldState::Held,
            HoldRef::Order(id) => {
                let lives = self.model.orders.get(id).is_some_and(Order::has_units);
                hold.state != HoldState::Released && !lives
            }
        });
        undecided.collect()
    }

    /// The units taken are those of confirmed orders, and of holds that somebody committed.
    fn compare_units(&self) {
        for product in self.model.products.keys() {
            let shard = self.model.topology.of_product(*product);
            let stock = read::stock(self.shop.rows(shard), *product).unwrap().expect("a level");
            let sum = |wanted: fn(&Order) -> bool| {
                let orders = self.model.orders.values().filter(|order| wanted(order));
                let lines = orders.flat_map(|order| &order.lines);
                let lines = lines.filter(|line| line.product == *product);
                lines.map(|line| u64::from(line.quantity)).sum::<u64>()
            };
            let held = sum(|order| matches!(order.stage, Stage::Pending | Stage::Canceling(_)));
            let free = self.model.holds.iter().filter(|((_, name), hold)| {
                matches!(name, HoldRef::Free(_)) && hold.state == HoldState::Committed
            });
            let free = free.filter_map(|(_, hold)| hold.lines.get(product));
            let committed =
                self.model.committed(*product) + free.map(|line| u64::from(line.0)).sum::<u64>();
            assert_eq!((u64::from(stock.held), u64::from(stock.committed)), (held, committed));
            let gone = self.model.gone.get(product).copied().unwrap_or(0);
            assert_eq!(gone, self.model.should_be_gone(*product), "{product}");
        }
    }

    /// No money without an order, no confirmed order without its money, and none twice.
    fn compare_ledger(&self) {
        for (id, order) in self.model.orders.iter().filter(|(_, o)| !o.odd && !o.lied_to) {
            let theirs = self.provider.intents.values().filter(|ledger| ledger.order == *id);
            let theirs: Vec<_> = theirs.collect();
            let ledger = theirs.iter().find(|it| Some(&it.intent.id) == order.intent.as_ref());
            let status = ledger.map(|ledger| ledger.intent.status);
            let kept: i64 = theirs.iter().map(|it| it.intent.received - it.refunded).sum();
            let authorized: i64 = theirs.iter().map(|it| it.intent.capturable).sum();
            match order.stage {
                Stage::Confirmed if order.on_account || order.total == 0 => {
                    assert!(theirs.is_empty());
                }
                // Of a new payment nothing is there yet, and of the old one nothing any more.
                Stage::Confirmed if order.intent.is_none() => {
                    assert_eq!((kept, authorized), (0, 0), "{id}: {order:#?}");
                }
                Stage::Confirmed => {
                    let ledger = ledger.expect("a confirmed order has its intent");
                    assert_eq!((kept, authorized), order.after.money(ledger), "{id}: {order:#?}");
                }
                _ => assert_eq!((kept, authorized), (0, 0), "{id}: {order:#?}, {status:?}"),
            }
        }
    }
}
