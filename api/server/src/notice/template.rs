//! What mails say: a plain text and a minimal page, one for each kind of notice.
//!
//! Names of products, carriers and shops are other people's words: in a text they lose their
//! control characters, so that none begins a line or a header; in a page they are escaped.

use engine_core::notice::NoticeKind;
use engine_core::{Currency, Money};

use crate::price;

/// The most lines of an order that a mail shows.
const LINES_MAX: usize = 50;

/// What a mail says.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    /// Its subject, one line.
    pub subject: String,
    /// Its text.
    pub plain: String,
    /// The same as a page.
    pub html: String,
}

/// What a mail tells of an order.
pub struct Facts<'a> {
    /// What the shop is called.
    pub shop: &'a str,
    /// The order's id.
    pub order: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What it costs.
    pub total: i64,
    /// Of each line how many units, of what, and what one costs.
    pub lines: Vec<(u32, &'a str, i64)>,
}

/// What a notice of an order says.
pub fn text(kind: &NoticeKind, facts: &Facts<'_>) -> Text {
    let (shop, id, currency) = (one_line(facts.shop), &facts.order, facts.currency);
    let (what, more) = words(kind, currency);
    let subject = format!("{shop}: your order {id} {what}");
    let line = |(quantity, name, price): &(u32, &str, i64)| {
        format!("{quantity} x {} at {}", one_line(name), amount(*price, currency))
    };
    let mut items: Vec<String> = facts.lines.iter().take(LINES_MAX).map(line).collect();
    let left = facts.lines.len().saturating_sub(LINES_MAX);
    items.extend((left > 0).then(|| format!("and {left} more")));
    let total = format!("Total: {}", amount(facts.total, currency));
    let opening = format!("Your order {id} {what}.");

    let listed: String = items.iter().map(|item| format!("  {item}\n")).collect();
    let plain = format!("Hello,\n\n{opening}\n{more}\n\n{listed}\n  {total}\n\n{shop}\n");

    let listed: String = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))).collect();
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>{title}</title></head>\n<body>\n<p>Hello,</p>\n<p>{opening}<br>{more}</p>\n\
         <ul>\n{listed}</ul>\n<p>{total}</p>\n<p>{shop}</p>\n</body></html>\n",
        title = escaped(&subject),
        opening = escaped(&opening),
        more = escaped(&more),
        total = escaped(&total),
        shop = escaped(&shop),
    );
    Text { subject, plain, html }
}

/// What has happened, and what follows from it.
fn words(kind: &NoticeKind, currency: Currency) -> (&'static str, String) {
    match kind {
        NoticeKind::Confirmed => {
            ("is confirmed", "Thank you. We tell you when it is on its way.".into())
        }
        NoticeKind::PaymentNeeded => (
            "needs another payment",
            "Your bank has let the payment go before it was taken. Please pay again within 48 \
             hours, or the order is canceled."
                .into(),
        ),
        NoticeKind::Shipped { carrier, tracking } => {
            let (carrier, tracking) = (one_line(carrier), one_line(tracking));
            let by = if carrier.is_empty() { String::new() } else { format!(" with {carrier}") };
            let under = match tracking.as_str() {
                "" => String::new(),
                tracking => format!(", tracking number {tracking}"),
            };
            ("is on its way", format!("It was handed over{by}{under}."))
        }
        NoticeKind::Delivered => ("was delivered", "We hope that all is as you wished.".into()),
        NoticeKind::Canceled => ("is canceled", "You pay nothing for it.".into()),
        NoticeKind::Expired => {
            ("has expired", "It was not completed in time. You pay nothing for it.".into())
        }
        NoticeKind::PaymentFailed => {
            ("could not be paid", "It is not sent, and you pay nothing for it.".into())
        }
        NoticeKind::Refunded { amount: back } => {
            let back = amount(*back, currency);
            ("was refunded", format!("{back} is on its way back to you."))
        }
        NoticeKind::PartlyCanceled => (
            "has changed",
            "Some of it is not sent. You do not pay for that; what you have paid comes back."
                .into(),
        ),
        NoticeKind::RefundFailed { amount: back } => {
            let back = amount(*back, currency);
            let more = format!("{back} could not be given back. We look into it.");
            ("could not be refunded yet", more)
        }
        NoticeKind::NeverArrived => (
            "did not reach you",
            "What was sent is lost, or came back to us. We make up for it.".into(),
        ),
        NoticeKind::ReturnApproved
        | NoticeKind::ReturnRejected { .. }
        | NoticeKind::ReturnCanceled
        | NoticeKind::ReturnExpired => of_return(kind),
    }
}

/// The same of a return.
fn of_return(kind: &NoticeKind) -> (&'static str, String) {
    match kind {
        NoticeKind::ReturnApproved => {
            ("can be returned", "Please send back what you want to return within 30 days.".into())
        }
        NoticeKind::ReturnRejected { reason } => {
            ("cannot be returned", format!("The shop says: {}", one_line(reason)))
        }
        NoticeKind::ReturnExpired => {
            ("is not returned any longer", "Nothing came back within 30 days.".into())
        }
        _ => ("is not returned", "You keep what you have, as you wished.".into()),
    }
}

/// An amount, exactly: `29.99 USD`.
fn amount(amount: i64, currency: Currency) -> String {
    format!("{} {currency}", price::format(Money { amount, currency }))
}

/// A text without control characters, line separators and what turns the direction of writing.
fn one_line(text: &str) -> String {
    let plain = |char: char| {
        let breaks = matches!(char, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}');
        if char.is_control() || breaks { ' ' } else { char }
    };
    text.chars().map(plain).collect::<String>().trim().to_owned()
}

/// A text inside a page.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(name: &'a str, currency: &str) -> Facts<'a> {
        let currency = currency.parse().unwrap();
        let lines = vec![(2, name, 2_999), (1, "Cap", 5)];
        Facts { shop: "Tea & Co", order: "ord_1".to_owned(), currency, total: 6_003, lines }
    }

    fn kinds() -> Vec<NoticeKind> {
        let (carrier, tracking) = ("Post\r\nBcc: x@y".to_owned(), "<b>1</b>".to_owned());
        vec![
            NoticeKind::Confirmed,
            NoticeKind::PaymentNeeded,
            NoticeKind::Shipped { carrier, tracking },
            NoticeKind::Delivered,
            NoticeKind::Canceled,
            NoticeKind::Expired,
            NoticeKind::PaymentFailed,
            NoticeKind::Refunded { amount: 6_003 },
            NoticeKind::PartlyCanceled,
            NoticeKind::ReturnApproved,
            NoticeKind::ReturnRejected { reason: "<b>worn</b>\r\nBcc: x@y".to_owned() },
            NoticeKind::ReturnCanceled,
            NoticeKind::ReturnExpired,
            NoticeKind::RefundFailed { amount: 6_003 },
            NoticeKind::NeverArrived,
        ]
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let plain = |currency| text(&kinds()[7], &facts("Pen", currency)).plain;
        let usd = plain("USD");
        assert!(usd.contains("  2 x Pen at 29.99 USD\n  1 x Cap at 0.05 USD\n"), "{usd}");
        assert!(usd.contains("\n  Total: 60.03 USD\n") && usd.contains("60.03 USD is on its way"));
        assert!(plain("JPY").contains("2 x Pen at 2999 JPY\n  1 x Cap at 5 JPY"));
        assert!(plain("KWD").contains("2 x Pen at 2.999 KWD\n  1 x Cap at 0.005 KWD"));
    }

    #[test]
    fn other_peoples_words_begin_no_line_and_no_tag() {
        let name = "Pen\r\nBcc: x@y\u{2028}<script>\"'&";
        let mut subjects = std::collections::BTreeSet::new();
        for kind in kinds() {
            let Text { subject, plain, html } = text(&kind, &facts(name, "USD"));
            assert!(!subject.contains(['\r', '\n']), "{subject:?}");
            for told in [&plain, &html] {
                assert!(!told.contains(['\r', '\u{2028}']), "{told:?}");
                assert!(!told.lines().any(|line| line.trim_start().starts_with("Bcc")), "{told}");
            }
            assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
            assert!(html.contains("&lt;script&gt;&quot;&#39;&amp;"), "{html}");
            assert!(html.contains("<p>Tea &amp; Co</p>"), "{html}");
            assert!(plain.starts_with("Hello,\n\nYour order ord_1 "), "{plain}");
            assert!(subjects.insert(subject), "each kind has words of its own");
        }
    }

    #[test]
    fn a_long_order_is_cut() {
        let mut facts = facts("Pen", "USD");
        facts.lines = vec![(1, "Pen", 1); 53];
        let plain = text(&NoticeKind::Confirmed, &facts).plain;
        assert_eq!(plain.matches("1 x Pen at 0.01 USD").count(), LINES_MAX);
        assert!(plain.contains("  and 3 more\n"), "{plain}");
    }
}
