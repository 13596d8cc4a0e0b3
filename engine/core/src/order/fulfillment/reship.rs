//! T35: units are sent once more for others that never arrived, and nobody pays twice.
//!
//! They are committed anew in the shards of their products, which may have too few of them. Units
//! of this shard are taken at once, or the command is refused. Other shards are asked, and answer;
//! until the last has, the new fulfillment is `reserving`. Then the line counts its units as never
//! sent, and all is as with any other fulfillment; or it is out of stock, and what was taken for it
//! is free again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Again, Fulfillment, FulfillmentState, LineUnits, MadeUp, find};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::fault::Fault;
use crate::ids::{FulfillmentId, OrderId, ProductId};
use crate::inventory::{self, UnitsEnd};
use crate::order::{Change, Order, rows};
use crate::outbox::Message;
use crate::rejection::{Rejection, ShortLine};

/// Sends the units of a fulfillment that never arrived once more, without a charge.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `AlreadyExists` (a fulfillment of
/// this id), `FulfillmentNotFound`, `WrongFulfillmentState` (it is not lost or returned to its
/// sender), `AlreadyMadeUp`, `OrderBlocked`, `TooManyFulfillments`, `OutOfStock` with every short
/// line of this shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReshipFulfillment {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// The fulfillment that never arrived.
    pub id: FulfillmentId,
    /// The new fulfillment.
    pub again: FulfillmentId,
}

/// Units that a product's shard is asked for once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The order they are for.
    pub order: OrderId,
    /// The fulfillment they are sent in.
    pub fulfillment: FulfillmentId,
    /// Which product.
    pub product: ProductId,
    /// How many units.
    pub quantity: u32,
}

impl ReshipFulfillment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        if order.progress.fulfillments.iter().any(|it| it.id == self.again) {
            return Err(Rejection::AlreadyExists.into());
        }
        let place = order.place_of(self.id)?;
        let lost = &order.progress.fulfillments[place];
        if !lost.state.is_lost() {
            return Err(Rejection::WrongFulfillmentState { actual: lost.state }.into());
        }
        if lost.made_up != MadeUp::No {
            return Err(Rejection::AlreadyMadeUp { how: lost.made_up }.into());
        }
        order.check_unblocked()?;
        order.check_room()?;
        let lines = lost.lines.clone();
        let mut change = Change::of(ctx, order);
        let again = change.ask_for(self, &lines)?;
        if !again.short.is_empty() {
            return Err(Rejection::OutOfStock { lines: again.short }.into());
        }
        let (now, waits) = (change.ctx.now(), !again.waits.is_empty());
        let fulfillments = &mut change.order.progress.fulfillments;
        fulfillments[place].made_up = MadeUp::Reshipped(self.again);
        fulfillments.push(Fulfillment {
            state: FulfillmentState::Reserving,
            again: Some(Box::new(again)),
            ..Fulfillment::new(self.again, lines, now)
        });
        if waits {
            change.step_told("T35", FulfillmentState::Reserving.as_str());
        } else {
            change.decide_again(change.order.progress.fulfillments.len() - 1)?;
        }
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

/// A product's shard has answered: units are committed once more, or there are only so many. An
/// answer that nobody waits for is none.
pub(crate) fn taken_again(
    ctx: &mut Ctx<'_, '_>,
    asked: Asked,
    short: Option<u32>,
) -> Result<(), Fault> {
    let Some(order) = rows::order(ctx.txn, asked.order)? else { return Ok(()) };
    let Ok(place) = order.place_of(asked.fulfillment) else { return Ok(()) };
    let mut change = Change::of(ctx, order);
    let again = &mut change.order.progress.fulfillments[place].again;
    let Some(again) = again.as_mut().filter(|it| it.waits.contains(&asked.product)) else {
        return Ok(());
    };
    again.waits.retain(|product| *product != asked.product);
    again.answered(asked, short);
    change.decide_again(place)?;
    change.save()?;
    Ok(())
}

impl Again {
    fn answered(&mut self, asked: Asked, short: Option<u32>) {
        let Asked { product, quantity, .. } = asked;
        match short {
            None => self.taken.push(product),
            Some(available) => {
                self.short.push(ShortLine { product, requested: quantity.into(), available })
            }
        }
    }
}

impl Order {
    /// The units of each product in some lines.
    pub(crate) fn units_of(&self, lines: &[LineUnits]) -> BTreeMap<ProductId, u32> {
        let mut sums = BTreeMap::new();
        for units in lines {
            let Some(line) = self.lines.get(units.line as usize) else { continue };
            let sum: &mut u32 = sums.entry(line.product).or_default();
            *sum = sum.saturating_add(units.quantity);
        }
        sums
    }
}

impl Change<'_, '_, '_> {
    /// Takes the units of this shard's products, and asks other shards for those of theirs.
    fn ask_for(
        &mut self,
        command: &ReshipFulfillment,
        lines: &[LineUnits],
    ) -> Result<Again, Fault> {
        let &ReshipFulfillment { order, id: of, again: fulfillment, .. } = command;
        let (waits, taken, short) = (Vec::new(), Vec::new(), Vec::new());
        let mut again = Again { of, waits, taken, short };
        for (product, quantity) in self.order.units_of(lines) {
            let asked = Asked { order, fulfillment, product, quantity };
            let shard = self.ctx.shard.topology.of_product(product);
            if shard == self.ctx.shard.id {
                let short = inventory::take_again(self.ctx, order, (product, quantity))?.err();
                again.answered(asked, short);
            } else {
                self.ctx.send(shard, Message::TakeAgain(asked));
                again.waits.push(product);
            }
        }
        Ok(again)
    }

    /// Once every shard has answered: the units wait for shipping, or what was taken is free again.
    fn decide_again(&mut self, place: usize) -> Result<(), Fault> {
        let fulfillment = self.order.progress.fulfillments[place].clone();
        let Some(again) = fulfillment.again else { return Ok(()) };
        if !again.waits.is_empty() {
            return Ok(());
        }
        if again.short.is_empty() {
            for units in &fulfillment.lines {
                let Some(line) = self.order.lines.get_mut(units.line as usize) else { continue };
                line.progress.shipped = line.progress.shipped.saturating_sub(units.quantity);
                line.progress.lost = line.progress.lost.saturating_sub(units.quantity);
            }
            self.set_state(place, FulfillmentState::Picking);
        } else {
            for (product, quantity) in self.order.units_of(&fulfillment.lines) {
                if again.taken.contains(&product) {
                    self.end_units_of(product, quantity, UnitsEnd::Released)?;
                }
            }
            self.set_state(place, FulfillmentState::OutOfStock);
            let mut lost = self.order.progress.fulfillments.iter_mut();
            let lost = lost.find(|it| it.id == again.of);
            lost.into_iter().for_each(|it| it.made_up = MadeUp::No);
        }
        self.retime();
        let state = self.order.progress.fulfillments[place].state;
        self.step_told("T35", if again.short.is_empty() { "reship" } else { state.as_str() });
        Ok(())
    }
}
