//! A guest has signed in: the guest's cart ends, and its lines go to the customer's.

use serde::{Deserialize, Serialize};

use super::{CartState, MergedCart, rows, take_in};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::Owner;
use crate::order;
use crate::outbox::Message;
use crate::rejection::Rejection;

/// Ends a guest's cart, in the guest's shard, and sends its lines to the customer's: once, however
/// often it is asked. From then on the guest places nothing and has no cart.
///
/// Answered with `Nothing`. Refused, in this order: `CartNotFound` (the guest does not live here: a
/// routing error; or is none, or is to go into one), `GuestMerged` into somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeCart {
    /// The guest.
    pub guest: Owner,
    /// The customer that the guest is.
    pub into: Owner,
}

impl MergeCart {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let Self { guest, into } = self;
        let at_home = ctx.shard.topology.of_owner(guest) == ctx.shard.id;
        if !at_home || !guest.is_guest() || into.is_guest() {
            return Err(Rejection::CartNotFound.into());
        }
        let mut account = rows::account(ctx.txn, guest)?;
        if let Some(known) = &account.merged_into {
            if known != into {
                return Err(Rejection::GuestMerged.into());
            }
            ctx.replayed = true;
            return Ok(Reply::Nothing);
        }
        let open = rows::open_cart(ctx.txn, &account)?;
        account.cart = None;
        account.merged_into = Some(into.clone());
        rows::put_account(ctx.txn, &account);
        let has_ordered = order::rows::has_ordered(ctx.txn, guest)?;
        let mut moved = MergedCart {
            guest: guest.clone(),
            into: into.clone(),
            has_ordered,
            cart: None,
            lines: Vec::new(),
        };
        if let Some(mut cart) = open {
            moved.cart = Some(cart.id);
            moved.lines.clone_from(&cart.lines);
            cart.state = CartState::Merged(into.clone());
            rows::put_changed(ctx, &mut cart);
        }
        let home = ctx.shard.topology.of_owner(into);
        if home == ctx.shard.id {
            take_in::receive(ctx, &moved)?;
        } else if moved.has_ordered || !moved.lines.is_empty() {
            ctx.send(home, Message::TakeInCart(moved));
        }
        Ok(Reply::Nothing)
    }
}
