//! An order while a command changes it: what every transition is written with.
//!
//! A transition changes the order's parts through [`Change`], says its name with [`Change::step`],
//! and the command stores the order once with [`Change::save`].

use super::{Flags, Order, OrderTimers, Review, Transition, Units, rows};
use crate::apply::Ctx;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::feed::Event;
use crate::ids::{OrderId, ProductId, ShardId};
use crate::inventory::{self, HoldRef, UnitsEnd};
use crate::order::Status;
use crate::outbox::Message;

/// An order being changed.
pub(crate) struct Change<'c, 'a, 'v> {
    pub ctx: &'c mut Ctx<'a, 'v>,
    pub order: Order,
    /// The status that the history and the feed know; none before it is placed.
    told: Option<Status>,
    /// Its version and what clients see beside the status, as they were stored.
    seen: (u64, Flags),
    /// It is counted among its owner's orders that hold units.
    counted_open: bool,
}

/// The timers an order can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderTimer {
    Hold,
    Reconcile,
    AuthExpiry,
    FulfillSla,
    Repay,
    Deliver,
    ReturnWindow,
    RefundPending,
    ReturnShip,
}

impl OrderTimer {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Hold,
        Self::Reconcile,
        Self::AuthExpiry,
        Self::FulfillSla,
        Self::Repay,
        Self::Deliver,
        Self::ReturnWindow,
        Self::RefundPending,
        Self::ReturnShip,
    ];

    /// What the due index calls it.
    pub fn kind(self, order: OrderId) -> TimerKind {
        match self {
            Self::Hold => TimerKind::OrderHold(order),
            Self::Reconcile => TimerKind::Reconcile(order),
            Self::AuthExpiry => TimerKind::AuthExpiry(order),
            Self::FulfillSla => TimerKind::FulfillSla(order),
            Self::Repay => TimerKind::Repay(order),
            Self::Deliver => TimerKind::Deliver(order),
            Self::ReturnWindow => TimerKind::ReturnWindow(order),
            Self::RefundPending => TimerKind::RefundPending(order),
            Self::ReturnShip => TimerKind::ReturnShip(order),
        }
    }

    /// When it is armed for.
    pub fn of(self, timers: &OrderTimers) -> Option<u64> {
        match self {
            Self::Hold => timers.hold,
            Self::Reconcile => timers.reconcile,
            Self::AuthExpiry => timers.auth_expiry,
            Self::FulfillSla => timers.fulfill_sla,
            Self::Repay => timers.repay,
            Self::Deliver => timers.deliver,
            Self::ReturnWindow => timers.return_window,
            Self::RefundPending => timers.refund_pending,
            Self::ReturnShip => timers.return_ship,
        }
    }

    fn slot(self, timers: &mut OrderTimers) -> &mut Option<u64> {
        match self {
            Self::Hold => &mut timers.hold,
            Self::Reconcile => &mut timers.reconcile,
            Self::AuthExpiry => &mut timers.auth_expiry,
            Self::FulfillSla => &mut timers.fulfill_sla,
            Self::Repay => &mut timers.repay,
            Self::Deliver => &mut timers.deliver,
            Self::ReturnWindow => &mut timers.return_window,
            Self::RefundPending => &mut timers.refund_pending,
            Self::ReturnShip => &mut timers.return_ship,
        }
    }
}

impl Order {
    /// A shard, this one or another, has units for the order that were neither sent nor canceled,
    /// is asked for some once more, or counts a use of its promotion.
    pub(super) fn has_units_left_in(&self, ctx: &Ctx<'_, '_>, shard: ShardId) -> bool {
        let there = |product| ctx.shard.topology.of_product(product) == shard;
        let mut left = self.lines.iter().filter(|line| line.unshipped() > 0);
        let mut asked = self.progress.fulfillments.iter();
        self.is_counted_in(ctx, shard)
            || left.any(|line| there(line.product))
            || asked.any(|it| it.is_reserving() && self.units_of(&it.lines).into_keys().any(there))
    }

    /// A shard, this one or another, has or had units for the order, or counts a use of its
    /// promotion.
    pub(super) fn has_units_in(&self, ctx: &Ctx<'_, '_>, shard: ShardId) -> bool {
        let mut lines = self.lines.iter();
        self.is_counted_in(ctx, shard)
            || lines.any(|line| ctx.shard.topology.of_product(line.product) == shard)
    }

    fn is_counted_in(&self, ctx: &Ctx<'_, '_>, shard: ShardId) -> bool {
        let counts = |promotion| ctx.shard.topology.of_promotion(promotion) == shard;
        self.pricing.limited_promotion().is_some_and(counts)
    }
}

impl<'c, 'a, 'v> Change<'c, 'a, 'v> {
    /// An order that is being placed.
    pub fn placing(ctx: &'c mut Ctx<'a, 'v>, order: Order) -> Self {
        let seen = (order.version, order.flags.clone());
        Self { ctx, order, told: None, seen, counted_open: false }
    }

    /// An order that exists.
    pub fn of(ctx: &'c mut Ctx<'a, 'v>, order: Order) -> Self {
        let (told, counted_open) = (Some(order.status()), order.is_open());
        let seen = (order.version, order.flags.clone());
        Self { ctx, order, told, seen, counted_open }
    }

    /// Stores the order as it is now. Who compares versions sees every change of its flags.
    pub fn save(mut self) -> Result<Order, Fault> {
        let (version, flags) = &self.seen;
        if self.order.version == *version && self.order.flags != *flags {
            self.order.version = version.saturating_add(1);
            self.order.updated_at = self.ctx.now();
        }
        rows::put_order(self.ctx.txn, &self.order);
        let open = self.order.is_open();
        if open != self.counted_open {
            rows::count_open(self.ctx.txn, &self.order.owner, open)?;
        }
        Ok(self.order)
    }

    /// Ends a transition: its history row and, if the headline is another, its event. Who ordered
    /// is told of an end here; of all else they are told where it happens.
    pub fn step(&mut self, name: &str, note: &str) {
        let order = &mut self.order;
        let (at, to) = (self.ctx.now(), order.status());
        let (name, note) = (name.to_owned(), note.to_owned());
        let step = Transition { at, name, from: self.told, to, note };
        rows::put_step(self.ctx.txn, order.id, order.transitions, &step);
        order.transitions = order.transitions.saturating_add(1);
        order.version = order.version.saturating_add(1);
        order.updated_at = at;
        if self.told != Some(to) {
            self.told = Some(to);
            let (order, owner) = (order.id, order.owner.clone());
            self.ctx.emit(Event::OrderChanged { order, owner, status: to });
            self.notify_ended(to);
        }
    }

    /// Ends a transition that the feed tells of even where the headline stays the same.
    pub fn step_told(&mut self, name: &str, note: &str) {
        let told = self.told;
        self.step(name, note);
        if let Some(status) = told.filter(|told| self.told == Some(*told)) {
            let (order, owner) = (self.order.id, self.order.owner.clone());
            self.ctx.emit(Event::OrderChanged { order, owner, status });
        }
    }

    /// Arms a timer, or moves it.
    pub fn arm(&mut self, timer: OrderTimer, at: u64) {
        self.disarm(timer);
        self.ctx.arm(at, timer.kind(self.order.id));
        *timer.slot(&mut self.order.timers) = Some(at);
    }

    /// Disarms a timer, if it is armed.
    pub fn disarm(&mut self, timer: OrderTimer) {
        if let Some(at) = timer.slot(&mut self.order.timers).take() {
            self.ctx.disarm(at, timer.kind(self.order.id));
        }
    }

    /// Notes that a timer has fired: its row is gone.
    pub fn fired(&mut self, timer: OrderTimer) {
        *timer.slot(&mut self.order.timers) = None;
    }

    /// Disarms every timer.
    pub fn disarm_all(&mut self) {
        OrderTimer::ALL.into_iter().for_each(|timer| self.disarm(timer));
    }

    /// Asks a person to look. A reason stays until a more urgent one comes.
    pub fn review(&mut self, reason: Review) {
        let flag = &mut self.order.flags.needs_review;
        if flag.is_none_or(|there| there.urgency() < reason.urgency()) {
            *flag = Some(reason);
        }
    }

    /// Commits the order's units, here and in the other shards.
    pub fn commit_units(&mut self) -> Result<(), Fault> {
        let order = self.order.id;
        self.order.units = Units::Committed;
        if self.order.has_units_in(self.ctx, self.ctx.shard.id) {
            inventory::commit_units(self.ctx, HoldRef::Order(order))?;
        }
        self.tell(Message::CommitHold(order));
        Ok(())
    }

    /// Gives the order's units back, here and in the other shards.
    pub fn release_units(&mut self) -> Result<(), Fault> {
        let order = self.order.id;
        self.order.units = Units::Released;
        rows::list_promotion(self.ctx.txn, &self.order);
        if inventory::rows::hold(self.ctx.txn, HoldRef::Order(order))?.is_some() {
            inventory::release_units(self.ctx, HoldRef::Order(order))?;
        }
        self.tell(Message::ReleaseHold(order));
        Ok(())
    }

    /// Ends the commitment of units of a product, here or in its shard.
    pub fn end_units_of(
        &mut self,
        product: ProductId,
        quantity: u32,
        how: UnitsEnd,
    ) -> Result<(), Fault> {
        let order = self.order.id;
        let shard = self.ctx.shard.topology.of_product(product);
        if shard == self.ctx.shard.id {
            return inventory::end_units(self.ctx, order, (product, quantity), how);
        }
        self.ctx.send(shard, Message::EndUnits { order, product, quantity, how });
        Ok(())
    }

    /// Puts units of a product that came back on hand again, here or in its shard.
    pub fn restock(&mut self, product: ProductId, quantity: u32) -> Result<(), Fault> {
        let order = self.order.id;
        let shard = self.ctx.shard.topology.of_product(product);
        if shard == self.ctx.shard.id {
            return inventory::restock(self.ctx, order, product, quantity);
        }
        self.ctx.send(shard, Message::Restock { order, product, quantity });
        Ok(())
    }

    /// Tells every other shard that holds units for the order.
    pub fn tell(&mut self, message: Message) {
        self.order.hold_shards.iter().for_each(|shard| self.ctx.send(*shard, message.clone()));
    }
}
