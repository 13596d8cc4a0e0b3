//! Card numbers, which Stoa must never see: a body about an order or a customer that has one in any
//! field is refused, and the log has none.
//!
//! A card number is 13 to 19 digits, alone or in groups between single spaces or hyphens, whose
//! last digit fits by the Luhn formula (ISO/IEC 7812-1). Digits inside a word, such as an id, are
//! none, nor is a telephone number, with its plus sign.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use serde_json::Value;

use crate::errors::{Code, Error};

/// How few and how many digits a card number has.
const DIGITS: RangeInclusive<usize> = 13..=19;
/// What the number of a card begins with that a person pays with; times in milliseconds do not.
const PAYING: RangeInclusive<u8> = b'2'..=b'6';
/// What a card number may begin with.
const ANY: RangeInclusive<u8> = b'0'..=b'9';
/// How many digits a telephone number has after its plus sign at most (ITU-T E.164).
const TELEPHONE_DIGITS_MAX: usize = 15;
/// What stands in a log line where a card number stood.
const SCRUBBED: &str = "[card number]";

/// Refuses a JSON body with a card number in any field.
pub fn refuse(body: &[u8]) -> Result<(), Error> {
    // An escape can hide digits, so such a body is looked at field by field too.
    let text = String::from_utf8_lossy(body);
    if !body.contains(&b'\\') && find(&text, &ANY).is_none() {
        return Ok(());
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Ok(()) };
    match field(&value, &mut String::new()) {
        None => Ok(()),
        Some(param) => {
            let detail = "this looks like a card's number, which must not reach the shop; give the \
                          number to the payment provider, and its token (pm_…) as payment_method";
            Err(Error::about(Code::CardNumber, param, detail))
        }
    }
}

/// The path of the first field that has one, in its name or its value.
fn field(value: &Value, path: &mut String) -> Option<String> {
    let length = path.len();
    let inside = |name: &str, value: &Value, path: &mut String| {
        path.push_str(name);
        let found = field(value, path);
        path.truncate(length);
        found
    };
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) => find(&number.to_string(), &ANY).map(|_| path.clone()),
        Value::String(text) => find(text, &ANY).map(|_| path.clone()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| inside(&format!("[{at}]"), item, path))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if find(name, &ANY).is_some() {
                // Its name is not repeated.
                return Some(if path.is_empty() { "body".to_owned() } else { path.clone() });
            }
            let dot = if length == 0 { "" } else { "." };
            inside(&format!("{dot}{name}"), value, path)
        }),
    }
}

/// A text without the numbers of cards that somebody could pay with, for the log.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let Some(first) = find(text, &PAYING) else { return Cow::Borrowed(text) };
    let mut clean = text[..first.start].to_owned();
    let mut rest = &text[first.end..];
    clean.push_str(SCRUBBED);
    while let Some(next) = find(rest, &PAYING) {
        clean.push_str(&rest[..next.start]);
        clean.push_str(SCRUBBED);
        rest = &rest[next.end..];
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Where the first card number of a text is that begins with one of these digits.
fn find(text: &str, begins: &RangeInclusive<u8>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let groups = groups(bytes, at);
        let end = groups.last().map_or(at + 1, |group| group.end);
        if let Some(found) = card(bytes, &groups, begins) {
            return Some(found);
        }
        at = end;
    }
    None
}

/// The groups of digits from here on, with one space or hyphen between each two.
fn groups(bytes: &[u8], start: usize) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut at = start;
    loop {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        groups.push(at..at + length);
        at += length;
        let is_joined = matches!(bytes.get(at), Some(b' ' | b'-'));
        if !is_joined || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            return groups;
        }
        at += 1;
    }
}

/// The first of the groups, alone or with those after it, that is a card number.
fn card(
    bytes: &[u8],
    groups: &[Range<usize>],
    begins: &RangeInclusive<u8>,
) -> Option<Range<usize>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = |group: &Range<usize>| group.start.checked_sub(1).and_then(|at| bytes.get(at));
    let length: usize = groups.iter().map(|group| group.len()).sum();
    if length <= TELEPHONE_DIGITS_MAX && groups.first().and_then(before) == Some(&b'+') {
        return None;
    }
    for (first, from) in groups.iter().enumerate() {
        let is_begun = bytes.get(from.start).is_some_and(|digit| begins.contains(digit));
        if before(from).is_some_and(is_word) || !is_begun {
            continue;
        }
        let mut digits = Vec::new();
        for group in &groups[first..] {
            digits.extend_from_slice(&bytes[group.clone()]);
            let after = bytes.get(group.end);
            let is_ended = !after.is_some_and(is_word);
            if DIGITS.contains(&digits.len()) && is_ended && fits(&digits) {
                return Some(from.start..group.end);
            }
            if digits.len() > *DIGITS.end() {
                break;
            }
        }
    }
    None
}

/// The Luhn formula: every second digit from the right counts double, and all sum up to tens.
fn fits(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 2 };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The card networks' own numbers for tests.
    const CARDS: [&str; 8] = [
        "4242424242424242",
        "4222222222222",
        "5555 5555 5555 4444",
        "3782-822463-10005",
        "6011111111111117",
        "3056 930902 5904",
        "6205500000000000004",
        "3566 0020 2036 0505",
    ];

    #[test]
    fn card_numbers_are_found_wherever_they_stand() {
        for card in CARDS {
            assert!(find(card, &ANY).is_some(), "{card}");
            for text in [
                format!("my card is {card}."),
                format!("{card} 12/27 123"),
                format!("12 {card}"),
                format!("tel. +49 1511 2345678, card:{card}"),
                format!("({card})"),
                format!("卡号{card}，"),
                format!("+{card} 1234"),
            ] {
                let clean = scrub(&text);
                assert!(clean.contains(SCRUBBED) && !clean.contains(card), "{text} → {clean}");
            }
        }
        let two = format!("{} and {}", CARDS[0], CARDS[1]);
        assert_eq!(scrub(&two), format!("{SCRUBBED} and {SCRUBBED}"));
    }

    #[test]
    fn what_is_no_card_number_is_left_alone() {
        for text in [
            "",
            "4242424242424241",
            "424242424242",
            "42424242424242424242424242",
            "prod_04242424242424242",
            "0000424242424242424200000000000a",
            "+30 569 3090 25904",
            "2026-11-23 04:29:59.123456",
            "as_of_ms=1763872199008",
            "4242  4242  4242  4242",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn the_field_is_named_and_the_number_is_not() {
        let param = |body: &str| {
            let error = refuse(body.as_bytes()).err()?;
            assert_eq!(error.code, Code::CardNumber);
            assert!(!error.detail.contains("4242"));
            error.param
        };
        assert_eq!(param(r#"{"a": 1, "b": "4242-42"}"#), None);
        assert_eq!(param(r#"{"note": "4242 4242 4242 4242"}"#).as_deref(), Some("note"));
        assert_eq!(param(r#"{"a": {"b": [1, 4242424242424242]}}"#).as_deref(), Some("a.b[1]"));
        assert_eq!(param(r#"{"a": "\u0034242424242424242"}"#).as_deref(), Some("a"));
        assert_eq!(param(r#"{"a": {"4242424242424242": 1}}"#).as_deref(), Some("a"));
        assert_eq!(param(r#"{"4242424242424242": 1}"#).as_deref(), Some("body"));
        assert_eq!(param(r#"[{"x": "4242424242424242"}]"#).as_deref(), Some("[0].x"));
        assert_eq!(param(r#"{"torn": "4242424242424242"#), None, "it is no JSON: refused as such");
    }
}
