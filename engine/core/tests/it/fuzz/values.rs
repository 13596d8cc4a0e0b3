//! Values at and beyond the edges, from few enough ids that commands meet.

use engine_core::audit::{Actor, Who};
use engine_core::{
    CollectionId, Currency, HoldId, KeyId, Money, OrderId, Owner, ProductId, ShardId, Slot,
};
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

pub struct Values {
    pub random: ChaCha8Rng,
}

impl Values {
    pub fn new(random: ChaCha8Rng) -> Self {
        Self { random }
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.random.random_range(0..choices.len())]
    }

    /// A later time: soon, after an outage, after the retention, or (rarely) before; at last, the
    /// end of time.
    pub fn later(&mut self, now: u64, last: bool) -> u64 {
        if last {
            return self.one_of(&[u64::MAX, u64::MAX - 1]);
        }
        match self.random.random_range(0..100) {
            0 => now.saturating_add(self.random.random_range(0..100 * 3_600_000)),
            1..5 => now.saturating_add(self.random.random_range(0..3_600_000)),
            5..10 => now.saturating_sub(self.random.random_range(0..10_000)),
            _ => now.saturating_add(self.random.random_range(0..6_000)),
        }
    }

    pub fn id(&mut self) -> u128 {
        match self.random.random_range(0..20) {
            0 => 0,
            1 => u128::MAX,
            2 => self.random.random(),
            _ => self.random.random_range(1..12),
        }
    }

    pub fn u64(&mut self) -> u64 {
        match self.random.random_range(0..10) {
            0 => u64::MAX,
            1 => u64::MAX - 1,
            2 => 1 << self.random.random_range(0..64),
            3 => 0,
            _ => self.random.random_range(1..100_000),
        }
    }

    pub fn small(&mut self) -> u64 {
        if self.random.random_bool(0.1) { self.u64() } else { self.random.random_range(0..5) }
    }

    pub fn u32(&mut self) -> u32 {
        match self.random.random_range(0..12) {
            0 => u32::MAX,
            1 => 1_000_000_000,
            2 => 1_000_000_001,
            3 => 0,
            _ => self.random.random_range(1..20),
        }
    }

    pub fn i64(&mut self) -> i64 {
        match self.random.random_range(0..12) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => -1,
            3 => 0,
            4 => Money::AMOUNT_MAX,
            _ => self.random.random_range(-20..5_000),
        }
    }

    pub fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.random.random_bool(0.5).then(|| make(self))
    }

    pub fn many<T>(&mut self, usual: usize, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        let count = match self.random.random_range(0..30) {
            0 => 0,
            1 => 300,
            _ => self.random.random_range(1..=usual),
        };
        (0..count).map(|_| make(self)).collect()
    }

    pub fn text(&mut self) -> String {
        match self.random.random_range(0..12) {
            0 => String::new(),
            1 => "x".repeat(self.random.random_range(100..600)),
            2 => "ü".repeat(self.random.random_range(100..20_000)),
            3 => "\u{0}\r\u{85}".into(),
            4 => "\u{10ffff}\n\t".into(),
            _ => "text".into(),
        }
    }

    pub fn product(&mut self) -> ProductId {
        ProductId(self.id())
    }

    pub fn collection(&mut self) -> CollectionId {
        CollectionId(self.id())
    }

    pub fn hold(&mut self) -> HoldId {
        HoldId(self.id())
    }

    pub fn owner(&mut self) -> Owner {
        Owner::new(self.one_of(&["cus_a", "cus_b", "gst_c", "x", "guest_d", "guest_e"])).unwrap()
    }

    /// Mostly an order id that fits an owner, its key and its body.
    pub fn order(&mut self) -> OrderId {
        match self.random.random_range(0..12) {
            0 => OrderId { slot: Slot(u16::MAX), hash: self.id() },
            1 => OrderId { slot: Slot(0), hash: self.id() },
            _ => {
                let owner = self.owner();
                self.order_of(&owner)
            }
        }
    }

    pub fn order_of(&mut self, owner: &Owner) -> OrderId {
        OrderId { slot: owner.slot(), hash: self.random.random_range(0..6) }
    }

    pub fn shard(&mut self) -> ShardId {
        ShardId(self.one_of(&[0, 1, 2, 3, 4, u16::MAX]))
    }

    pub fn currency(&mut self) -> Currency {
        let code = if self.random.random_bool(0.05) { "EUR" } else { "USD" };
        code.parse().unwrap()
    }

    pub fn actor(&mut self) -> Actor {
        let who = self.one_of(&[Who::Anonymous, Who::Local, Who::Key(KeyId(1))]);
        let address = [0, 7, u32::MAX].map(|bits| std::net::Ipv4Addr::from_bits(bits).into());
        Actor { who, address: self.one_of(&address), request: self.u64() }
    }

    pub fn money(&mut self) -> Money {
        Money { amount: self.i64(), currency: self.currency() }
    }
}
