//! The page on which a customer proves who they are, as a bank would show it.

use crate::form::Form;

/// What the form's button says, and which call it makes.
const CHOICES: [(&str, &str); 2] =
    [("Complete authentication", "authenticate"), ("Fail authentication", "fail_authentication")];

/// The page. An id has letters, digits and underscores only; anything else is not shown.
pub fn ask(intent: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let shown: String = intent.chars().filter(|it| plain(*it)).collect();
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
}
