//! Random commands about carts, and messages that no shard has sent.

use engine_core::cart::{CartId, CartLine, CartPut, CartUse, MergedCart};
use engine_core::outbox::Message;
use engine_core::{ClearCart, Command, MergeCart, Owner, SetCartLine, Slot};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let owner = v.owner();
    let cart = cart(v, &owner);
    let expected_version = v.random.random_bool(0.2).then(|| v.small());
    match v.random.random_range(0..10) {
        0..6 => {
            let put = v.maybe(|v| CartPut { quantity: v.u32(), seen: v.money() });
            let product = v.product();
            Command::SetCartLine(SetCartLine { owner, cart, expected_version, product, put })
        }
        6 => Command::ClearCart(ClearCart { owner, cart, expected_version }),
        _ => Command::MergeCart(MergeCart { guest: v.owner(), into: owner }),
    }
}

pub fn used(v: &mut Values, owner: &Owner) -> CartUse {
    CartUse { cart: cart(v, owner), version: v.small() }
}

pub fn message(v: &mut Values) -> Message {
    let guest = v.owner();
    let line =
        |v: &mut Values| CartLine { product: v.product(), quantity: v.u32(), seen: v.money() };
    Message::TakeInCart(MergedCart {
        has_ordered: v.random.random(),
        cart: v.maybe(|v| cart(v, &guest)),
        guest,
        into: v.owner(),
        lines: v.many(3, line),
    })
}

/// Mostly one that fits the owner.
fn cart(v: &mut Values, owner: &Owner) -> CartId {
    let slot = match v.random.random_range(0..20) {
        0 => Slot(u16::MAX),
        1 => Slot(0),
        _ => owner.slot(),
    };
    CartId { slot, hash: v.random.random_range(0..4) }
}
