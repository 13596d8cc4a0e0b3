//! The engine, the model and the provider side by side: every command goes to all who care.

use std::collections::BTreeMap;

use engine_core::inventory::{HoldRef, HoldState};
use engine_core::order::{Ending, Order as Row, Units};
use engine_core::outbox::{self, Message};
use engine_core::payment::{IntentId, PaymentState};
use engine_core::{
    Acknowledge, Applied, Command, Deliver, OrderId, Rejection, Reply, RetryPayment, Settle,
    ShardId, Stamp, Stamped, dedup, read,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cart::Cart;
use super::expect::{Expected, Told, compare, compare_shard};
use super::mails::Mails;
use super::naive::{Model, Stage, Why};
use super::policy::Low;
use super::provider::Provider;
use super::shop::Shop;
use super::trail::{self, Trail};

/// When the story begins, in Unix milliseconds.
const EPOCH_MS: u64 = 1_700_000_000_000;
/// How far a leader's clock may be off, in milliseconds.
const SKEW_MS: u64 = 3_000;
/// How many commands pass between two checks across shards.
const CHECK_ACROSS_EVERY: u64 = 20;

/// One run of the test.
pub struct World {
    pub rng: ChaCha8Rng,
    pub now: u64,
    pub shop: Shop,
    pub model: Model,
    pub provider: Provider,
    pub carts: Vec<Cart>,
    /// Answers that come late, or again.
    pub late: Vec<Settle>,
    /// Intents that no order knows.
    pub orphans: Vec<IntentId>,
    /// How many commands were applied.
    pub commands: u64,
    /// How many of them were pulses.
    pub pulses: u64,
    /// What was mailed.
    pub mails: Mails,
    delivered: BTreeMap<(ShardId, ShardId), u64>,
}

impl World {
    pub fn new(seed: u64, shards: u16) -> Self {
        let shop = Shop::new(shards);
        let model = Model::new(shop.topology);
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            now: EPOCH_MS,
            shop,
            model,
            provider: Provider::default(),
            carts: Vec::new(),
            late: Vec::new(),
            orphans: Vec::new(),
            commands: 0,
            pulses: 0,
            mails: Mails::default(),
            delivered: BTreeMap::new(),
        }
    }

    /// Proposes one command, sometimes under a request id and twice in the same entry.
    pub fn propose(&mut self, shard: ShardId, command: Command) -> Applied {
        let now = self.stamp();
        let retried = !matches!(command, Command::Pulse(_)) && self.rng.random_bool(0.03);
        self.model.tick(shard, now);
        let made = self.model.now(shard);
        let request = if retried { dedup::request_id(made, self.rng.random()) } else { 0 };
        self.model.hear(&self.shop, shard);
        let low = Low::before(&self.shop, &self.model, shard);
        let expected = self.expect(shard, &command);
        let actor = self.rng.random_bool(0.3).then(|| trail::actor(&mut self.rng));
        let stamp = Stamp { now, request, idempotency: None, actor };
        let before = Trail::before(&self.shop, &self.model, shard, actor);
        let stamped = Stamped { stamp, command: command.clone() };
        let again =
            if retried && self.rng.random_bool(0.5) { vec![stamped.clone()] } else { vec![] };
        let batch = [vec![stamped], again].concat();
        self.commands += 1;
        self.pulses += u64::from(matches!(command, Command::Pulse(_)));
        let applied = self.shop.apply(shard, batch).unwrap_or_else(|fault| {
            panic!("{command:?} faulted: {fault}");
        });
        assert!(applied.iter().all(|each| each.outcome == applied[0].outcome), "{applied:?}");
        let applied = applied.into_iter().next().expect("one command, one answer");
        if let (Command::Pulse(_), Ok(Reply::Pulsed { more, .. })) = (&command, &applied.outcome) {
            self.model.pulsed(&self.shop, shard, !more);
        }
        before.compare(&self.shop, &command, &applied);
        self.adopt_odd(shard);
        compare(&command, &applied.outcome, &expected);
        low.compare(&self.shop, &self.model, &command);
        // A pulse that fired nothing has moved the clock and nothing else.
        if !matches!(applied.outcome, Ok(Reply::Pulsed { fired: 0, .. })) {
            self.check(shard, &command);
        }
        applied
    }

    /// Delivers messages of one shard to another, perhaps from too early on, perhaps not all, and
    /// acknowledges them, perhaps.
    pub fn deliver(&mut self, from: ShardId, to: ShardId, honest: bool) -> bool {
        let after = outbox::delivered(self.shop.rows(to), from).unwrap();
        let waiting = outbox::messages(self.shop.rows(from), to, after, 100).unwrap();
        let Some(first) = waiting.first().map(|(first, _)| *first) else { return false };
        let kept = if honest { waiting.len() } else { self.rng.random_range(1..=waiting.len()) };
        let messages: Vec<_> = waiting.into_iter().take(kept).map(|(_, message)| message).collect();
        let skipped = !honest && messages.len() > 1 && self.rng.random_bool(0.1);
        let (first, messages) =
            if skipped { (first + 1, messages[1..].to_vec()) } else { (first, messages) };
        let command = Command::Deliver(Deliver { from, first, messages });
        self.propose(to, command.clone());
        if !honest && self.rng.random_bool(0.2) {
            self.propose(to, command);
        }
        if honest || self.rng.random_bool(0.7) {
            let through = outbox::delivered(self.shop.rows(to), from).unwrap();
            self.propose(from, Command::Acknowledge(Acknowledge { to, through }));
        }
        true
    }

    /// Every pair of shards that can have messages for one another.
    pub fn pairs(&self) -> Vec<(ShardId, ShardId)> {
        let shards = self.shop.shards();
        let senders = shards.iter().chain([&ShardId::META]);
        let pairs = senders.flat_map(|from| shards.iter().map(|to| (*from, *to)));
        pairs.filter(|(from, to)| from != to).collect()
    }

    fn stamp(&mut self) -> u64 {
        let skew = self.rng.random_range(0..=SKEW_MS);
        // Once in a while a leader's clock is an hour behind.
        let behind = if self.rng.random_bool(0.01) { 3_600_000 } else { 0 };
        self.now + skew - behind
    }

    fn expect(&mut self, shard: ShardId, command: &Command) -> Expected {
        let model = &mut self.model;
        match command {
            Command::CreateProduct(command) => model.create_product(command),
            Command::UpdateProduct(command) => model.update_product(command),
            Command::ArchiveProduct(command) => model.archive_product(command),
            Command::ReceiveStock(command) => model.receive(command),
            Command::AdjustStock(command) => model.adjust(command),
            Command::SetStock(command) => model.set_stock(command),
            Command::SetStockPolicy(command) => model.set_policy(command),
            Command::TransferStock(command) => model.transfer(command),
            Command::PutLocation(command) => model.put_location(command),
            Command::PutSearchSettings(command) => model.put_search_settings(command),
            Command::HoldStock(command) => model.hold_stock(shard, command),
            Command::CommitHold(command) => model.commit_hold(shard, command),
            Command::ReleaseHold(command) => model.release_hold(shard, command),
            Command::PlaceOrder(command) => model.place(command),
            Command::RefuseOrder(command) => model.refuse_order(command),
            Command::ResolveHold(command) => {
                self.resolved(command.order, command.from);
                Ok(Told::Nothing)
            }
            Command::CancelOrder(command) => {
                let odd = model.orders.get(&command.order).is_some_and(|order| order.odd);
                if odd { Ok(Told::Whatever) } else { model.cancel(command) }
            }
            Command::RecoverOrder(command) => self.expect_recovery(command.order),
            command @ (Command::CreateFulfillment(_)
            | Command::PackFulfillment(_)
            | Command::ShipFulfillment(_)
            | Command::DeliverFulfillment(_)
            | Command::CancelFulfillment(_)
            | Command::CancelLines(_)
            | Command::RefundOrder(_)
            | Command::LoseFulfillment(_)
            | Command::ReshipFulfillment(_)
            | Command::RequestReturn(_)
            | Command::ApproveReturn(_)
            | Command::RejectReturn(_)
            | Command::CancelReturn(_)
            | Command::ReceiveReturn(_)) => self.expect_work(command),
            // What the provider says by itself has scripts and the fuzz.
            Command::NoteDispute(_) | Command::ImportRefund(_) => Ok(Told::Anything),
            Command::Settle(command) => self.expect_settle(shard, command),
            Command::RetryPayment(command) => self.expect_retry(shard, command),
            // A hint: what it leads to is the provider's answer to a question.
            Command::NotePaymentEvent(_) | Command::ReconcileIntent(_) => Ok(Told::Anything),
            Command::Deliver(command) => self.expect_delivery(shard, command),
            Command::Acknowledge(_) | Command::Pulse(_) => Ok(Told::Anything),
            Command::CreateCollection(_)
            | Command::UpdateCollection(_)
            | Command::ArchiveCollection(_) => Ok(Told::Anything),
            Command::CreateKey(command) => model.create_key(command),
            Command::RotateKey(command) => model.rotate_key(command),
            Command::RevokeKey(command) => model.revoke_key(command),
            Command::NoteKeyUses(command) => model.note_key_uses(command),
            Command::RecordOperation(_) | Command::BeginEpoch(_) => Ok(Told::Nothing),
            Command::SetCartLine(command) => model.set_cart_line(command),
            Command::ClearCart(command) => model.clear_cart(command),
            Command::MergeCart(command) => model.merge_cart(command),
            // Webhooks have scripts and a fuzz of their own: none sells. Mail: see `mails`. So have
            // definitions of promotions and taxes: what they do to orders is in the carts' terms.
            // Consumers of the feed: see `consumers`.
            _ => Ok(Told::Anything),
        }
    }

    fn expect_recovery(&self, order: OrderId) -> Expected {
        let known = self.model.orders.contains_key(&order);
        if known { Ok(Told::Whatever) } else { Err(Rejection::OrderNotFound) }
    }

    fn expect_settle(&mut self, shard: ShardId, command: &Settle) -> Expected {
        let calls = outbox::provider_calls(self.shop.rows(shard), None, usize::MAX).unwrap();
        let call = calls.into_iter().find(|(id, _)| *id == command.effect);
        let Some((id, made)) = call else { return Ok(Told::Nothing) };
        let Some(order) = self.model.orders.get(&id.order) else { return Ok(Told::Nothing) };
        if order.odd {
            return Ok(Told::Whatever);
        }
        self.model.settle(id.order, &made, &command.result);
        let order = &self.model.orders[&id.order];
        Ok(if order.odd { Told::Whatever } else { Told::Order(order.status(), order.total) })
    }

    fn expect_retry(&mut self, shard: ShardId, command: &RetryPayment) -> Expected {
        let calls = outbox::provider_calls(self.shop.rows(shard), None, usize::MAX).unwrap();
        let under_way = calls.iter().any(|(id, _)| id.order == command.order);
        let state = read::order(self.shop.rows(shard), command.order, &read::Whose::Anybody)
            .unwrap()
            .map(|order| order.payment.state);
        if self.model.orders.get(&command.order).is_some_and(|order| order.odd) {
            return Ok(Told::Whatever);
        }
        self.model.retry(command, under_way, state)
    }

    fn expect_delivery(&mut self, to: ShardId, command: &Deliver) -> Expected {
        let Deliver { from, first, messages } = command;
        let before = self.delivered.get(&(*from, to)).copied().unwrap_or(0);
        if *first > before + 1 {
            return Err(Rejection::DeliveryGap { expected: before + 1 });
        }
        let mut through = before;
        for (number, message) in (*first..).zip(messages).filter(|(number, _)| *number > before) {
            self.take_in(to, message);
            through = number;
        }
        self.delivered.insert((*from, to), through);
        Ok(Told::Delivered(through))
    }

    /// A message from another shard must be one that the story allows.
    fn take_in(&mut self, shard: ShardId, message: &Message) {
        match *message {
            Message::CommitHold(id) => {
                let confirmed = self.model.orders.get(&id).is_some_and(|o| o.was_confirmed);
                assert!(confirmed, "{id} was never confirmed");
                let hold = self.model.holds.get_mut(&(shard, HoldRef::Order(id)));
                if let Some(hold) = hold.filter(|hold| hold.state == HoldState::Held) {
                    hold.state = HoldState::Committed;
                }
            }
            Message::ReleaseHold(id) => {
                let order = self.model.orders.get(&id);
                let wanted = order.is_some_and(|order| self.model.keeps_units_in(order, shard));
                assert!(!wanted, "{id} lives, and loses its units in shard {shard}");
                self.model.free(shard, HoldRef::Order(id));
            }
            Message::EndUnits { order, product, quantity, how } => {
                self.model.end_units(shard, order, (product, quantity), how);
            }
            Message::Restock { order, product, quantity } => {
                self.model.restock(order, product, quantity);
            }
            // What a shard has heard is looked at before each command.
            Message::Location(_) => assert_ne!(shard, ShardId::META),
            Message::TakeAgain(asked) => self.model.asked_again(shard, asked),
            Message::TakenAgain { asked, short } => self.model.answered_again(asked, short),
            Message::AskOrder { order, from } => self.resolved(order, from),
            Message::TakeInCart(ref moved) => self.model.cart_arrives(moved),
        }
    }

    fn resolved(&mut self, order: OrderId, from: ShardId) {
        let home = self.model.home(order);
        let free = self.model.resolve(order, from);
        if free && from == home && self.model.holds.contains_key(&(home, HoldRef::Order(order))) {
            self.model.free(home, HoldRef::Order(order));
        }
    }

    /// Orders that a person must look at promise nothing but the invariants: take them as they are.
    fn adopt_odd(&mut self, shard: ShardId) {
        let odd = self.model.orders.iter().filter(|(_, order)| order.odd).map(|(id, _)| *id);
        for id in odd.filter(|id| self.model.home(*id) == shard).collect::<Vec<_>>() {
            let row = read::order(self.shop.rows(shard), id, &read::Whose::Anybody)
                .unwrap()
                .expect("an order");
            let model = self.model.orders.get_mut(&id).expect("an order");
            let had_units = model.has_units();
            model.stage = stage_of(&row);
            model.unknown = row.payment.state == PaymentState::Unknown;
            model.action = row.payment.state == PaymentState::RequiresAction;
            model.intent = row.payment.intent.clone();
            model.was_confirmed |= row.units == Units::Committed;
            model.after.adopt(&row);
            match row.units {
                Units::Committed => self.model.settle_own(id, HoldState::Committed),
                Units::Released if had_units => self.model.settle_own(id, HoldState::Released),
                // What is held in its name once it has none was taken by somebody else.
                Units::Held | Units::Expiring | Units::Released => {}
            }
        }
    }

    fn check(&mut self, shard: ShardId, command: &Command) {
        compare_shard(&self.shop, &mut self.model, shard);
        let found = self.shop.check(shard).unwrap();
        assert!(found.is_empty(), "after {command:?} in shard {shard}: {found:#?}");
        if self.commands.is_multiple_of(CHECK_ACROSS_EVERY) {
            let found = self.shop.check_across().unwrap();
            assert!(found.is_empty(), "after {command:?} in shard {shard}: {found:#?}");
        }
    }
}

fn stage_of(row: &Row) -> Stage {
    let why = match row.ending {
        Some(Ending::Expired) => Why::Expired,
        Some(Ending::PaymentFailed) => Why::Failed,
        Some(Ending::Customer) | None => Why::Customer,
    };
    match row.units {
        Units::Held => Stage::Pending,
        Units::Expiring => Stage::Canceling(why),
        Units::Committed => Stage::Confirmed,
        Units::Released if row.status().is_terminal() => Stage::Ended(why),
        Units::Released => Stage::Returning,
    }
}
