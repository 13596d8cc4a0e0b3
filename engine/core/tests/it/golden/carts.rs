//! Samples of carts: commands, messages and rows.

use engine_core::cart::{Account, Cart, CartId, CartLine, CartPut, CartState, CartUse, MergedCart};
use engine_core::outbox::Message;
use engine_core::{ClearCart, Command, Deliver, MergeCart, Owner, SetCartLine, ShardId, Slot};

use super::values::*;
use super::{Golden, named};

pub const CART: CartId = CartId { slot: Slot(0x0abc), hash: u128::MAX - 9 };
pub const FROM: CartUse = CartUse { cart: CART, version: 6 };

pub fn hold(golden: &mut Golden) {
    let states = vec![
        CartState::Open,
        CartState::Consumed(ORDER),
        CartState::Merged(owner()),
        CartState::Expired,
    ];
    let carts = states.into_iter().map(named);
    golden.hold(carts.map(|(name, state)| (name, Cart { state, ..cart() })).collect());
    let account = Account::new(owner());
    golden.hold(vec![
        ("new".to_owned(), account.clone()),
        ("with-a-cart".to_owned(), Account { cart: Some(CART), ..account.clone() }),
        ("merged".to_owned(), Account { merged_into: Some(guest()), ..account.clone() }),
        ("with-guests".to_owned(), Account { guests: vec![guest()], ..account }),
    ]);
}

pub fn commands() -> Vec<Command> {
    let owner = owner();
    let expected_version = Some(3);
    vec![
        Command::SetCartLine(SetCartLine {
            owner: owner.clone(),
            cart: CART,
            expected_version,
            product: PRODUCT,
            put: Some(CartPut { quantity: 7, seen: money(2_999) }),
        }),
        Command::ClearCart(ClearCart { owner: owner.clone(), cart: CART, expected_version }),
        Command::MergeCart(MergeCart { guest: guest(), into: owner }),
    ]
}

pub fn message() -> Message {
    Message::TakeInCart(MergedCart {
        guest: guest(),
        into: owner(),
        has_ordered: true,
        cart: Some(CART),
        lines: vec![line()],
    })
}

pub fn delivery() -> Command {
    let (from, first, messages) = (ShardId(5), 6, vec![message()]);
    Command::Deliver(Deliver { from, first, messages })
}

pub fn cart() -> Cart {
    Cart {
        id: CART,
        owner: owner(),
        version: 5,
        created_at: 1_000,
        updated_at: 2_000,
        state: CartState::Open,
        timer_at: 3_000,
        lines: vec![line()],
    }
}

fn line() -> CartLine {
    CartLine { product: PRODUCT, quantity: 7, seen: money(2_999) }
}

fn guest() -> Owner {
    Owner::new("guest_0d").unwrap()
}
