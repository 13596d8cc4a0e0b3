//! T29: what a customer sent back is here, and was looked at.

use serde::{Deserialize, Serialize};

use super::{Return, ReturnState};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, ReturnId};
use crate::order::fulfillment::find;
use crate::order::{Change, LineUnits, Order};
use crate::rejection::{Field, Rejection};

/// Takes in what came of an approved return. What can be sold again is on hand again; what it cost,
/// or what the seller says, goes back. What did not come is not waited for.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `ReturnNotFound`, `WrongReturnState`
/// (it is not approved), `OutOfRange` (lines), `LineNotFound`, `OutOfRange` (quantity),
/// `TooManyOfLine` (more than is to come back), `OutOfRange` (refund), `RefundTooLarge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveReturn {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which return.
    pub id: ReturnId,
    /// What came; none for all of it, as good as new.
    pub received: Option<Vec<Received>>,
    /// How much goes back, in minor units; none for what the units cost, as far as it is there.
    pub refund: Option<i64>,
}

/// Units that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Which line: its place in the order, from 0.
    pub line: u32,
    /// How many units: at least 1.
    pub quantity: u32,
    /// What they are like.
    pub condition: Condition,
}

/// What units are like that came back. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// They can be sold again.
    Sellable,
    /// They cannot.
    Damaged,
}

impl Condition {
    /// Every one, in their order.
    pub const ALL: [Self; 2] = [Self::Sellable, Self::Damaged];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sellable => "sellable",
            Self::Damaged => "damaged",
        }
    }
}

impl ReceiveReturn {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.return_in(self.id, &[ReturnState::Approved])?;
        let received = self.check_received(&order, &order.progress.returns[place])?;
        let left = self.check_refund(&order)?;
        let mut change = Change::of(ctx, order);
        change.set_return(place, ReturnState::Received);
        let mut worth = 0_i64;
        for units in &received {
            let Some(line) = change.order.lines.get_mut(units.line as usize) else { continue };
            worth = worth.saturating_add(line.worth(units.quantity));
            line.progress.returned += units.quantity;
            let product = line.product;
            if units.condition == Condition::Sellable {
                change.restock(product, units.quantity)?;
            }
        }
        change.order.progress.returns[place].received = received;
        if change.order.payment.state.has_come() {
            change.request_refund(self.refund.unwrap_or(worth).min(left), "returned");
        }
        change.retime();
        change.step_told("T29", "");
        Ok(Reply::Order(Box::new(change.save()?)))
    }

    /// What came, at most what is to come; a line may come in both conditions.
    fn check_received(&self, order: &Order, it: &Return) -> Result<Vec<Received>, Rejection> {
        let condition = Condition::Sellable;
        let all = it.lines.iter().map(|&LineUnits { line, quantity }| Received {
            line,
            quantity,
            condition,
        });
        let received = self.received.clone().unwrap_or_else(|| all.collect());
        let max = order.lines.len() as i64;
        if !(1..=2 * order.lines.len()).contains(&received.len()) {
            return Err(Rejection::OutOfRange { field: Field::Lines, min: 1, max });
        }
        let expected = |line: u32| it.lines.iter().find(|units| units.line == line);
        let mut sums: Vec<LineUnits> = Vec::new();
        for &Received { line, quantity, .. } in &received {
            let ordered = order.lines.get(line as usize).ok_or(Rejection::LineNotFound { line })?;
            if !(1..=ordered.quantity).contains(&quantity) {
                let max = i64::from(ordered.quantity);
                return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max });
            }
            match sums.iter_mut().find(|sum| sum.line == line) {
                Some(sum) => sum.quantity = sum.quantity.saturating_add(quantity),
                None => sums.push(LineUnits { line, quantity }),
            }
        }
        for LineUnits { line, quantity: requested } in sums {
            let left = expected(line).map_or(0, |units| units.quantity);
            if requested > left {
                return Err(Rejection::TooManyOfLine { line, requested, left });
            }
        }
        Ok(received)
    }

    /// What can still go back: no less than what the seller says.
    fn check_refund(&self, order: &Order) -> Result<i64, Rejection> {
        let left = order.refundable();
        let Some(requested) = self.refund else { return Ok(left) };
        if requested < 0 {
            let max = order.payment.captured;
            return Err(Rejection::OutOfRange { field: Field::Amount, min: 0, max });
        }
        if requested > left {
            return Err(Rejection::RefundTooLarge { requested, left });
        }
        Ok(left)
    }
}
