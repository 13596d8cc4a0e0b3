//! What the stand-in for Stripe knows of the payments, beside what the orders say: to the cent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use crate::error::Failure;
use crate::http::Api;

/// How long its ledger may be without an answer.
const TOLD_WITHIN: Duration = Duration::from_secs(30);
/// Where it tells it.
const PATH: &str = "/_sim/ledger";

/// A payment as the stand-in has it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Payment {
    id: String,
    status: String,
    amount: i64,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    authorizations: u32,
    captured: i64,
    refunded: i64,
}

/// What an order says of its payment.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Paid {
    pub(super) status: String,
    pub(super) intent_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Ledger {
    intents: Vec<Payment>,
}

/// The stand-in's payments by their orders.
#[derive(Debug)]
pub(super) struct Books(BTreeMap<String, Vec<Payment>>);

impl Books {
    /// Reads them.
    pub(super) async fn read(addr: SocketAddr) -> Result<Self, Failure> {
        let told = Api::new(addr).get_patiently::<Ledger>(PATH, TOLD_WITHIN).await;
        let told = told.map_err(Failure::ask(format!("GET {PATH} of {addr}")))?;
        Ok(Self::of(told.intents))
    }

    fn of(payments: Vec<Payment>) -> Self {
        let mut books: BTreeMap<String, Vec<Payment>> = BTreeMap::new();
        for payment in payments {
            let order = payment.metadata.get("stoa_order").cloned().unwrap_or_default();
            books.entry(order).or_default().push(payment);
        }
        Self(books)
    }

    /// How an order over a total says something else than they do.
    pub(super) fn differ(&self, order: &str, total: i64, paid: &Paid) -> Option<String> {
        let own = self.0.get(order).map(Vec::as_slice).unwrap_or_default();
        if paid.status == "on_account" {
            return (!own.is_empty()).then(|| format!("is on account, and there is {own:?}"));
        }
        let [it] = own else { return Some(format!("has {} payments and not 1", own.len())) };
        let agrees = match it.status.as_str() {
            "requires_capture" => paid.status == "authorized",
            "succeeded" if it.refunded == 0 => paid.status == "captured",
            "succeeded" => it.captured == it.refunded && paid.status == "refunded",
            "canceled" => paid.status == "voided" && it.captured == 0,
            // Nothing is reserved, and nothing taken.
            _ => !["authorized", "captured", "refunded", "voided"].contains(&&*paid.status),
        };
        let same = paid.intent_id.as_deref() == Some(&it.id) && it.amount == total;
        let right = agrees && same && it.authorizations <= 1;
        (!right).then(|| format!("over {total} says {paid:?}, and there is {it:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Books, Paid, Payment};

    #[test]
    fn books_differ_in_status_amount_id_and_number() {
        let payment = Payment {
            id: "pi_1".to_owned(),
            status: "requires_capture".to_owned(),
            amount: 500,
            metadata: [("stoa_order".to_owned(), "ord_1".to_owned())].into(),
            authorizations: 1,
            captured: 0,
            refunded: 0,
        };
        let paid =
            |status: &str| Paid { status: status.to_owned(), intent_id: Some("pi_1".to_owned()) };
        let books = Books::of(vec![payment.clone()]);
        assert_eq!(books.differ("ord_1", 500, &paid("authorized")), None);
        assert!(books.differ("ord_1", 501, &paid("authorized")).is_some());
        assert!(books.differ("ord_1", 500, &paid("declined")).is_some());
        assert!(books.differ("ord_1", 500, &paid("on_account")).is_some());
        assert!(books.differ("ord_2", 500, &paid("authorized")).is_some());
        assert_eq!(books.differ("ord_2", 500, &paid("on_account")), None);
        let other = Paid { intent_id: Some("pi_2".to_owned()), ..paid("authorized") };
        assert!(books.differ("ord_1", 500, &other).is_some());
        let twice = Payment { authorizations: 2, ..payment.clone() };
        assert!(Books::of(vec![twice]).differ("ord_1", 500, &paid("authorized")).is_some());
        let both = Books::of(vec![payment.clone(), payment.clone()]);
        assert!(both.differ("ord_1", 500, &paid("authorized")).is_some());
        let back = Payment { status: "succeeded".to_owned(), captured: 500, ..payment };
        let half = Books::of(vec![Payment { refunded: 499, ..back.clone() }]);
        assert!(half.differ("ord_1", 500, &paid("refunded")).is_some());
        let whole = Books::of(vec![Payment { refunded: 500, ..back }]);
        assert_eq!(whole.differ("ord_1", 500, &paid("refunded")), None);
    }
}
