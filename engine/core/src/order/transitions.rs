//! The transitions of an order: what each is called, what it means, and between which statuses it
//! leads. docs/order-states.md is drawn from it; tests hold that nothing else happens, and that
//! each of them does.

use super::Status::{
    self, Canceled, Canceling, Completed, Confirmed, Delivered, Expired, PartiallyReturned,
    PartiallyShipped, PaymentFailed, PaymentPending, PaymentUnknown, Processing, RequiresAction,
    Returned, Shipped,
};

/// One transition.
#[derive(Debug)]
pub struct TransitionRow {
    /// As the history tells it.
    pub name: &'static str,
    /// What it means.
    pub what: &'static str,
    /// It may leave the status as it was.
    pub stays: bool,
    /// Between which statuses it leads; from none: the order is placed.
    pub ways: &'static [(Option<Status>, Status)],
}

/// All transitions, in the order of their names.
pub const TRANSITIONS: &[TransitionRow] = &[
    TransitionRow {
        name: "T1",
        what: "placed, to be paid by card, if anything is due",
        stays: false,
        ways: &[(None, Confirmed), (None, PaymentPending)],
    },
    TransitionRow {
        name: "T1o",
        what: "placed on account",
        stays: false,
        ways: &[(None, Confirmed)],
    },
    TransitionRow {
        name: "T2",
        what: "the provider has an intent",
        stays: true,
        ways: &[(Some(RequiresAction), PaymentPending), (Some(PaymentUnknown), PaymentPending)],
    },
    TransitionRow {
        name: "T3",
        what: "the provider refuses an intent",
        stays: true,
        ways: &[
            (Some(PaymentPending), PaymentFailed),
            (Some(PaymentUnknown), Canceled),
            (Some(PaymentUnknown), PaymentFailed),
        ],
    },
    TransitionRow {
        name: "T4",
        what: "a call has an unknown outcome, or nobody knows it any more",
        stays: true,
        ways: &[
            (Some(PaymentPending), PaymentUnknown),
            (Some(RequiresAction), PaymentUnknown),
            (Some(PaymentUnknown), PaymentPending),
        ],
    },
    TransitionRow {
        name: "T5",
        what: "the bank asks the customer for an action",
        stays: true,
        ways: &[(Some(PaymentPending), RequiresAction), (Some(PaymentUnknown), RequiresAction)],
    },
    TransitionRow {
        name: "T6",
        what: "the money is authorized",
        stays: false,
        ways: &[
            (Some(PaymentPending), Confirmed),
            (Some(RequiresAction), Confirmed),
            (Some(PaymentUnknown), Confirmed),
            (Some(Canceling), Confirmed),
        ],
    },
    TransitionRow {
        name: "T7",
        what: "the money was taken at once",
        stays: false,
        ways: &[
            (Some(PaymentPending), Confirmed),
            (Some(RequiresAction), Confirmed),
            (Some(PaymentUnknown), Confirmed),
            (Some(Canceling), Confirmed),
        ],
    },
    TransitionRow { name: "T7a", what: "another amount than the order's", stays: true, ways: &[] },
    TransitionRow {
        name: "T8",
        what: "declined, or another try with another card",
        stays: true,
        ways: &[(Some(RequiresAction), PaymentPending), (Some(PaymentUnknown), PaymentPending)],
    },
    TransitionRow {
        name: "T9",
        what: "declined for good",
        stays: true,
        ways: &[
            (Some(PaymentPending), Canceling),
            (Some(RequiresAction), Canceling),
            (Some(PaymentUnknown), Canceling),
        ],
    },
    TransitionRow {
        name: "T10",
        what: "the time to pay is over",
        stays: false,
        ways: &[
            (Some(PaymentPending), Canceling),
            (Some(PaymentPending), Expired),
            (Some(RequiresAction), Canceling),
            (Some(PaymentUnknown), Canceling),
        ],
    },
    TransitionRow { name: "T10a", what: "still unknown after a day", stays: true, ways: &[] },
    TransitionRow {
        name: "T11",
        what: "the intent is canceled",
        stays: true,
        ways: &[
            (Some(PaymentPending), PaymentFailed),
            (Some(RequiresAction), PaymentFailed),
            (Some(PaymentUnknown), PaymentFailed),
            (Some(Canceling), Canceled),
            (Some(Canceling), Expired),
            (Some(Canceling), PaymentFailed),
        ],
    },
    TransitionRow {
        name: "T12",
        what: "a late payment is honored",
        stays: false,
        ways: &[(Some(Canceling), Confirmed)],
    },
    TransitionRow {
        name: "T12a",
        what: "a late authorization of a canceled order is voided",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T12b",
        what: "a late payment of a canceled order goes back",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T13",
        what: "money for an order that has ended goes back",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T14",
        what: "a fulfillment is begun or given up",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T15",
        what: "packed; the money is asked for",
        stays: true,
        ways: &[(Some(Confirmed), Processing)],
    },
    TransitionRow {
        name: "T15a",
        what: "the money is there",
        stays: true,
        ways: &[(Some(Confirmed), Processing)],
    },
    TransitionRow {
        name: "T16",
        what: "the money did not come",
        stays: true,
        ways: &[(Some(Confirmed), PaymentFailed)],
    },
    TransitionRow {
        name: "T16a",
        what: "a new payment is begun: the old one is canceled first",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T16b",
        what: "the money of a new payment is authorized",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T17",
        what: "the authorization is about to lapse",
        stays: true,
        ways: &[(Some(Confirmed), Expired)],
    },
    TransitionRow {
        name: "T18",
        what: "sent",
        stays: true,
        ways: &[
            (Some(Processing), PartiallyShipped),
            (Some(Processing), Shipped),
            (Some(PartiallyShipped), Shipped),
        ],
    },
    TransitionRow {
        name: "T19",
        what: "arrived",
        stays: true,
        ways: &[(Some(Shipped), Delivered), (Some(Shipped), PartiallyReturned)],
    },
    TransitionRow {
        name: "T20",
        what: "nothing more can come",
        stays: false,
        ways: &[
            (Some(Delivered), Completed),
            (Some(PartiallyReturned), Completed),
            (Some(Returned), Completed),
        ],
    },
    TransitionRow {
        name: "T21",
        what: "canceled before it was paid",
        stays: true,
        ways: &[
            (Some(PaymentPending), Canceling),
            (Some(PaymentPending), Canceled),
            (Some(RequiresAction), Canceling),
            (Some(PaymentUnknown), Canceling),
        ],
    },
    TransitionRow {
        name: "T22",
        what: "to be canceled as soon as the payment is known",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T23",
        what: "canceled, the authorization is voided",
        stays: false,
        ways: &[(Some(Confirmed), Canceling), (Some(Confirmed), Canceled)],
    },
    TransitionRow {
        name: "T23o",
        what: "canceled, and no money moves",
        stays: false,
        ways: &[
            (Some(Confirmed), Canceling),
            (Some(Confirmed), Canceled),
            (Some(Processing), Canceled),
        ],
    },
    TransitionRow {
        name: "T24",
        what: "canceled, the money goes back",
        stays: false,
        ways: &[(Some(Confirmed), Canceling), (Some(Processing), Canceling)],
    },
    TransitionRow {
        name: "T24a",
        what: "to be canceled as soon as the capture is known",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T26",
        what: "lines are canceled",
        stays: true,
        ways: &[
            (Some(Confirmed), Processing),
            (Some(PartiallyShipped), Processing),
            (Some(PartiallyShipped), Returned),
            (Some(PartiallyShipped), PartiallyReturned),
            (Some(PartiallyShipped), Shipped),
            (Some(PartiallyShipped), Delivered),
        ],
    },
    TransitionRow { name: "T27", what: "a return is asked for", stays: true, ways: &[] },
    TransitionRow {
        name: "T28",
        what: "a return is approved, rejected, canceled, or over",
        stays: true,
        ways: &[],
    },
    TransitionRow {
        name: "T29",
        what: "a return has arrived",
        stays: true,
        ways: &[
            (Some(Delivered), PartiallyReturned),
            (Some(Delivered), Returned),
            (Some(PartiallyReturned), Returned),
        ],
    },
    TransitionRow { name: "T30", what: "money is to go back", stays: true, ways: &[] },
    TransitionRow {
        name: "T31",
        what: "money is back",
        stays: true,
        ways: &[(Some(Canceling), Canceled)],
    },
    TransitionRow { name: "T32", what: "money did not go back", stays: true, ways: &[] },
    TransitionRow { name: "T32a", what: "money went back at the provider", stays: true, ways: &[] },
    TransitionRow { name: "T33", what: "a dispute is opened", stays: true, ways: &[] },
    TransitionRow {
        name: "T34",
        what: "a dispute is closed",
        stays: true,
        ways: &[(Some(Canceling), Canceled)],
    },
    TransitionRow {
        name: "T35",
        what: "lost, or returned to the sender; sent once more",
        stays: true,
        ways: &[
            (Some(Shipped), Returned),
            (Some(Shipped), PartiallyShipped),
            (Some(Returned), PartiallyShipped),
            (Some(PartiallyReturned), PartiallyShipped),
        ],
    },
    TransitionRow {
        name: "T38",
        what: "an operator had it looked after",
        stays: true,
        ways: &[(Some(Canceled), Canceling)],
    },
    TransitionRow { name: "alarm", what: "somebody should look", stays: true, ways: &[] },
];
