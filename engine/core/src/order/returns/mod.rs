//! Returns: what customers send back. T27–T29.
//!
//! A unit is in at most one open return, and comes back at most once. What comes back can be sold
//! again or not; either way its price goes back, unless the seller says another sum.

mod approve;
mod cancel;
mod receive;
mod reject;
mod request;

use serde::{Deserialize, Serialize};

use super::{Change, LineUnits, Order};
use crate::ids::ReturnId;
use crate::notice::NoticeKind;
use crate::rejection::Rejection;

pub use approve::ApproveReturn;
pub use cancel::CancelReturn;
pub use receive::{Condition, ReceiveReturn, Received};
pub use reject::RejectReturn;
pub use request::RequestReturn;

/// The most returns of one order, those that came to nothing included.
pub const RETURNS_PER_ORDER_MAX: usize = 50;
/// How long a return that was requested or approved is waited for, in milliseconds: 30 days.
pub const RETURN_SHIP_MS: u64 = 30 * 24 * 3_600_000;

/// Units that a customer sends back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Its id.
    pub id: ReturnId,
    /// Where it stands.
    pub state: ReturnState,
    /// What is to come back.
    pub lines: Vec<LineUnits>,
    /// Why, for people.
    pub reason: String,
    /// Why it was rejected, or empty.
    pub rejection: String,
    /// What has come back.
    pub received: Vec<Received>,
    /// When it was requested, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// When it expires if nothing comes, in Unix milliseconds.
    pub expires_at: u64,
}

/// Where a return stands. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReturnState {
    /// The customer wants to send something back.
    Requested,
    /// The shop waits for it.
    Approved,
    /// The shop does not want it.
    Rejected,
    /// It has come back, and was looked at.
    Received,
    /// The customer keeps it.
    Canceled,
    /// Nothing came.
    Expired,
}

impl ReturnState {
    /// Every state, in their order.
    pub const ALL: [Self; 6] = [
        Self::Requested,
        Self::Approved,
        Self::Rejected,
        Self::Received,
        Self::Canceled,
        Self::Expired,
    ];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Received => "received",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }

    /// Something may still come of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Approved)
    }
}

impl Order {
    /// Units of a line that have arrived, did not come back, and are in no open return.
    pub fn returnable_of_line(&self, line: u32) -> u32 {
        let open = self.progress.returns.iter().filter(|it| it.state.is_open());
        let lines = open.flat_map(|it| &it.lines).filter(|units| units.line == line);
        let taken = lines.fold(0_u32, |sum, units| sum.saturating_add(units.quantity));
        let there = self
            .lines
            .get(line as usize)
            .map_or(0, |line| line.progress.delivered.saturating_sub(line.progress.returned));
        there.saturating_sub(taken)
    }

    /// Where a return is in the list, if it is in one of these states: `ReturnNotFound`,
    /// `WrongReturnState`.
    fn return_in(&self, id: ReturnId, states: &[ReturnState]) -> Result<usize, Rejection> {
        let place = self.progress.returns.iter().position(|it| it.id == id);
        let place = place.ok_or(Rejection::ReturnNotFound)?;
        let actual = self.progress.returns[place].state;
        if !states.contains(&actual) {
            return Err(Rejection::WrongReturnState { actual });
        }
        Ok(place)
    }
}

impl Change<'_, '_, '_> {
    /// The return at a place in the list is in another state now.
    fn set_return(&mut self, place: usize, state: ReturnState) {
        let now = self.ctx.now();
        if let Some(it) = self.order.progress.returns.get_mut(place) {
            it.state = state;
            it.updated_at = now;
        }
    }

    /// The return timer has fired: what nothing came of for long enough is over.
    pub(super) fn expire_returns(&mut self) {
        let now = self.ctx.now();
        for place in 0..self.order.progress.returns.len() {
            let it = &self.order.progress.returns[place];
            if it.state.is_open() && it.expires_at <= now {
                self.set_return(place, ReturnState::Expired);
                self.notify(NoticeKind::ReturnExpired);
                self.step_told("T28", "expired");
            }
        }
        self.retime();
    }
}
