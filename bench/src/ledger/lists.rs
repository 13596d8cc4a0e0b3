//! Customers have exactly the orders that clients were told of: no doubled one hides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use api_client::List;
use serde::Deserialize;

use super::{Ledger, Verdict};
use crate::http::{Api, AskError, crew};
use crate::workload::OrderRef;

/// How many orders a page has.
const PAGE: u32 = 100;
/// How long a list may be without an answer: a shard may be without a leader for a moment.
const THERE_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
}

/// Compares each customer's list with the ledger.
pub(super) async fn customers(ledger: &Ledger<'_>, verdict: &mut Verdict) {
    let mut known: BTreeMap<Arc<str>, BTreeSet<OrderRef>> = BTreeMap::new();
    for one in &ledger.acknowledged {
        known.entry(Arc::clone(&one.ask.customer)).or_default().insert(one.order);
    }
    let known: Vec<_> = known.into_iter().collect();
    let lists = crew(ledger.addrs, &known, async |apis, index, (customer, _)| {
        list(apis.node(index), customer).await
    });
    for (list, (customer, orders)) in lists.await.into_iter().zip(&known) {
        match list {
            Ok(list) => compare(customer, &list, orders, verdict),
            Err(error) => verdict.lost.note(format!("the list of {customer}: {error}")),
        }
    }
}

async fn list(api: &mut Api, customer: &str) -> Result<Vec<String>, AskError> {
    let first = format!("/v1/orders?customer_id={customer}&limit={PAGE}&consistency=strong");
    let (mut ids, mut path) = (Vec::new(), first.clone());
    loop {
        let page: List<Listed> = api.get_patiently(&path, THERE_WITHIN).await?;
        ids.extend(page.data.into_iter().map(|order| order.id));
        match page.next_cursor {
            Some(cursor) if page.has_more => path = format!("{first}&cursor={cursor}"),
            _ => return Ok(ids),
        }
    }
}

fn compare(customer: &str, list: &[String], known: &BTreeSet<OrderRef>, verdict: &mut Verdict) {
    let mut seen = BTreeSet::new();
    for id in list {
        match id.parse::<OrderRef>() {
            Ok(order) if !known.contains(&order) => {
                verdict.doubled.note(format!("{customer} has {id}, of which nobody was told"));
            }
            Ok(order) if !seen.insert(order) => {
                verdict.doubled.note(format!("{customer} has {id} twice in the list"));
            }
            Ok(_) => {}
            Err(error) => verdict.wrong.note(format!("{customer} has {id}: {error}")),
        }
    }
    for order in known.difference(&seen) {
        verdict.lost.note(format!("{order} is not in the list of {customer}"));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::compare;
    use crate::ledger::Verdict;
    use crate::workload::OrderRef;

    #[test]
    fn unknown_repeated_and_missing_orders_are_found() {
        let orders = [1, 2, 3].map(|hash| OrderRef { slot: 0, hash });
        let known = BTreeSet::from(orders);
        let mut verdict = Verdict::default();
        let list = orders.map(|order| order.to_string());
        compare("cus_1", &list, &known, &mut verdict);
        assert_eq!((verdict.doubled.count, verdict.lost.count), (0, 0));
        let stranger = OrderRef { slot: 0, hash: 9 }.to_string();
        let list = [list[0].clone(), list[0].clone(), list[1].clone(), stranger];
        compare("cus_1", &list, &known, &mut verdict);
        assert_eq!((verdict.doubled.count, verdict.lost.count), (2, 1));
    }
}
