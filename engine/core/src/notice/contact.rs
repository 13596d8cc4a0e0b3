//! Where a customer is told of an order: an address that is safe in a mail's header.
//!
//! An address is a person's own: no `Debug` output has it, no event, no audit row.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rejection::{Field, Rejection};

/// The shortest address, in bytes: `a@b`.
pub const EMAIL_BYTES_MIN: usize = 3;
/// The longest address, in bytes (RFC 5321 with its erratum 1690).
pub const EMAIL_BYTES_MAX: usize = 254;
/// The longest part before the `@`, in bytes (RFC 5321).
const LOCAL_BYTES_MAX: usize = 64;
/// What would end an address in a header, or need quotes there.
const SPECIAL: &[u8] = b"\"(),:;<>[\\]";

/// Where the owner of an order is told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The address, if there is one: without it there are no notices.
    pub email: Option<Email>,
    /// How many notices there were: numbers the next.
    pub notices: u32,
}

impl Contact {
    /// That of an order that is being placed.
    pub(crate) fn new(email: Option<Email>) -> Self {
        Self { email, notices: 0 }
    }
}

/// An e-mail address. What comes with a command is [`Email::check`]ed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email(pub String);

impl Email {
    /// An address as it is kept: the domain in lower case.
    pub fn normalized(text: &str) -> Self {
        Self(match text.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain.to_ascii_lowercase()),
            None => text.to_owned(),
        })
    }

    /// Refuses what is no address, or none that is safe in a header.
    pub fn check(&self) -> Result<(), Rejection> {
        let (bytes, field) = (self.0.as_bytes(), Field::Email);
        if !(EMAIL_BYTES_MIN..=EMAIL_BYTES_MAX).contains(&bytes.len()) {
            let (min, max) = (EMAIL_BYTES_MIN as i64, EMAIL_BYTES_MAX as i64);
            return Err(Rejection::OutOfRange { field, min, max });
        }
        let plain = |byte: &u8| byte.is_ascii_graphic() && !SPECIAL.contains(byte);
        let dots = |part: &str| part.split('.').all(|word| !word.is_empty());
        let sound = match self.0.split_once('@') {
            Some((local, domain)) => {
                local.len() <= LOCAL_BYTES_MAX && dots(local) && is_domain(domain)
            }
            None => false,
        };
        if sound && bytes.iter().all(plain) {
            return Ok(());
        }
        Err(Rejection::Malformed { field })
    }
}

/// Labels of letters, digits and hyphens, between dots.
fn is_domain(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let label = |label: &str| {
        let edge = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len()) && !edge && label.bytes().all(letter)
    };
    text.split('.').all(label)
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_is_safe_in_a_header() {
        for good in ["ann@example.com", "a@b", "a.b+c@x-y.example", "o'neil@shop.example"] {
            assert_eq!(Email(good.into()).check(), Ok(()), "{good}");
        }
        let malformed = Err(Rejection::Malformed { field: Field::Email });
        for bad in [
            "no address",
            " ann@example.com",
            "ann@@example.com",
            "a@b@c",
            "@example.com",
            "ann@",
            "ann@example..com",
            ".ann@example.com",
            "ann@-example.com",
            "ann @example.com",
            "ann@example.com\r\nBcc: x@y",
            "ann\u{0}@example.com",
            "<ann@example.com>",
            "a,b@example.com",
            "änn@example.com",
            "ann@exämple.com",
            "\"a b\"@example.com",
            &format!("{}@b.example", "a".repeat(65)),
        ] {
            assert_eq!(Email(bad.into()).check(), malformed, "{bad:?}");
        }
        for size in ["a@", &format!("a@{}", "b".repeat(EMAIL_BYTES_MAX))] {
            assert!(matches!(Email(size.into()).check(), Err(Rejection::OutOfRange { .. })));
        }
    }

    #[test]
    fn its_domain_is_kept_in_lower_case_and_it_is_told_to_nobody() {
        let email = Email::normalized("Ann@Example.COM");
        assert_eq!(email.0, "Ann@example.com");
        assert_eq!(format!("{email:?}"), "Email(…)");
    }
}
