//! Carts: customers and guests fill them, guests sign in, and coordinators order what is in them.
//!
//! The model keeps a list of carts and who signed in as whom. What a guest's shard sends is noted
//! when the guest signs in and crossed out when it arrives: nothing is lost, nothing comes twice.

use std::collections::BTreeMap;

use engine_core::cart::{
    CART_LIFE_MS, CART_RETENTION_MS, CartId, CartLine, CartPut, CartState, CartUse,
    LINES_PER_CART_MAX, MergedCart, UNITS_PER_CART_LINE_MAX,
};
use engine_core::inventory::HoldLine;
use engine_core::order::PlaceOrder;
use engine_core::read::{self, Whose};
use engine_core::{
    ClearCart, Command, Currency, Field, MergeCart, Money, Owner, ProductId, Rejection,
    SetCartLine, ShardId,
};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::expect::{Expected, Told};
use super::naive::Model;
use super::shop::Shop;
use super::stock::out_of_range;
use super::world::World;

/// Who fills carts: two customers, and guests enough to sign in one after another.
pub const SHOPPERS: [&str; 8] =
    ["cus_ada", "cus_bob", "guest_0", "guest_1", "guest_2", "guest_3", "guest_4", "guest_5"];

/// All there is to know of carts.
#[derive(Default)]
pub struct Carts {
    carts: Vec<Basket>,
    /// Which guest is which customer.
    merged: BTreeMap<Owner, Owner>,
    /// What is on its way from a guest's shard.
    moving: BTreeMap<Owner, MergedCart>,
    /// The guests in customers' rows.
    guests: BTreeMap<Owner, Vec<Owner>>,
}

/// A cart, as its owner sees it.
#[derive(Debug, Clone)]
struct Basket {
    /// Unknown until the shard has told it, where a merge made the cart.
    id: Option<CartId>,
    owner: Owner,
    version: u64,
    state: CartState,
    lines: Vec<CartLine>,
    /// When it expires, or is forgotten, at the earliest.
    until: u64,
}

impl Basket {
    fn changed(&mut self, now: u64) {
        self.version += 1;
        let open = self.state == CartState::Open;
        self.until = now + if open { CART_LIFE_MS } else { CART_RETENTION_MS };
    }

    fn told(&self) -> Told {
        let lines = self.lines.iter().map(|line| (line.product, line.quantity));
        Told::Cart(self.version, lines.collect())
    }

    fn hold_lines(&self) -> Vec<HoldLine> {
        let line = |line: &CartLine| HoldLine { product: line.product, quantity: line.quantity };
        self.lines.iter().map(line).collect()
    }
}

impl Carts {
    fn open(&mut self, owner: &Owner) -> Option<&mut Basket> {
        let open = |cart: &&mut Basket| cart.owner == *owner && cart.state == CartState::Open;
        self.carts.iter_mut().find(open)
    }

    fn find(&mut self, id: CartId) -> Option<&mut Basket> {
        self.carts.iter_mut().find(|cart| cart.id == Some(id))
    }

    /// Nothing is on its way.
    pub fn are_settled(&self) -> bool {
        self.moving.is_empty()
    }

    /// Every cart whose name is known.
    pub fn ids(&self) -> Vec<CartId> {
        self.carts.iter().filter_map(|cart| cart.id).collect()
    }

    fn check_version(&mut self, owner: &Owner, expected: Option<u64>) -> Result<(), Rejection> {
        let actual = self.open(owner).map_or(0, |cart| cart.version);
        match expected.filter(|expected| *expected != actual) {
            Some(expected) => Err(Rejection::VersionMismatch { expected, actual }),
            None => Ok(()),
        }
    }
}

impl Model {
    pub fn set_cart_line(&mut self, command: &SetCartLine) -> Expected {
        let now = self.now(self.topology.of_owner(&command.owner));
        let SetCartLine { owner, cart, expected_version, product, put } = command;
        let carts = &mut self.shopping;
        if carts.merged.contains_key(owner) {
            return Err(Rejection::GuestMerged);
        }
        if put.is_some_and(|put| !(1..=UNITS_PER_CART_LINE_MAX).contains(&put.quantity)) {
            return Err(out_of_range(Field::Quantity, 1, UNITS_PER_CART_LINE_MAX.into()));
        }
        carts.check_version(owner, *expected_version)?;
        let Some(put) = put else {
            let Some(basket) = carts.open(owner) else { return Ok(Told::Nothing) };
            let before = basket.lines.len();
            basket.lines.retain(|line| line.product != *product);
            if basket.lines.len() != before {
                basket.changed(now);
            }
            return Ok(basket.told());
        };
        let new = CartLine { product: *product, quantity: put.quantity, seen: put.seen };
        if carts.open(owner).is_none() {
            let (owner, id, state) = (owner.clone(), Some(*cart), CartState::Open);
            let lines = Vec::new();
            carts.carts.push(Basket { id, owner, version: 0, state, lines, until: 0 });
        }
        let basket = carts.open(owner).expect("a cart");
        match basket.lines.iter_mut().find(|line| line.product == *product) {
            Some(line) => *line = new,
            None => basket.lines.push(new),
        }
        basket.changed(now);
        Ok(basket.told())
    }

    pub fn clear_cart(&mut self, command: &ClearCart) -> Expected {
        let now = self.now(self.topology.of_owner(&command.owner));
        let carts = &mut self.shopping;
        if carts.merged.contains_key(&command.owner) {
            return Err(Rejection::GuestMerged);
        }
        carts.check_version(&command.owner, command.expected_version)?;
        let Some(basket) = carts.open(&command.owner) else { return Ok(Told::Nothing) };
        if !basket.lines.is_empty() {
            basket.lines.clear();
            basket.changed(now);
        }
        Ok(basket.told())
    }

    pub fn merge_cart(&mut self, command: &MergeCart) -> Expected {
        let MergeCart { guest, into } = command;
        let [from, home] = [guest, into].map(|owner| self.topology.of_owner(owner));
        let now = self.now(from);
        let carts = &mut self.shopping;
        if let Some(known) = carts.merged.get(guest) {
            let same = known == into;
            return if same { Ok(Told::Nothing) } else { Err(Rejection::GuestMerged) };
        }
        carts.merged.insert(guest.clone(), into.clone());
        let has_ordered = self.orders.values().any(|order| order.owner == *guest);
        let (guest, into) = (guest.clone(), into.clone());
        let mut moved = MergedCart { guest, into, has_ordered, cart: None, lines: Vec::new() };
        if let Some(basket) = carts.open(&moved.guest) {
            moved.cart = basket.id;
            moved.lines.clone_from(&basket.lines);
            basket.state = CartState::Merged(moved.into.clone());
            basket.changed(now);
        }
        if from == home {
            self.take_in_cart(&moved);
        } else if has_ordered || !moved.lines.is_empty() {
            self.shopping.moving.insert(moved.guest.clone(), moved);
        }
        Ok(Told::Nothing)
    }

    /// A guest's cart has come to the customer's shard: the one that was sent, and no other.
    pub fn cart_arrives(&mut self, moved: &MergedCart) {
        let sent = self.shopping.moving.remove(&moved.guest);
        assert_eq!(sent.as_ref(), Some(moved), "a cart that nobody sent");
        self.take_in_cart(moved);
    }

    fn take_in_cart(&mut self, moved: &MergedCart) {
        let now = self.now(self.topology.of_owner(&moved.into));
        let carts = &mut self.shopping;
        if moved.has_ordered {
            carts.guests.entry(moved.into.clone()).or_default().push(moved.guest.clone());
        }
        if moved.lines.is_empty() {
            return;
        }
        if carts.open(&moved.into).is_none() {
            let (owner, state) = (moved.into.clone(), CartState::Open);
            let lines = Vec::new();
            carts.carts.push(Basket { id: None, owner, version: 0, state, lines, until: 0 });
        }
        let basket = carts.open(&moved.into).expect("a cart");
        let before = basket.lines.clone();
        for line in &moved.lines {
            let at = basket.lines.iter().position(|there| there.product == line.product);
            match at {
                Some(at) => {
                    let sum = basket.lines[at].quantity + line.quantity;
                    basket.lines[at].quantity = sum.min(UNITS_PER_CART_LINE_MAX);
                }
                None if basket.lines.len() == LINES_PER_CART_MAX => {}
                None => basket.lines.push(*line),
            }
        }
        if basket.lines != before {
            basket.changed(now);
        }
    }

    /// Whether the cart that an order is to be placed from allows it.
    pub fn check_cart(&mut self, command: &PlaceOrder) -> Result<(), Rejection> {
        let carts = &mut self.shopping;
        if carts.merged.contains_key(&command.owner) {
            return Err(Rejection::GuestMerged);
        }
        let Some(CartUse { cart, version: expected }) = command.cart else { return Ok(()) };
        let basket = carts.find(cart).filter(|basket| basket.owner == command.owner);
        let basket = basket.ok_or(Rejection::CartNotFound)?;
        match basket.state {
            CartState::Open => {}
            CartState::Consumed(order) => return Err(Rejection::CartConsumed { order }),
            CartState::Merged(_) | CartState::Expired => return Err(Rejection::CartEnded),
        }
        if basket.version != expected || basket.hold_lines() != command.lines {
            return Err(Rejection::CartChanged { expected, actual: basket.version });
        }
        Ok(())
    }

    /// The order exists: its cart is gone.
    pub fn consume_cart(&mut self, command: &PlaceOrder, now: u64) {
        let Some(CartUse { cart, .. }) = command.cart else { return };
        let basket = self.shopping.find(cart).expect("a cart that was checked");
        basket.state = CartState::Consumed(command.order);
        basket.changed(now);
    }

    /// A shard's pulse has fired what was overdue; all of it, if it was thorough.
    pub fn carts_pulsed(&mut self, shop: &Shop, shard: ShardId, thorough: bool) {
        let (now, topology) = (self.now(shard), self.topology);
        self.shopping.carts.retain_mut(|basket| {
            if topology.of_owner(&basket.owner) != shard {
                return true;
            }
            let id = basket.id.expect("compared since it was made");
            let row = read::cart(shop.rows(shard), id, &Whose::Anybody).unwrap();
            let fired = row.as_ref().is_none_or(|row| row.version != basket.version);
            assert!(!fired || basket.until <= now, "{id} is over too early: {row:?} {basket:?}");
            assert!(fired || !thorough || basket.until > now, "{id} should be over: {basket:?}");
            if fired && row.is_some() {
                assert_eq!(basket.state, CartState::Open, "{id} expires");
                basket.state = CartState::Expired;
                basket.changed(now);
            } else if fired {
                assert_ne!(basket.state, CartState::Open, "{id} is forgotten while it is open");
            }
            row.is_some()
        });
    }
}

/// Fails unless a shard's carts and accounts are as expected. Learns the names of new ones.
pub fn compare_carts(shop: &Shop, model: &mut Model, shard: ShardId) {
    let (rows, topology) = (shop.rows(shard), model.topology);
    let carts = &mut model.shopping;
    for name in SHOPPERS {
        let owner = Owner::new(name).unwrap();
        if topology.of_owner(&owner) != shard {
            continue;
        }
        let account = read::account(rows, &owner).unwrap();
        let open = account.as_ref().and_then(|account| account.cart);
        if let Some(basket) = carts.open(&owner) {
            assert!(open.is_some(), "{owner} has lost {basket:?}");
            basket.id = basket.id.or(open);
        }
        assert_eq!(open, carts.open(&owner).and_then(|basket| basket.id), "{owner}");
        let merged = account.as_ref().and_then(|account| account.merged_into.as_ref());
        assert_eq!(merged, carts.merged.get(&owner), "{owner}");
        let guests = account.as_ref().map_or(&[][..], |account| &account.guests);
        assert_eq!(guests, carts.guests.get(&owner).map_or(&[][..], Vec::as_slice), "{owner}");
    }
    for basket in carts.carts.iter().filter(|basket| topology.of_owner(&basket.owner) == shard) {
        let id = basket.id.expect("learned just now");
        let whose = Whose::Of(basket.owner.clone());
        let row = read::cart(rows, id, &whose).unwrap().expect("a cart");
        assert_eq!((row.version, &row.state), (basket.version, &basket.state), "{id}");
        assert_eq!((&row.lines, row.timer_at), (&basket.lines, basket.until), "{id}");
    }
}

impl World {
    /// Somebody changes a cart, or signs in.
    pub fn shop_around(&mut self) {
        let owner = Owner::new(SHOPPERS.choose(&mut self.rng).unwrap()).unwrap();
        let home = self.shop.topology.of_owner(&owner);
        let open = self.model.shopping.open(&owner).map(|basket| (basket.id, basket.version));
        let random = self.rng.random();
        let cart = open.and_then(|(id, _)| id).unwrap_or_else(|| CartId::derive(&owner, random));
        let version = open.map_or(0, |(_, version)| version);
        let seen = if self.rng.random_bool(0.2) { version + 1 } else { version };
        let expected_version = self.rng.random_bool(0.3).then_some(seen);
        let command = match self.rng.random_range(0..20) {
            0 => Command::ClearCart(ClearCart { owner, cart, expected_version }),
            1 if owner.is_guest() => {
                let into = ["cus_ada", "cus_bob"].choose(&mut self.rng).unwrap();
                let into = Owner::new(into).unwrap();
                Command::MergeCart(MergeCart { guest: owner, into })
            }
            _ => {
                let product = self.any_product();
                let put = self.rng.random_bool(0.85).then(|| self.any_put(product));
                Command::SetCartLine(SetCartLine { owner, cart, expected_version, product, put })
            }
        };
        self.propose(home, command);
    }

    fn any_put(&mut self, product: ProductId) -> CartPut {
        let quantity = match self.rng.random_range(0..40) {
            0 => 0,
            1 => UNITS_PER_CART_LINE_MAX,
            2 => u32::MAX,
            _ => self.rng.random_range(1..=3),
        };
        let amount = self.model.products.get(&product).map_or(0, |product| product.price);
        CartPut { quantity, seen: Money { amount, currency: Currency::USD } }
    }

    /// A cart to order, as a coordinator reads it: mostly an open one.
    pub fn read_cart(&mut self) -> Option<(Owner, CartUse, Vec<HoldLine>)> {
        let carts = &self.model.shopping.carts;
        let open: Vec<_> = carts.iter().filter(|cart| cart.state == CartState::Open).collect();
        let any: Vec<_> = carts.iter().collect();
        let from = if self.rng.random_bool(0.9) { &open } else { &any };
        let basket = *from.choose(&mut self.rng)?;
        let used = CartUse { cart: basket.id?, version: basket.version };
        let owner = if self.rng.random_bool(0.95) { basket.owner.as_str() } else { SHOPPERS[0] };
        Some((Owner::new(owner)?, used, basket.hold_lines()))
    }
}
