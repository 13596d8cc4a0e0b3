//! Every acknowledged order is there, on another node than the one that took it, and is paid as it
//! says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::payments::{Books, Paid};
use super::{Ledger, Units, Verdict};
use crate::http::crew;
use crate::load::Acknowledged;

/// How long an order may be without an answer: a follower may be behind.
const THERE_WITHIN: Duration = Duration::from_secs(30);
/// Units of a product in live orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sold {
    pub(super) held: u64,
    pub(super) committed: u64,
}

#[derive(Debug, Deserialize)]
struct Order {
    id: String,
    status: String,
    total: i64,
    payment: Paid,
    lines: Vec<OrderLine>,
}

#[derive(Debug, Deserialize)]
struct OrderLine {
    product_id: String,
    quantity: u32,
}

/// Finds every order; says how many units of each product live in them.
pub(super) async fn orders(
    ledger: &Ledger<'_>,
    books: Option<&Books>,
    verdict: &mut Verdict,
) -> BTreeMap<u32, Sold> {
    let found = crew(ledger.addrs, &ledger.acknowledged, async |apis, _, known| {
        let path = format!("/v1/orders/{}", known.order);
        apis.node(known.client + 1).get_patiently::<Order>(&path, THERE_WITHIN).await
    });
    let mut units: BTreeMap<u32, Sold> = BTreeMap::new();
    for (found, known) in found.await.into_iter().zip(&ledger.acknowledged) {
        let order = match found {
            Ok(order) => order,
            Err(error) => {
                verdict.lost.note(format!("{} (key {}): {error}", known.order, known.ask.key));
                continue;
            }
        };
        if let Some(difference) = differs(&order, known, &ledger.catalog.ids) {
            verdict.wrong.note(format!("{}: {difference}", known.order));
        }
        if let Some(books) = books {
            verdict.payments += u64::from(order.payment.intent_id.is_some());
            if let Some(difference) = books.differ(&order.id, order.total, &order.payment) {
                verdict.payment_differs.note(format!("{} {difference}", known.order));
            }
        }
        for line in &known.ask.lines {
            let sold = units.entry(line.product).or_default();
            match Units::of(&order.status) {
                Units::Held => sold.held += u64::from(line.quantity),
                Units::Committed => sold.committed += u64::from(line.quantity),
                Units::GivenBack => {}
            }
        }
    }
    units
}

/// How an order is not what was asked for.
fn differs(order: &Order, known: &Acknowledged, ids: &[Box<str>]) -> Option<String> {
    if order.id != known.order.to_string() {
        return Some(format!("answers as {}", order.id));
    }
    let mut there: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &order.lines {
        *there.entry(&line.product_id).or_default() += u64::from(line.quantity);
    }
    let mut asked: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &known.ask.lines {
        *asked.entry(&ids[line.product as usize]).or_default() += u64::from(line.quantity);
    }
    (there != asked).then(|| format!("has {there:?} and not {asked:?}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Order, OrderLine, Paid, differs};
    use crate::load::Acknowledged;
    use crate::workload::{Line, OrderAsk, OrderRef, Pay};

    #[test]
    fn an_order_with_other_units_differs() {
        let order = OrderRef { slot: 1, hash: 2 };
        let line = |product, quantity| Line { product, quantity };
        // The same product on two lines: what counts is the sum.
        let lines = vec![line(0, 1), line(1, 2), line(0, 3)];
        let ask =
            OrderAsk { customer: Arc::from("c"), key: "k".to_owned(), lines, pay: Pay::OnAccount };
        let known = Acknowledged { ask, client: 0, order };
        let ids: Vec<Box<str>> = vec!["prod_a".into(), "prod_b".into()];
        let there = |quantity| Order {
            id: order.to_string(),
            status: "confirmed".to_owned(),
            total: 0,
            payment: Paid { status: "on_account".to_owned(), intent_id: None },
            lines: [("prod_a", 4), ("prod_b", quantity)]
                .map(|(id, quantity)| OrderLine { product_id: id.to_owned(), quantity })
                .into(),
        };
        assert_eq!(differs(&there(2), &known, &ids), None);
        assert!(differs(&there(3), &known, &ids).is_some());
        let other = Order { id: "ord_x".to_owned(), ..there(2) };
        assert!(differs(&other, &known, &ids).is_some());
    }
}
