//! The headline status: one total function of an order's parts, so that they cannot disagree.

use serde::{Deserialize, Serialize};

use super::{Ending, Order, Review, Units};
use crate::payment::PaymentState;

/// The headline status. Append only; the later ones come with fulfillment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the contract of ORDERS.md §2")]
pub enum Status {
    PaymentPending,
    RequiresAction,
    PaymentUnknown,
    Confirmed,
    Canceling,
    Canceled,
    Expired,
    PaymentFailed,
}

impl Status {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentPending => "payment_pending",
            Self::RequiresAction => "requires_action",
            Self::PaymentUnknown => "payment_unknown",
            Self::Confirmed => "confirmed",
            Self::Canceling => "canceling",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::PaymentFailed => "payment_failed",
        }
    }

    /// Nothing more happens to the order by itself.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Canceled | Self::Expired | Self::PaymentFailed)
    }
}

impl Order {
    /// Where the order stands, in one word.
    pub fn status(&self) -> Status {
        match (self.units, self.ending) {
            (Units::Held, None) => before_confirmation(self.payment.state),
            (Units::Committed, None) => Status::Confirmed,
            (Units::Released, ending) => match ending {
                Some(Ending::Expired) => Status::Expired,
                Some(Ending::PaymentFailed) => Status::PaymentFailed,
                Some(Ending::Customer) | None if self.money_follows() => Status::Canceling,
                Some(Ending::Customer) | None => Status::Canceled,
            },
            (Units::Expiring, _) | (Units::Held | Units::Committed, Some(_)) => Status::Canceling,
        }
    }

    /// The units are free already, and the money is still on its way back (T12b, T23, T24). Money
    /// that came for an order which had ended (T13) does not reopen it.
    fn money_follows(&self) -> bool {
        let open =
            matches!(self.payment.state, PaymentState::Voiding | PaymentState::RefundRequested);
        open && self.flags.needs_review != Some(Review::OrphanMoney)
    }
}

fn before_confirmation(payment: PaymentState) -> Status {
    match payment {
        PaymentState::RequiresAction => Status::RequiresAction,
        PaymentState::Unknown => Status::PaymentUnknown,
        _ => Status::PaymentPending,
    }
}
