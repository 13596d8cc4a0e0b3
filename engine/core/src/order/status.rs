//! The headline status: one total function of an order's parts, so that they cannot disagree.

use serde::{Deserialize, Serialize};

use super::{Ending, Order, Review, Units};
use crate::payment::PaymentState;

/// The headline status. Append only.
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
    Processing,
    PartiallyShipped,
    Shipped,
    Delivered,
    Completed,
    PartiallyReturned,
    Returned,
}

impl Status {
    /// Every status, in their order.
    pub const ALL: [Self; 15] = [
        Self::PaymentPending,
        Self::RequiresAction,
        Self::PaymentUnknown,
        Self::Confirmed,
        Self::Canceling,
        Self::Canceled,
        Self::Expired,
        Self::PaymentFailed,
        Self::Processing,
        Self::PartiallyShipped,
        Self::Shipped,
        Self::Delivered,
        Self::Completed,
        Self::PartiallyReturned,
        Self::Returned,
    ];

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
            Self::Processing => "processing",
            Self::PartiallyShipped => "partially_shipped",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::PartiallyReturned => "partially_returned",
            Self::Returned => "returned",
        }
    }

    /// Nothing more happens to the order by itself.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Canceled | Self::Expired | Self::PaymentFailed | Self::Completed)
    }
}

impl Order {
    /// Where the order stands, in one word.
    pub fn status(&self) -> Status {
        match (self.units, self.ending) {
            (Units::Held, None) => before_confirmation(self.payment.state),
            (Units::Committed, None) => self.status_after_confirmation(),
            (Units::Released, ending) => match ending {
                Some(Ending::Expired) => Status::Expired,
                Some(Ending::PaymentFailed) => Status::PaymentFailed,
                Some(Ending::Customer) | None if self.money_follows() => Status::Canceling,
                Some(Ending::Customer) | None => Status::Canceled,
            },
            (Units::Expiring, _) | (Units::Held | Units::Committed, Some(_)) => Status::Canceling,
        }
    }

    /// It holds units without being confirmed: it counts for [`super::OPEN_ORDERS_MAX`].
    pub fn is_open(&self) -> bool {
        matches!(self.units, Units::Held | Units::Expiring)
    }

    /// The units are free already, and the money is still on its way back (T12b, T23, T24). Money
    /// that came for an order which had ended (T13) does not reopen it.
    fn money_follows(&self) -> bool {
        let state = self.payment.state;
        let here = state == PaymentState::Disputed
            || state.is_captured() && state != PaymentState::Refunded;
        let open = state == PaymentState::Voiding || here;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{OrderId, Owner, ProductId};
    use crate::money::Currency;
    use crate::notice::Contact;
    use crate::order::{Flags, LineProgress, OrderLine, OrderTimers, Progress};
    use crate::payment::{Pay, Payment};
    use crate::pricing::Pricing;

    const UNITS: [Units; 4] = [Units::Held, Units::Expiring, Units::Committed, Units::Released];
    const ENDINGS: [Option<Ending>; 4] =
        [None, Some(Ending::Customer), Some(Ending::Expired), Some(Ending::PaymentFailed)];
    const REVIEWS: [Option<Review>; 9] = [
        None,
        Some(Review::AmountMismatch),
        Some(Review::PaymentUnknown),
        Some(Review::OrphanMoney),
        Some(Review::AuthorizationExpiring),
        Some(Review::FulfillmentOverdue),
        Some(Review::ProviderRefused),
        Some(Review::RefundOverdue),
        Some(Review::Disputed),
    ];

    fn order() -> Order {
        let owner = Owner::new("cus_1").unwrap();
        Order {
            id: OrderId::derive(&owner, "key", 0, 0),
            owner,
            version: 0,
            placed_at: 0,
            updated_at: 0,
            currency: Currency::USD,
            total: 0,
            lines: vec![line()],
            units: Units::Held,
            payment: Payment::new(&Pay::OnAccount),
            ending: None,
            flags: Flags::default(),
            hold_shards: Vec::new(),
            timers: OrderTimers::default(),
            calls: 0,
            calls_pending: 0,
            transitions: 0,
            progress: Progress::default(),
            contact: Contact::default(),
            pricing: Pricing::default(),
        }
    }

    fn line() -> OrderLine {
        OrderLine {
            product: ProductId(1),
            version: 1,
            name: String::new(),
            unit_price: 1,
            quantity: 3,
            progress: LineProgress::default(),
            discount: 0,
            tax: None,
        }
    }

    /// The table of ORDERS.md §2, written down row by row rather than computed.
    fn expected(order: &Order) -> Status {
        let review = order.flags.needs_review;
        match (order.units, order.ending, order.payment.state, review) {
            (Units::Held, None, PaymentState::RequiresAction, _) => Status::RequiresAction,
            (Units::Held, None, PaymentState::Unknown, _) => Status::PaymentUnknown,
            (Units::Held, None, _, _) => Status::PaymentPending,
            (Units::Committed, None, _, _) => Status::Confirmed,
            (Units::Released, Some(Ending::Expired), _, _) => Status::Expired,
            (Units::Released, Some(Ending::PaymentFailed), _, _) => Status::PaymentFailed,
            (Units::Released, _, _, Some(Review::OrphanMoney)) => Status::Canceled,
            (Units::Released, _, PaymentState::Voiding, _) => Status::Canceling,
            (
                Units::Released,
                _,
                PaymentState::Captured
                | PaymentState::PartiallyRefunded
                | PaymentState::Disputed
                | PaymentState::RefundRequested,
                _,
            ) => Status::Canceling,
            (Units::Released, _, _, _) => Status::Canceled,
            (Units::Held | Units::Expiring | Units::Committed, _, _, _) => Status::Canceling,
        }
    }

    #[test]
    fn every_combination_has_its_status() {
        let mut order = order();
        let mut seen = std::collections::BTreeSet::new();
        for units in UNITS {
            for ending in ENDINGS {
                for state in PaymentState::ALL {
                    for needs_review in REVIEWS {
                        for bits in 0..16 {
                            order.units = units;
                            order.ending = ending;
                            order.payment.state = state;
                            order.flags = flags(needs_review, bits);
                            assert_eq!(order.status(), expected(&order), "{order:?}");
                            seen.insert(order.status());
                        }
                    }
                }
            }
        }
        seen.extend(progressed().map(|(_, status)| status));
        assert!(seen.into_iter().eq(Status::ALL), "every status is reachable");
    }

    fn flags(needs_review: Option<Review>, bits: u8) -> Flags {
        let [cancel_requested, reconciling, on_hold, disputed] =
            [1, 2, 4, 8].map(|bit| bits & bit != 0);
        Flags { needs_review, cancel_requested, reconciling, on_hold, disputed }
    }

    /// What became of three units, and where the order stands then.
    fn progressed() -> impl Iterator<Item = (LineProgress, Status)> {
        let rows = [
            ([0, 0, 0, 0, 0], Status::Processing),
            ([2, 0, 0, 0, 0], Status::Processing),
            ([0, 1, 0, 0, 0], Status::PartiallyShipped),
            ([0, 1, 1, 0, 0], Status::PartiallyShipped),
            ([1, 1, 1, 0, 1], Status::PartiallyShipped),
            ([0, 3, 0, 0, 0], Status::Shipped),
            ([0, 3, 2, 0, 2], Status::Shipped),
            ([2, 1, 0, 0, 0], Status::Shipped),
            ([0, 3, 3, 0, 0], Status::Delivered),
            ([2, 1, 1, 0, 0], Status::Delivered),
            ([0, 3, 3, 0, 1], Status::PartiallyReturned),
            ([0, 3, 2, 1, 0], Status::PartiallyReturned),
            ([0, 3, 3, 0, 3], Status::Returned),
            ([1, 2, 1, 1, 1], Status::Returned),
            ([0, 3, 0, 3, 0], Status::Returned),
            ([0, 3, 3, 0, 3], Status::Completed),
        ];
        rows.into_iter().map(|([canceled, shipped, delivered, lost, returned], status)| {
            (LineProgress { canceled, shipped, delivered, lost, returned }, status)
        })
    }

    #[test]
    fn a_confirmed_order_stands_where_its_units_are() {
        let mut order = order();
        order.units = Units::Committed;
        assert_eq!(order.status(), Status::Confirmed);
        order.progress.begun = true;
        for (progress, status) in progressed() {
            order.lines[0].progress = progress;
            order.progress.closed_at = (status == Status::Completed).then_some(1);
            assert_eq!(order.status(), status, "{progress:?}");
        }
    }

    #[test]
    fn an_ended_order_has_no_units() {
        let mut order = order();
        for (units, ending) in UNITS.into_iter().flat_map(|units| ENDINGS.map(|end| (units, end))) {
            order.units = units;
            order.ending = ending;
            if order.status().is_terminal() {
                assert_eq!(units, Units::Released, "none of it was shipped");
            }
        }
    }
}
