//! The page on which a customer proves who they are, as a bank would show it; and the page for who
//! runs the simulator.

use crate::form::Form;
use crate::model::{Intent, Status};

/// How many intents the overview shows.
const SHOWN: usize = 100;

/// What the form's button says, and which call it makes.
const CHOICES: [(&str, &str); 2] =
    [("Complete authentication", "authenticate"), ("Fail authentication", "fail_authentication")];

/// What was paid last, the newest first; a customer's page is linked where one is waited for.
pub fn overview<'a>(newest_first: impl Iterator<Item = &'a Intent>) -> String {
    let mut rows = String::new();
    for it in newest_first.take(SHOWN) {
        let id = plain(&it.id);
        let status = match it.status {
            Status::RequiresAction => {
                format!("<a href=\"/authenticate/{id}\">requires_action</a>")
            }
            status => status.as_str().to_owned(),
        };
        let paid = it.charges.last().filter(|charge| charge.paid);
        let captured = paid.and_then(|charge| charge.captured).unwrap_or(0);
        let about: Vec<String> =
            it.metadata.iter().map(|(name, text)| plain(&format!("{name} {text}"))).collect();
        let declined = it.declined.as_ref().map(|(_, why)| plain(why)).unwrap_or_default();
        let currency = plain(&it.currency).to_uppercase();
        let amount = it.amount;
        rows.push_str(&format!(
            "<tr><td>{id}<td>{status} {declined}<td>{amount} {currency}<td>{captured}<td>{}\n",
            about.join(", ")
        ));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <title>A stand-in for Stripe</title>\n<h1>A stand-in for Stripe</h1>\n\
         <p>The last payments, amounts in minor units. <a href=\"/_sim/ledger\">All of them</a>, \
         <a href=\"/_sim/knobs\">what goes wrong</a>.</p>\n<table>\n\
         <tr><th>intent<th>status<th>amount<th>captured<th>metadata\n{rows}</table>\n</html>\n"
    )
}

/// What of a text cannot be taken for a tag.
fn plain(text: &str) -> String {
    text.chars().filter(|it| it.is_ascii_alphanumeric() || " _-".contains(*it)).collect()
}

/// The page. An id has letters, digits and underscores only; anything else is not shown.
pub fn ask(intent: &str) -> String {
    let shown = plain(intent);
    let buttons: String = CHOICES
        .iter()
        .map(|(label, verb)| format!("<button name=\"choice\" value=\"{verb}\">{label}</button>\n"))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <title>3-D Secure (simulated)</title>\n\
         <h1>3-D Secure, simulated</h1>\n<p>Payment {shown}: is it you who pays?</p>\n\
         <form method=\"post\">\n{buttons}</form>\n</html>\n"
    )
}

/// Which call the customer has chosen; without a choice they have failed.
pub fn chosen(body: &[u8]) -> &'static str {
    let choice = Form::parse(body).text("choice");
    let chosen = CHOICES.iter().find(|(_, verb)| choice.as_deref() == Some(verb));
    chosen.map_or("fail_authentication", |(_, verb)| verb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_no_more_than_an_id() {
        let page = ask("pi_1<script>alert(1)</script>");
        assert!(page.contains("pi_1scriptalert1script") && !page.contains("<script"), "{page}");
        assert_eq!(chosen(b"choice=authenticate"), "authenticate");
        assert_eq!(chosen(b"choice=expire"), "fail_authentication");
        assert_eq!(chosen(b""), "fail_authentication");
    }

    #[test]
    fn the_overview_shows_what_was_attached_as_text() {
        let mut book = crate::book::Book::default();
        let new = crate::book::NewIntent {
            amount: 500,
            currency: "usd".to_owned(),
            metadata: [("order".to_owned(), "<b>ord_1".to_owned())].into(),
            ..Default::default()
        };
        book.create(crate::book::Call::default(), new).unwrap();
        let page = overview(book.intents.values());
        assert!(page.contains("500 USD") && page.contains("order bord_1"), "{page}");
    }
}
