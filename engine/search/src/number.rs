//! Numbers in attributes and in filters: decimals with six places, exact and without floats.

use std::fmt;
use std::str::FromStr;

/// Decimal places that are kept.
const PLACES: usize = 6;
const ONE: i64 = 1_000_000;

/// A decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(i64);

/// Why a text is not a [`Number`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number with at most {PLACES} places")]
pub struct BadNumber;

impl Number {
    pub(crate) fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// The whole number that it is, or the next smaller one.
    pub(crate) fn floor(self) -> i64 {
        self.0.div_euclid(ONE)
    }

    /// The next larger whole number.
    pub(crate) fn next_whole(self) -> Self {
        Self(self.0.saturating_add(ONE))
    }

    /// The next smaller whole number.
    pub(crate) fn previous_whole(self) -> Self {
        Self(self.0.saturating_sub(ONE))
    }

    /// The next larger one.
    pub(crate) fn after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The next smaller one.
    pub(crate) fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl FromStr for Number {
    type Err = BadNumber;

    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let digits = text.strip_prefix('-');
        let sign = if digits.is_some() { -1 } else { 1 };
        let (whole, places) = match digits.unwrap_or(text).split_once('.') {
            Some((_, "")) => return Err(BadNumber),
            Some((whole, places)) => (whole, places),
            None => (digits.unwrap_or(text), ""),
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || places.len() > PLACES || !is_digits(whole) || !is_digits(places) {
            return Err(BadNumber);
        }
        let whole: i64 = whole.parse().map_err(|_| BadNumber)?;
        let places: i64 = format!("{places:0<PLACES$}").parse().map_err(|_| BadNumber)?;
        let number = whole.checked_mul(ONE).and_then(|number| number.checked_add(places));
        number.map(|number| Self(sign * number)).ok_or(BadNumber)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, places) =
            (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let sign = if self.0 < 0 { "-" } else { "" };
        match format!("{places:0>PLACES$}").trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            places => write!(f, "{sign}{whole}.{places}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for text in ["0", "7", "-3", "1.5", "-0.000001", "9223372036854.775807"] {
            assert_eq!(text.parse::<Number>().map(|number| number.to_string()), Ok(text.into()));
        }
        assert_eq!("1.50".parse::<Number>(), "1.5".parse());
        for text in ["", "-", ".5", "5.", "1e3", "1.0000001", "9223372036855", "--1", "1 ", "٣"] {
            assert_eq!(text.parse::<Number>(), Err(BadNumber), "{text:?}");
        }
        let number = |text: &str| text.parse::<Number>().ok();
        assert!(number("-1.5") < number("-1") && number("9") < number("10"));
    }
}
