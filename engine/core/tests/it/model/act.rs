//! What happens next, at random: sellers, customers, time, the network and the provider.

use engine_core::catalog::{ProductChange, ProductDetails};
use engine_core::inventory::{Allocation, HoldLine, HoldRef};
use engine_core::outbox;
use engine_core::payment::{CallResult, Decline, Intent, IntentId, IntentStatus, PaymentMethod};
use engine_core::{
    AdjustStock, ArchiveProduct, BeginEpoch, CancelOrder, Command, CommitHold, CreateProduct,
    Currency, HoldId, HoldStock, Money, NotePaymentEvent, OrderId, ProductId, Pulse, ReceiveStock,
    RecoverOrder, ReleaseHold, ResolveHold, RetryPayment, SetStock, SetStockPolicy, Settle,
    ShardId, Slot, UpdateProduct,
};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::locations::id_of;
use super::world::World;

/// How many products there are; one more is asked for and does not exist.
const PRODUCTS: u128 = 7;
/// How many holds without an order there are.
const FREE_HOLDS: u128 = 6;

impl World {
    /// One random act: none, one or several commands.
    pub fn act(&mut self) {
        match self.rng.random_range(0..100) {
            0..8 => self.sell(),
            8..10 => self.shop_around(),
            10 => self.put_location(),
            11..13 => self.manage_keys(),
            13 if self.rng.random_bool(0.3) => self.put_search_settings(),
            13 => self.record_operation(),
            14 => self.mail_some(),
            15 if self.rng.random_bool(0.05) => self.begin_epoch(),
            15..19 => self.hold_free(),
            19..24 => self.new_cart(),
            24..50 => self.step_cart(),
            50..60 => {
                self.work();
                self.pay_lost();
            }
            60..64 => self.cancel_some(),
            64..76 => self.provider_answers(),
            76..79 => self.late_answer(),
            79..91 => {
                let pairs = self.pairs();
                let (from, to) = *pairs.choose(&mut self.rng).unwrap();
                self.deliver(from, to, false);
            }
            91 => self.resolve_some(),
            92 => self.recover_some(),
            93 if self.rng.random_bool(0.3) => self.leave_orphan(),
            93 => self.hear_or_pay_some(),
            94 => self.provider.something_happens(&mut self.rng),
            _ => self.pass_time(),
        }
    }

    /// A product; sometimes one that does not exist.
    pub fn any_product(&mut self) -> ProductId {
        let last = if self.rng.random_bool(0.02) { PRODUCTS + 1 } else { PRODUCTS };
        ProductId(self.rng.random_range(1..=last))
    }

    pub fn any_shard(&mut self) -> ShardId {
        *self.shop.shards().choose(&mut self.rng).unwrap()
    }

    fn any_order(&mut self) -> Option<OrderId> {
        let orders: Vec<_> = self.model.orders.keys().copied().collect();
        orders.choose(&mut self.rng).copied()
    }

    fn sell(&mut self) {
        let id = ProductId(self.rng.random_range(1..=PRODUCTS));
        let reason = "counted".to_owned();
        let units = match self.rng.random_range(0..60) {
            0 => u32::MAX,
            1 => 0,
            2 => 1_000_000_000,
            _ => self.rng.random_range(1..=8),
        };
        let command = match self.rng.random_range(0..14) {
            _ if !self.model.products.contains_key(&id) => self.create(id, units),
            0 => self.create(id, units),
            1..4 => Command::ReceiveStock(ReceiveStock {
                product: id,
                quantity: units,
                at: self.any_place(),
            }),
            4..6 => {
                let delta =
                    if self.rng.random_bool(0.6) { -i64::from(units) } else { units.into() };
                let delta = if self.rng.random_bool(0.01) { i64::MIN } else { delta };
                let at = self.any_place();
                Command::AdjustStock(AdjustStock { product: id, delta, reason, at })
            }
            6 => {
                let at = self.any_place();
                let there = self.model.on_hand_at(id, id_of(&at));
                let seen = if self.rng.random_bool(0.2) { units } else { there };
                let (expected, on_hand) = (seen, units);
                Command::SetStock(SetStock { product: id, expected, on_hand, reason, at })
            }
            7 if self.rng.random_bool(0.05) => {
                Command::ArchiveProduct(ArchiveProduct { id, expected_version: None })
            }
            8 | 9 => self.set_policy(id, units),
            12 | 13 => self.transfer(id, units),
            _ => self.update(id, units),
        };
        self.propose(self.shop.topology.of_product(id), command);
    }

    fn create(&mut self, id: ProductId, stock: u32) -> Command {
        let dollars = self.rng.random_bool(0.95);
        let currency = if dollars { Currency::USD } else { "EUR".parse().unwrap() };
        let details = ProductDetails {
            name: "thing".to_owned(),
            description: String::new(),
            brand: String::new(),
            sku: String::new(),
            price: Money { amount: self.any_price(), currency },
            weight_grams: 0,
            tax_category: String::new(),
            collections: Vec::new(),
            attributes: Vec::new(),
        };
        Command::CreateProduct(CreateProduct { id, details, stock })
    }

    fn update(&mut self, id: ProductId, units: u32) -> Command {
        let amount = self.any_price();
        let product = &self.model.products[&id];
        let price = Some(Money { amount, currency: product.currency });
        let expected_version = self.rng.random_bool(0.2).then_some(product.version);
        let available = self.rng.random_bool(0.3).then_some(units);
        let change = ProductChange { price, ..ProductChange::default() };
        Command::UpdateProduct(UpdateProduct { id, expected_version, change, available })
    }

    fn set_policy(&mut self, product: ProductId, units: u32) -> Command {
        let version = self.model.products[&product].policy.version;
        let [safety, backorder_limit] = [(); 2].map(|()| match self.rng.random_range(0..30) {
            0 => units,
            1..15 => 0,
            _ => self.rng.random_range(0..6),
        });
        Command::SetStockPolicy(SetStockPolicy {
            product,
            expected_version: self.rng.random_bool(0.1).then_some(version),
            safety,
            backorder_limit,
            low_stock_threshold: self.rng.random_bool(0.7).then(|| self.rng.random_range(0..6)),
            allocation: *Allocation::ALL.choose(&mut self.rng).unwrap(),
        })
    }

    fn any_price(&mut self) -> i64 {
        match self.rng.random_range(0..60) {
            0 => -1,
            1 => i64::MAX,
            2 => Money::AMOUNT_MAX,
            3 => 0,
            _ => self.rng.random_range(100..=5_000),
        }
    }

    fn hold_free(&mut self) {
        let product = ProductId(self.rng.random_range(1..=PRODUCTS));
        let shard = self.shop.topology.of_product(product);
        let hold = HoldRef::Free(HoldId(self.rng.random_range(1..=FREE_HOLDS)));
        let command = match self.rng.random_range(0..8) {
            0 => Command::CommitHold(CommitHold { hold }),
            1 => Command::ReleaseHold(ReleaseHold { hold }),
            2 => self.hold_in_an_orders_name(),
            _ => {
                let quantity = self.rng.random_range(1..=3);
                let lines = vec![HoldLine { product, quantity }];
                let timer_ms = *[1, 5_000, 90_000, 0].choose(&mut self.rng).unwrap();
                let currency = Currency::USD;
                let promotion = None;
                Command::HoldStock(HoldStock { hold, lines, currency, timer_ms, promotion })
            }
        };
        let shard = match &command {
            Command::HoldStock(command) => self.shop.topology.of_product(command.lines[0].product),
            _ => shard,
        };
        self.propose(shard, command);
    }

    /// The cluster was restored, as far as the numbers of calls go.
    fn begin_epoch(&mut self) {
        let epoch = self.rng.random_range(0..4);
        let shard = self.any_shard();
        self.propose(shard, Command::BeginEpoch(BeginEpoch { epoch }));
    }

    /// Nobody should, but somebody might.
    fn hold_in_an_orders_name(&mut self) -> Command {
        let order = self.any_order();
        let name = order.map_or(HoldRef::Free(HoldId(1)), HoldRef::Order);
        let product = ProductId(self.rng.random_range(1..=PRODUCTS));
        let lines = vec![HoldLine { product, quantity: 1 }];
        let (currency, timer_ms, promotion) = (Currency::USD, 1_000, None);
        Command::HoldStock(HoldStock { hold: name, lines, currency, timer_ms, promotion })
    }

    fn cancel_some(&mut self) {
        let Some(order) = self.any_order() else { return };
        let owner = Some(self.model.orders[&order].owner.clone());
        let stranger = self.model.orders.values().map(|order| order.owner.clone()).next();
        let owner = match self.rng.random_range(0..10) {
            0 => None,
            1 => stranger,
            _ => owner,
        };
        let command = Command::CancelOrder(CancelOrder { order, owner });
        self.propose(self.model.home(order), command);
    }

    /// A person looks at an order that needs it, or that does not.
    fn recover_some(&mut self) {
        let missing = OrderId { slot: Slot(0), hash: 0 };
        let order = self.any_order().unwrap_or(missing);
        let (reason, reviewed) = ("looked at it".to_owned(), self.rng.random_bool(0.5));
        let command = Command::RecoverOrder(RecoverOrder { order, reason, reviewed });
        self.propose(self.model.home(order), command);
    }

    fn resolve_some(&mut self) {
        let unplaced = self.model.decisions.keys().copied().collect::<Vec<_>>();
        let unplaced = unplaced.choose(&mut self.rng).copied();
        let order = if self.rng.random_bool(0.5) { unplaced } else { self.any_order() };
        let Some(order) = order else { return };
        let from = if self.rng.random_bool(0.1) { ShardId(999) } else { self.any_shard() };
        let command = Command::ResolveHold(ResolveHold { order, from });
        self.propose(self.model.home(order), command);
    }

    /// The provider tells of an intent, perhaps something old; or a customer pays again.
    fn hear_or_pay_some(&mut self) {
        let Some(order) = self.any_order() else { return };
        let placed = &self.model.orders[&order];
        let (owner, known) = (placed.owner.clone(), placed.intent.clone());
        let command = if self.rng.random_bool(0.6) {
            let foreign = IntentId("pi_of_another".to_owned());
            Command::NotePaymentEvent(NotePaymentEvent {
                event: self.rng.random_range(0..200),
                order,
                intent: known.filter(|_| self.rng.random_bool(0.95)).unwrap_or(foreign),
                status: *IntentStatus::ALL.choose(&mut self.rng).unwrap(),
            })
        } else {
            let stranger = self.model.orders.values().map(|order| order.owner.clone()).next();
            let owner = *[Some(&owner), None, stranger.as_ref()].choose(&mut self.rng).unwrap();
            let method = PaymentMethod("pm_card_mastercard".to_owned());
            Command::RetryPayment(RetryPayment { order, owner: owner.cloned(), method })
        };
        self.propose(self.model.home(order), command);
    }

    /// The driver makes one call that is pending; the answer may be lost, late, or a lie.
    fn provider_answers(&mut self) {
        let shard = self.any_shard();
        let calls = outbox::provider_calls(self.shop.rows(shard), None, usize::MAX).unwrap();
        let Some((effect, made)) = calls.choose(&mut self.rng).cloned() else { return };
        let fate = self.rng.random_range(0..100);
        if fate < 8 {
            self.settle(Settle { effect, result: CallResult::Unknown });
            return;
        }
        if fate < 12 {
            let result = self.any_lie(effect.order);
            return self.settle(Settle { effect, result });
        }
        let known = made.call.intent().is_none_or(|intent| self.provider.knows(intent));
        let result = match known {
            true => self.provider.call(&mut self.rng, effect, &made.call),
            false => CallResult::Refused { code: "resource_missing".to_owned() },
        };
        let answer = Settle { effect, result };
        if fate < 25 {
            return self.settle(Settle { effect, result: CallResult::Unknown });
        }
        if fate < 40 {
            self.late.push(answer.clone());
        }
        if fate > 33 {
            self.settle(answer);
        }
    }

    fn late_answer(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let at = self.rng.random_range(0..self.late.len());
        let answer = self.late.swap_remove(at);
        self.settle(answer);
    }

    pub fn settle(&mut self, answer: Settle) {
        let shard = self.model.home(answer.effect.order);
        self.propose(shard, Command::Settle(answer));
    }

    /// An answer the provider never gave. What it has of the order is not compared afterwards.
    fn any_lie(&mut self, order: OrderId) -> CallResult {
        let Some(placed) = self.model.orders.get_mut(&order) else {
            // It is a call for an intent that no order knows: those are told no lies about money.
            return CallResult::Refused { code: "x".repeat(1_000) };
        };
        placed.lied_to = true;
        let total = placed.total;
        let ours = placed.intent.clone().unwrap_or(IntentId(format!("pi_for_{order}")));
        let statuses = IntentStatus::ALL;
        let rng = &mut self.rng;
        let mut amount = || match rng.random_range(0..8) {
            0 => i64::MAX,
            1 => -1,
            2 => total.saturating_add(1),
            _ => total,
        };
        let [amount, capturable, received] = [amount(), amount(), amount()];
        let foreign = rng.random_bool(0.3);
        let intent = Intent {
            id: if foreign { IntentId("pi_of_another".repeat(30)) } else { ours },
            status: *statuses.choose(rng).unwrap(),
            amount,
            capturable,
            received,
            decline: rng
                .random_bool(0.5)
                .then(|| Decline { code: "é".repeat(100), is_final: rng.random_bool(0.3) }),
            capture_before: *[None, Some(0), Some(u64::MAX)].choose(rng).unwrap(),
        };
        match rng.random_range(0..8) {
            0 if rng.random_bool(0.5) => CallResult::RefundPending,
            0 => CallResult::Refunded,
            1 => CallResult::Refused { code: "x".repeat(1_000) },
            _ => CallResult::Intent(intent),
        }
    }

    /// Time passes: some while with a pulse every five seconds, or at once as in an outage.
    fn pass_time(&mut self) {
        match self.rng.random_range(0..20) {
            0..8 => self.now += self.rng.random_range(0..4_000),
            8..16 => {
                let ticks = *[1, 3, 7, 20].choose(&mut self.rng).unwrap();
                self.live(ticks);
            }
            16 => self.live(200),
            17 => self.now += 40_000,
            18 if self.rng.random_bool(0.2) => {
                // A month: carts expire, and those that ended are forgotten.
                self.deliver_all();
                self.now += 31 * 24 * 3_600_000;
            }
            18 => self.now += 1_200_000,
            _ => {
                // Three days: messages do not wait that long.
                self.deliver_all();
                self.now += 73 * 3_600_000;
            }
        }
        let (shard, limit) = (self.any_shard(), self.rng.random_range(1..=200));
        self.propose(shard, Command::Pulse(Pulse { limit }));
    }

    /// The leaders tick.
    pub fn live(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.now += 5_000;
            for shard in self.shop.shards() {
                self.propose(shard, Command::Pulse(Pulse { limit: 1_000 }));
            }
        }
    }

    /// Delivers until nothing waits.
    pub fn deliver_all(&mut self) {
        let pairs = self.pairs();
        while pairs.iter().fold(false, |any, (from, to)| self.deliver(*from, *to, true) || any) {}
    }
}
