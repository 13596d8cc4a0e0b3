//! Takes in messages of another shard, and forgets those that another shard has taken in.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::cart;
use crate::command::Reply;
use crate::fault::Fault;
use crate::ids::ShardId;
use crate::inventory::{self, HoldRef, commit_units, end_units, release_units, restock};
use crate::keys::Key;
use crate::order;
use crate::outbox::{self, Message, Sequence};
use crate::rejection::Rejection;

/// Delivers messages in order. Those delivered before are skipped; a gap is refused
/// (`DeliveryGap`). No message fails: where it does not apply it is a no-op. Answered with the last
/// one delivered, also by an earlier delivery, so that a sender that knows less catches up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    /// Whose messages.
    pub from: ShardId,
    /// The number of the first.
    pub first: u64,
    /// The messages, numbered from `first` on.
    pub messages: Vec<Message>,
}

/// Deletes the rows whose messages their receiver has, all of them, at most
/// [`Acknowledge::ROWS_MAX`] rows at once. Answered with the last message deleted, or `Nothing`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledge {
    /// Who has them.
    pub to: ShardId,
    /// The number of the last one it has.
    pub through: u64,
}

impl Acknowledge {
    /// The most rows one command deletes.
    pub const ROWS_MAX: usize = 256;
}

impl Deliver {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let before = outbox::delivered(ctx.txn, self.from)?;
        let expected = before.saturating_add(1);
        if self.first > expected {
            return Err(Rejection::DeliveryGap { expected }.into());
        }
        let mut through = before;
        for (number, message) in (self.first..).zip(&self.messages) {
            if number > before {
                take_in(ctx, self.from, message)?;
                through = number;
            }
        }
        if through != before {
            ctx.txn.put(&Key::Delivered { from: self.from }, &Sequence(through));
        }
        Ok(Reply::Delivered { through })
    }
}

/// Does what one message says, or nothing where it does not apply. Only the order's own shard, and
/// never this one, can tell what becomes of its units here.
fn take_in(ctx: &mut Ctx<'_, '_>, sender: ShardId, message: &Message) -> Result<(), Fault> {
    let decides = |ctx: &Ctx<'_, '_>, order| {
        sender != ctx.shard.id && sender == ctx.shard.topology.of_order(order)
    };
    match *message {
        Message::CommitHold(order) if decides(ctx, order) => {
            commit_units(ctx, HoldRef::Order(order))?;
        }
        Message::ReleaseHold(order) if decides(ctx, order) => {
            release_units(ctx, HoldRef::Order(order))?;
        }
        Message::EndUnits { order, product, quantity, how } if decides(ctx, order) => {
            end_units(ctx, order, (product, quantity), how)?;
        }
        Message::Restock { order, product, quantity } if decides(ctx, order) => {
            restock(ctx, order, product, quantity)?;
        }
        Message::TakeAgain(asked) if decides(ctx, asked.order) => {
            let wanted = (asked.product, asked.quantity);
            let short = inventory::take_again(ctx, asked.order, wanted)?.err();
            ctx.send(sender, Message::TakenAgain { asked, short });
        }
        Message::TakenAgain { asked, short } => {
            if sender != ctx.shard.id && sender == ctx.shard.topology.of_product(asked.product) {
                order::taken_again(ctx, asked, short)?;
            }
        }
        Message::CommitHold(_)
        | Message::ReleaseHold(_)
        | Message::EndUnits { .. }
        | Message::Restock { .. }
        | Message::TakeAgain(_) => {}
        Message::Location(ref location) if sender == ShardId::META => {
            inventory::learn(ctx, location)?;
        }
        Message::Location(_) => {}
        Message::AskOrder { order, from } => order::resolve(ctx, order, from)?,
        Message::TakeInCart(ref moved) => cart::take_in(ctx, sender, moved)?,
    }
    Ok(())
}

impl Acknowledge {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let before = outbox::acknowledged(ctx.txn, self.to)?;
        let mut through = before;
        for (first, row) in outbox::rows(ctx.txn, self.to, before, Self::ROWS_MAX)? {
            let last = first + row.len() as u64 - 1;
            if last > self.through {
                break;
            }
            ctx.txn.delete(&Key::Outbox { to: self.to, sequence: first });
            through = last;
        }
        if through == before {
            return Ok(Reply::Nothing);
        }
        ctx.txn.put(&Key::Acknowledged { to: self.to }, &Sequence(through));
        Ok(Reply::Delivered { through })
    }
}
