//! Judges answers: what a status and a body say about an ask.

use serde::Deserialize;

use crate::load::Answer;
use crate::workload::{Ask, OrderRef, Pay};

/// Of an order, what a placing client needs.
#[derive(Debug, Deserialize)]
struct Placed<'a> {
    id: &'a str,
    payment: Payment<'a>,
}

#[derive(Debug, Deserialize)]
struct Payment<'a> {
    status: &'a str,
}

#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
}

/// What came of an ask.
pub(super) fn judge(ask: &Ask, status: u16, body: &[u8]) -> Answer {
    match (ask, status) {
        (Ask::Place(order), 200 | 201) => placed(order.pay, body),
        (_, 200) => Answer::Done,
        (Ask::Place(_), 429 | 500..) => Answer::Unclear(code(status, body)),
        _ => Answer::Refused(code(status, body)),
    }
}

fn placed(pay: Pay, body: &[u8]) -> Answer {
    let Ok(placed) = serde_json::from_slice::<Placed<'_>>(body) else {
        return Answer::Unclear("bad_answer".to_owned());
    };
    let expected = match pay {
        Pay::OnAccount => "on_account",
        Pay::Card { leads_to, .. } => leads_to,
    };
    match placed.id.parse::<OrderRef>() {
        // Asked again under the same key, the order answers as it is then.
        Ok(_) if placed.payment.status != expected => {
            Answer::Unclear(format!("payment_{}", placed.payment.status))
        }
        Ok(order) => Answer::Placed(order),
        Err(_) => Answer::Unclear("bad_answer".to_owned()),
    }
}

fn code(status: u16, body: &[u8]) -> String {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => problem.code,
        Err(_) => format!("status_{status}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::judge;
    use crate::load::Answer;
    use crate::workload::{Ask, OrderAsk, Pay};

    fn place(pay: Pay) -> Ask {
        let (customer, key) = (Arc::from("cus_1"), "k".to_owned());
        Ask::Place(OrderAsk { customer, key, lines: Vec::new(), pay })
    }

    #[test]
    fn an_order_is_placed_when_it_has_an_id_and_the_expected_payment() {
        let ask = place(Pay::OnAccount);
        let body = br#"{"id":"ord_0000000000000000000000000000000000f",
            "payment":{"status":"on_account"}}"#;
        let Answer::Placed(order) = judge(&ask, 201, body) else { panic!("placed") };
        assert_eq!((order.slot, order.hash), (0, 15));
        let card = place(Pay::Card { token: "pm_card_visa", leads_to: "authorized" });
        assert_eq!(judge(&card, 201, body), Answer::Unclear("payment_on_account".to_owned()));
        assert_eq!(judge(&ask, 201, b"{}"), Answer::Unclear("bad_answer".to_owned()));
    }

    #[test]
    fn refusals_are_final_and_faults_are_not() {
        let ask = place(Pay::OnAccount);
        let body = br#"{"code":"out_of_stock"}"#;
        assert_eq!(judge(&ask, 409, body), Answer::Refused("out_of_stock".to_owned()));
        let body = br#"{"code":"overloaded"}"#;
        assert_eq!(judge(&ask, 503, body), Answer::Unclear("overloaded".to_owned()));
        assert_eq!(judge(&ask, 500, b"oops"), Answer::Unclear("status_500".to_owned()));
        assert_eq!(judge(&Ask::Page(0), 404, b""), Answer::Refused("status_404".to_owned()));
        assert_eq!(judge(&Ask::Page(0), 200, b"{}"), Answer::Done);
    }
}
