//! What comes back of an order, and what is lost: returns and parcels that never arrive.

use std::collections::BTreeMap;

use engine_core::order::{
    Condition, FulfillmentState, LineUnits, Lost, MadeUp, Received, ReturnState,
};
use engine_core::{
    ApproveReturn, CancelReturn, Command, Field, LoseFulfillment, OrderId, ReceiveReturn,
    RejectReturn, Rejection, RequestReturn, ReturnId,
};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::fulfillment::Pay;
use super::naive::{Order, Stage};
use super::stock::out_of_range;
use super::world::World;

/// How many returns a customer tries for an order.
const RETURNS: u128 = 3;

/// Units that a customer sends back.
#[derive(Debug, Clone)]
pub struct Back {
    pub lines: BTreeMap<u32, u32>,
    pub state: ReturnState,
}

/// Units of lines that are on hand again.
pub type Restocked = Vec<(u32, u32)>;

impl World {
    /// A customer sends something back, or a carrier loses something.
    pub fn any_back(&mut self, order: OrderId, expected_version: Option<u64>) -> Command {
        let any = ReturnId(self.rng.random_range(1..=RETURNS));
        let after = &self.model.orders[&order].after;
        let in_state = |state| after.returns.iter().find(|(_, it)| it.state == state);
        let named = |state| in_state(state).map_or(any, |(id, _)| *id);
        let (asked, approved) = (named(ReturnState::Requested), named(ReturnState::Approved));
        let sent = after.parcels.iter().find(|(_, it)| it.state == FulfillmentState::Shipped);
        let sent = sent.map(|(id, _)| *id).unwrap_or(engine_core::FulfillmentId(any.0));
        let reason = "too small".to_owned();
        match self.rng.random_range(0..20) {
            16.. => self.any_reship(order, expected_version),
            0..5 => {
                let lines = self.any_units(order);
                let owner = Some(self.model.orders[&order].owner.clone());
                let owner = owner.filter(|_| self.rng.random_bool(0.8));
                Command::RequestReturn(RequestReturn { order, owner, id: any, lines, reason })
            }
            5..9 => Command::ApproveReturn(ApproveReturn { order, expected_version, id: asked }),
            9 => {
                let id = asked;
                Command::RejectReturn(RejectReturn { order, expected_version, id, reason })
            }
            10 => Command::CancelReturn(CancelReturn { order, owner: None, id: any }),
            11..14 => {
                let some = self.rng.random_bool(0.5);
                let received = some.then(|| self.any_received(order));
                let refund = self.rng.random_bool(0.3).then(|| self.rng.random_range(-1..900));
                Command::ReceiveReturn(ReceiveReturn {
                    order,
                    expected_version,
                    id: approved,
                    received,
                    refund,
                })
            }
            _ => {
                let how = *[Lost::Gone, Lost::CameBack].choose(&mut self.rng).unwrap();
                let refund = self.rng.random_bool(0.4);
                Command::LoseFulfillment(LoseFulfillment {
                    order,
                    expected_version,
                    id: sent,
                    how,
                    refund,
                })
            }
        }
    }

    fn any_received(&mut self, order: OrderId) -> Vec<Received> {
        let units = self.any_units(order);
        let mut received = Vec::new();
        for LineUnits { line, quantity } in units {
            let condition = *Condition::ALL.choose(&mut self.rng).unwrap();
            received.push(Received { line, quantity, condition });
        }
        received
    }
}

impl Order {
    /// What was expected of a command about what comes back. Says what is on hand again.
    pub fn back(&mut self, command: &Command) -> Result<Restocked, Rejection> {
        match command {
            Command::RequestReturn(c) => self.request(c).map(|()| Restocked::new()),
            Command::ApproveReturn(c) => {
                self.returned(c.id, &[ReturnState::Requested])?.state = ReturnState::Approved;
                Ok(Restocked::new())
            }
            Command::RejectReturn(c) => {
                self.returned(c.id, &[ReturnState::Requested])?.state = ReturnState::Rejected;
                Ok(Restocked::new())
            }
            Command::CancelReturn(c) => {
                use ReturnState::{Approved, Canceled, Requested};
                self.returned(c.id, &[Requested, Approved, Canceled])?.state = Canceled;
                Ok(Restocked::new())
            }
            Command::ReceiveReturn(c) => self.receive(c),
            Command::LoseFulfillment(c) => self.lose(c),
            command => panic!("{command:?} is nothing that comes back"),
        }
    }

    fn returned(&mut self, id: ReturnId, in_: &[ReturnState]) -> Result<&mut Back, Rejection> {
        let back = self.after.returns.get_mut(&id).ok_or(Rejection::ReturnNotFound)?;
        if !in_.contains(&back.state) {
            return Err(Rejection::WrongReturnState { actual: back.state });
        }
        Ok(back)
    }

    fn request(&mut self, command: &RequestReturn) -> Result<(), Rejection> {
        if self.after.returns.contains_key(&command.id) {
            return Err(Rejection::AlreadyExists);
        }
        let arrived = self.after.done.iter().any(|done| done.delivered > 0);
        if self.stage != Stage::Confirmed || self.after.closed || !arrived {
            return Err(Rejection::NotReturnable { status: self.status() });
        }
        let mut left: Vec<u32> =
            self.after.done.iter().map(|done| done.delivered - done.returned).collect();
        for back in self.after.returns.values().filter(|back| back.state.is_open()) {
            back.lines.iter().for_each(|(line, units)| left[*line as usize] -= units);
        }
        let lines = self.check_units(&command.lines, &left)?;
        let lines = lines.into_iter().map(|units| (units.line, units.quantity)).collect();
        let back = Back { lines, state: ReturnState::Requested };
        self.after.returns.insert(command.id, back);
        Ok(())
    }

    fn receive(&mut self, command: &ReceiveReturn) -> Result<Restocked, Rejection> {
        let back = self.returned(command.id, &[ReturnState::Approved])?.clone();
        let condition = Condition::Sellable;
        let all = back.lines.iter().map(|(line, quantity)| Received {
            line: *line,
            quantity: *quantity,
            condition,
        });
        let received = command.received.clone().unwrap_or_else(|| all.collect());
        let mut sums = BTreeMap::<u32, u32>::new();
        let mut order = Vec::new();
        for units in &received {
            let line = self.lines.get(units.line as usize);
            let line = line.ok_or(Rejection::LineNotFound { line: units.line })?;
            if units.quantity == 0 || units.quantity > line.quantity {
                return Err(out_of_range(Field::Quantity, 1, line.quantity.into()));
            }
            if !sums.contains_key(&units.line) {
                order.push(units.line);
            }
            *sums.entry(units.line).or_default() += units.quantity;
        }
        for line in order {
            let (requested, left) = (sums[&line], back.lines.get(&line).copied().unwrap_or(0));
            if requested > left {
                return Err(Rejection::TooManyOfLine { line, requested, left });
            }
        }
        let left = self.after.captured - self.after.asked_back;
        let worth: i64 = sums.iter().map(|(line, units)| self.after.worth(*line, *units)).sum();
        let refund = command.refund.unwrap_or(worth.min(left));
        if refund < 0 {
            return Err(out_of_range(Field::Amount, 0, self.after.captured));
        }
        if refund > left {
            return Err(Rejection::RefundTooLarge { requested: refund, left });
        }
        for units in &received {
            self.after.done[units.line as usize].returned += units.quantity;
        }
        self.returned(command.id, &[ReturnState::Approved])?.state = ReturnState::Received;
        if self.after.pay == Pay::Here {
            self.after.asked_back += refund;
        }
        let sellable = received.iter().filter(|it| it.condition == Condition::Sellable);
        Ok(sellable.map(|it| (it.line, it.quantity)).collect())
    }

    fn lose(&mut self, command: &LoseFulfillment) -> Result<Restocked, Rejection> {
        let parcel = self.parcel(command.id, |state| state == FulfillmentState::Shipped)?;
        let came_back = command.how == Lost::CameBack;
        parcel.state = match command.how {
            Lost::Gone => FulfillmentState::Lost,
            Lost::CameBack => FulfillmentState::ReturnedToSender,
        };
        let lines: Vec<_> = parcel.lines.iter().map(|(line, units)| (*line, *units)).collect();
        let mut worth = 0;
        for (line, units) in &lines {
            worth += self.after.worth(*line, *units);
            self.after.done[*line as usize].lost += units;
        }
        if command.refund && self.after.pay == Pay::Here {
            let left = self.after.captured - self.after.asked_back;
            self.after.asked_back += worth.min(left);
            if worth.min(left) > 0 {
                self.parcel(command.id, |_| true)?.made_up = MadeUp::Refunded;
            }
        }
        Ok(if came_back { lines } else { Restocked::new() })
    }
}
