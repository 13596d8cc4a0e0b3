//! Names for ids: a script says `pen@2`, the engine a product id whose slot shard 2 owns.

use std::collections::BTreeMap;

use engine_core::cart::CartId;
use engine_core::payment::{IntentId, orphan};
use engine_core::{
    CollectionId, ConsumerId, EndpointId, FulfillmentId, HoldId, KeyId, LocationId, OrderId, Owner,
    ProductId, PromotionId, RefundId, ReturnId, SLOTS, ShardId, ShippingMethodId, Slot, Topology,
};

/// What the names of a script stand for.
pub struct Names {
    topology: Topology,
    /// How an answer prints an id, and its name.
    known: BTreeMap<String, String>,
}

impl Names {
    pub fn new(topology: Topology) -> Self {
        let mut names = Self { topology, known: BTreeMap::new() };
        names.location("default");
        names
    }

    /// The product of that name, in the shard that its name says.
    pub fn product(&mut self, name: &str) -> ProductId {
        let (base, shard) = self.parts(name);
        let ids = (0..).map(|salt| ProductId(u128::from(hash(base)) << 16 | salt));
        let id = ids.clone().find(|id| self.topology.of_product(*id) == shard).unwrap();
        self.learn(format!("{id:?}"), name);
        id
    }

    /// The owner of that name, in the one slot of a shard that the orders of scripts live in.
    pub fn owner(&mut self, name: &str) -> Owner {
        let (base, shard) = self.parts(name);
        let prefix = if base.starts_with(Owner::GUEST_PREFIX) { "" } else { "cus_" };
        let owners = (0..).filter_map(|salt: u32| Owner::new(&format!("{prefix}{base}{salt}")));
        let owner = owners.clone().find(|owner| owner.slot() == self.slot(shard)).unwrap();
        self.learn(format!("{owner:?}"), name);
        owner
    }

    /// An order that nobody derived from a key, in the shard that its name says.
    pub fn order(&mut self, name: &str) -> OrderId {
        let (base, shard) = self.parts(name);
        let id = OrderId { slot: self.slot(shard), hash: u128::from(hash(base)) };
        self.learn(format!("{id:?}"), name);
        self.learn(id.to_string(), name);
        id
    }

    /// What the calls for an intent that no order knows go by.
    pub fn orphan(&mut self, order: OrderId, intent: &IntentId, name: &str) {
        let id = orphan::id_of(order, intent);
        self.learn(id.to_string(), &format!("orphan-{name}-{}", intent.0));
        self.learn(format!("{id:?}"), &format!("orphan-{name}-{}", intent.0));
    }

    /// A cart that nobody derived, in the shard that its name says.
    pub fn cart(&mut self, name: &str) -> CartId {
        let (base, shard) = self.parts(name);
        let id = CartId { slot: self.slot(shard), hash: u128::from(hash(base)) };
        self.learn(format!("{id:?}"), name);
        self.learn(id.to_string(), name);
        id
    }

    pub fn collection(&mut self, name: &str) -> CollectionId {
        let id = CollectionId(u128::from(hash(name)));
        self.learn(format!("{id:?}"), name);
        id
    }

    pub fn key(&mut self, name: &str) -> KeyId {
        let id = KeyId(hash(name));
        self.learn(format!("{id:?}"), name);
        id
    }

    pub fn endpoint(&mut self, name: &str) -> EndpointId {
        let id = EndpointId(u128::from(hash(name)));
        self.learn(format!("{id:?}"), name);
        id
    }

    /// The consumer of that name.
    pub fn consumer(&mut self, name: &str) {
        let id = ConsumerId::of(name);
        self.learn(format!("{id:?}"), name);
        self.learn(id.to_string(), name);
    }

    pub fn fulfillment(&mut self, name: &str) -> FulfillmentId {
        let id = FulfillmentId(u128::from(hash(name)));
        self.learn(format!("{id:?}"), name);
        id
    }

    pub fn return_(&mut self, name: &str) -> ReturnId {
        let id = ReturnId(u128::from(hash(name)));
        self.learn(format!("{id:?}"), name);
        id
    }

    pub fn refund(&mut self, name: &str) -> RefundId {
        let id = RefundId(u128::from(hash(name)));
        self.learn(format!("{id:?}"), name);
        id
    }

    pub fn shipping_method(&mut self, name: &str) -> ShippingMethodId {
        let id = ShippingMethodId(u128::from(hash(name)));
        self.learn(format!("{id:?}"), name);
        self.learn(id.to_string(), name);
        id
    }

    /// The promotion of a code; answers show the code.
    pub fn promotion(&mut self, code: &str) -> PromotionId {
        let id = PromotionId::of(code);
        self.learn(format!("{id:?}"), code);
        self.learn(id.to_string(), code);
        id
    }

    /// The location of that name; `default` is the one that is always there.
    pub fn location(&mut self, name: &str) -> LocationId {
        let id = match name {
            "default" => LocationId::DEFAULT,
            name => LocationId(u128::from(hash(name))),
        };
        self.learn(format!("{id:?}"), name);
        self.learn(id.to_string(), name);
        id
    }

    pub fn hold(&mut self, name: &str) -> HoldId {
        let id = HoldId(u128::from(hash(name)));
        self.learn(format!("{id:?}"), name);
        id
    }

    /// Prints `name` from now on, wherever an answer prints `text`.
    pub fn learn(&mut self, text: String, name: &str) {
        self.known.insert(text, name.to_owned());
    }

    /// An answer with names in place of ids.
    pub fn spell_out(&self, said: &str) -> String {
        self.known.iter().fold(said.to_owned(), |said, (id, name)| said.replace(id, name))
    }

    fn slot(&self, shard: ShardId) -> Slot {
        (0..SLOTS).map(Slot).find(|slot| self.topology.shard_of(*slot) == shard).unwrap()
    }

    fn parts<'a>(&self, name: &'a str) -> (&'a str, ShardId) {
        let (base, shard) = name.split_once('@').unwrap_or((name, "1"));
        (base, ShardId(shard.parse().expect("a shard number after `@`")))
    }
}

/// A number for a name; distinct names of one script are told apart by more than luck: see `learn`.
fn hash(name: &str) -> u64 {
    name.bytes().fold(7, |hash, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)))
}
