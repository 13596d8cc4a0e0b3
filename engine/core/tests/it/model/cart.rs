//! Coordinators: they hold what is in a cart, shard by shard, and place it; or die on the way.

use engine_core::cart::CartUse;
use engine_core::inventory::{ASK_AFTER_MS, HeldLine, HoldLine, HoldRef};
use engine_core::notice::Email;
use engine_core::order::{PlaceOrder, Receipt, RefuseOrder};
use engine_core::payment::{Pay, PaymentMethod};
use engine_core::pricing::Terms;
use engine_core::{
    Command, Currency, HoldStock, Money, OrderId, Owner, ProductId, Rejection, Reply, ShardId, h128,
};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::orders::shards_of;
use super::promotions;
use super::world::World;

/// How often a coordinator starts over with the next attempt.
const ATTEMPTS: u32 = 5;
/// How long after its first step a coordinator may place an order, in milliseconds.
const PATIENCE_MS: u64 = 600_000;

/// What a coordinator knows.
#[derive(Clone)]
pub struct Cart {
    owner: Owner,
    key: String,
    body: u128,
    lines: Vec<HoldLine>,
    currency: Currency,
    pay: Pay,
    expected_total: Option<i64>,
    email: Option<Email>,
    terms: Terms,
    attempt: u32,
    order: OrderId,
    not_after: u64,
    /// The shards that have not been asked to hold their lines.
    todo: Vec<ShardId>,
    receipts: Vec<Receipt>,
    refused: Option<Rejection>,
    /// The cart of a customer that it is placed from.
    from: Option<CartUse>,
}

impl Cart {
    fn start_over(&mut self, world: &World, attempt: u32) {
        self.attempt = attempt;
        self.not_after = world.now + PATIENCE_MS;
        // Other lines are another order, though the request is the same.
        let version = self.from.map_or(0, |from| from.version);
        let body = h128(&[&self.body.to_be_bytes(), &version.to_be_bytes()]);
        self.order = OrderId::derive(&self.owner, &self.key, body, attempt);
        let home = world.shop.topology.of_owner(&self.owner);
        self.todo = self.shards(world);
        self.todo.retain(|shard| *shard != home);
        self.receipts = Vec::new();
        self.refused = None;
    }

    /// The shards that have something of it.
    fn shards(&self, world: &World) -> Vec<ShardId> {
        let mut shards = shards_of(&world.model, &self.lines);
        shards.extend(world.model.counting_shard(promotions::counted(&self.terms)));
        shards.into_iter().collect()
    }

    fn place(&self, world: &mut World) -> PlaceOrder {
        let mut receipts = self.receipts.clone();
        if world.rng.random_bool(0.02) {
            tamper(world, &mut receipts);
        }
        let late = world.rng.random_bool(0.02);
        PlaceOrder {
            order: self.order,
            owner: self.owner.clone(),
            key: h128(&[self.key.as_bytes()]),
            body: self.body,
            lines: self.lines.clone(),
            receipts,
            currency: self.currency,
            expected_total: self.expected_total,
            pay: self.pay.clone(),
            cart: self.from,
            not_after: if late { world.now - PATIENCE_MS } else { self.not_after },
            email: self.email.clone(),
            terms: Box::new(self.terms.clone()),
        }
    }
}

/// Receipts that no honest coordinator sends.
fn tamper(world: &mut World, receipts: &mut Vec<Receipt>) {
    if world.rng.random_bool(0.5) && !receipts.is_empty() {
        receipts.pop();
        return;
    }
    let product = world.any_product();
    let unit_price = Money { amount: 1, currency: Currency::USD };
    let line = HeldLine {
        product,
        version: 1,
        name: String::new(),
        unit_price,
        quantity: 1,
        weight_grams: 0,
        tax_category: String::new(),
    };
    let lines = if world.rng.random_bool(0.5) { vec![line] } else { Vec::new() };
    let promotion = lines.is_empty().then(|| Box::new(promotions::promotion(0)));
    receipts.push(Receipt { shard: world.any_shard(), lines, promotion });
}

impl World {
    /// Somebody fills a cart. Owners and keys are few, so that they meet.
    pub fn new_cart(&mut self) {
        let owners = ["cus_ada", "cus_bob", "gst_eve", "cus_dan", "guest_0"];
        let mut owner = Owner::new(owners.choose(&mut self.rng).unwrap()).unwrap();
        let key = format!("key-{}", self.rng.random_range(0..30));
        let count = if self.rng.random_bool(0.01) { 0 } else { self.rng.random_range(1..=4) };
        let mut lines: Vec<_> = (0..count).map(|_| self.any_line()).collect();
        let dollars = self.rng.random_bool(0.97);
        let currency = if dollars { Currency::USD } else { "EUR".parse().unwrap() };
        let mut text = format!("{lines:?} {currency}");
        let mut from = None;
        if self.rng.random_bool(0.35)
            && let Some((whose, used, there)) = self.read_cart()
        {
            text = format!("{} {currency}", used.cart);
            (owner, from, lines) = (whose, Some(used), there);
        }
        let terms = promotions::any_terms(&mut self.rng);
        text += &format!(" {terms:?}");
        let mut cart = Cart {
            order: OrderId::derive(&owner, &key, 0, 0),
            owner,
            key,
            body: h128(&[text.as_bytes()]),
            lines,
            currency,
            pay: self.any_pay(),
            expected_total: None,
            email: self.any_email(),
            terms,
            attempt: 0,
            not_after: 0,
            todo: Vec::new(),
            receipts: Vec::new(),
            refused: None,
            from,
        };
        if self.rng.random_bool(0.3) {
            cart.expected_total = Some(self.total(&cart.lines));
        }
        cart.start_over(self, 0);
        self.carts.push(cart);
    }

    /// One coordinator goes one step on.
    pub fn step_cart(&mut self) {
        if self.carts.is_empty() {
            return self.new_cart();
        }
        let at = self.rng.random_range(0..self.carts.len());
        if self.rng.random_bool(0.03) {
            self.carts.swap_remove(at);
            return;
        }
        let mut cart = self.carts[at].clone();
        let over = match (cart.todo.pop(), cart.refused.clone()) {
            (Some(shard), None) => self.hold_for(&mut cart, shard),
            (_, Some(reason)) => self.refuse(&mut cart, reason),
            (None, None) => self.place(&mut cart),
        };
        if over && self.rng.random_bool(0.8) {
            self.carts.swap_remove(at);
        } else if over {
            cart.start_over(self, 0);
            self.carts[at] = cart;
        } else {
            self.carts[at] = cart;
        }
    }

    fn hold_for(&mut self, cart: &mut Cart, shard: ShardId) -> bool {
        let here = |line: &&HoldLine| self.shop.topology.of_product(line.product) == shard;
        let lines = cart.lines.iter().filter(here).copied().collect();
        let (hold, currency) = (HoldRef::Order(cart.order), cart.currency);
        let counted = promotions::counted(&cart.terms);
        let counts = self.model.counting_shard(counted) == Some(shard);
        let promotion = cart.terms.promotion.clone().filter(|_| counts).map(Box::new);
        let command = HoldStock { hold, lines, currency, timer_ms: ASK_AFTER_MS, promotion };
        match self.propose(shard, Command::HoldStock(command)).outcome {
            Ok(Reply::Held(receipt)) => {
                cart.receipts.push(Receipt {
                    shard,
                    lines: receipt.lines,
                    promotion: receipt.promotion,
                });
            }
            Ok(reply) => panic!("a hold is answered {reply:?}"),
            Err(rejection) => cart.refused = Some(rejection),
        }
        false
    }

    fn refuse(&mut self, cart: &mut Cart, reason: Rejection) -> bool {
        let shards = cart.shards(self);
        let (order, owner, body) = (cart.order, cart.owner.clone(), cart.body);
        let key = h128(&[cart.key.as_bytes()]);
        let home = self.model.home(order);
        let command = RefuseOrder { order, owner, key, body, reason, shards };
        let told = self.propose(home, Command::RefuseOrder(command)).outcome;
        self.again(cart, told.err())
    }

    fn place(&mut self, cart: &mut Cart) -> bool {
        let command = cart.place(self);
        let home = self.model.home(cart.order);
        let told = self.propose(home, Command::PlaceOrder(command)).outcome;
        self.again(cart, told.err())
    }

    /// An attempt that was given up is followed by the next. Says whether the cart is done with.
    fn again(&mut self, cart: &mut Cart, told: Option<Rejection>) -> bool {
        let given_up =
            matches!(told, Some(Rejection::Aborted | Rejection::TooLate | Rejection::HoldEnded));
        if given_up && cart.attempt < ATTEMPTS {
            cart.start_over(self, cart.attempt + 1);
            return false;
        }
        true
    }

    fn any_line(&mut self) -> HoldLine {
        let quantity = match self.rng.random_range(0..200) {
            0 => 0,
            1 => u32::MAX,
            2 => 1_000_000_000,
            _ => self.rng.random_range(1..=3),
        };
        HoldLine { product: self.any_product(), quantity }
    }

    fn any_pay(&mut self) -> Pay {
        match self.rng.random_range(0..10) {
            0..3 => Pay::OnAccount,
            3 => Pay::Card(None),
            _ => Pay::Card(Some(PaymentMethod("pm_card_visa".to_owned()))),
        }
    }

    /// What lines cost now, as far as anybody knows.
    fn total(&self, lines: &[HoldLine]) -> i64 {
        let price = |product: ProductId| self.model.products.get(&product).map_or(0, |p| p.price);
        lines.iter().fold(0, |total: i64, line| {
            total.saturating_add(price(line.product).saturating_mul(line.quantity.into()))
        })
    }
}
