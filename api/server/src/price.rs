//! Decimal prices, read and written exactly: the digits of the JSON text, never a float.

use engine_core::{Currency, Money};

/// Why a text is not a price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPrice {
    /// Not a JSON number, or a text that looks like one.
    #[error("a price is a number, for example 29.99")]
    NotANumber,
    /// Below zero.
    #[error("a price is not below zero")]
    Negative,
    /// More decimals than the currency has.
    #[error("{currency} has {decimals} decimals, and the price has more")]
    TooPrecise {
        /// The currency.
        currency: Currency,
        /// How many decimals it has.
        decimals: u8,
    },
    /// More than anything may cost.
    #[error("a price is at most {} minor units", Money::AMOUNT_MAX)]
    TooLarge,
}

/// The most digits a price may be written with, zeros included.
const DIGITS_MAX: usize = 64;

/// Reads a JSON number (or the same in quotes) as minor units of a currency.
pub fn parse(json: &str, currency: Currency) -> Result<i64, BadPrice> {
    let text = json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(json);
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let plain = digits.iter().all(u8::is_ascii_digit) && !whole.is_empty() && !fraction.is_empty();
    if !plain {
        return Err(BadPrice::NotANumber);
    }
    if digits.len() > DIGITS_MAX {
        return Err(BadPrice::TooLarge);
    }
    // The value is digits × 10^(exponent − len(fraction)); in minor units 10^decimals more.
    let decimals = currency.decimals();
    let shift = exponent - fraction.len() as i64 + i64::from(decimals);
    let amount = shifted(&digits, shift, BadPrice::TooPrecise { currency, decimals })?;
    if negative && amount != 0 { Err(BadPrice::Negative) } else { Ok(amount) }
}

/// The digits with as many zeros more, or fewer, as `shift` says.
fn shifted(digits: &[u8], shift: i64, too_precise: BadPrice) -> Result<i64, BadPrice> {
    let first = digits.iter().position(|digit| *digit != b'0');
    let Some(first) = first else { return Ok(0) };
    let mut significant = &digits[first..];
    let mut zeros = shift;
    while zeros < 0 {
        match significant.split_last() {
            Some((b'0', rest)) => significant = rest,
            _ => return Err(too_precise),
        }
        zeros += 1;
    }
    let mut amount = 0_i64;
    let padding = usize::try_from(zeros).unwrap_or(usize::MAX).min(DIGITS_MAX);
    for digit in significant.iter().copied().chain(std::iter::repeat_n(b'0', padding)) {
        let next = amount.checked_mul(10).and_then(|ten| ten.checked_add(i64::from(digit - b'0')));
        amount = next.filter(|next| *next <= Money::AMOUNT_MAX).ok_or(BadPrice::TooLarge)?;
    }
    Ok(amount)
}

/// An exponent; one beyond any price counts as a large one.
fn exponent_of(text: &str) -> Result<i64, BadPrice> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        all => (1, all),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BadPrice::NotANumber);
    }
    let limit = 1_000_000;
    let value =
        digits.iter().fold(0_i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(limit));
    Ok(sign * value)
}

/// Writes minor units as a decimal number, e.g. `29.99`.
pub fn format(money: Money) -> String {
    let decimals = usize::from(money.currency.decimals());
    let sign = if money.amount < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", money.amount.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Result<i64, BadPrice> {
        parse(text, Currency::USD)
    }

    #[test]
    fn every_notation_of_an_amount_is_read_exactly() {
        let same = ["29.99", "29.990", "2999e-2", "0.2999e2", "2.999E+1", "\"29.99\"", "029.99"];
        for text in same {
            assert_eq!(usd(text), Ok(2_999), "{text}");
        }
        assert_eq!(usd("1e2"), Ok(10_000));
        assert_eq!(usd("0"), Ok(0));
        assert_eq!(usd("-0.00"), Ok(0));
        assert_eq!(usd("0e999999999999"), Ok(0));
        assert_eq!(usd("0.1"), Ok(10));
        assert_eq!(usd("9007199254.99"), Ok(900_719_925_499));
    }

    #[test]
    fn what_is_no_price_is_refused_with_the_reason() {
        for text in ["", "null", "true", "[1]", "1.", ".5", "1e", "1.2.3", "\"\"", "1 2", "1,5"] {
            assert_eq!(usd(text), Err(BadPrice::NotANumber), "{text}");
        }
        assert_eq!(usd("-0.01"), Err(BadPrice::Negative));
        for text in ["29.999", "1e-3", "0.001", "1e-999999999999999999999"] {
            assert!(matches!(usd(text), Err(BadPrice::TooPrecise { .. })), "{text}");
        }
        for text in ["1e400", "99999999999999999999", "10000000000.01"] {
            assert_eq!(usd(text), Err(BadPrice::TooLarge), "{text}");
        }
    }

    #[test]
    fn decimals_follow_the_currency() -> Result<(), Box<dyn std::error::Error>> {
        let (jpy, kwd) = ("JPY".parse()?, "KWD".parse()?);
        assert_eq!(parse("100", jpy), Ok(100));
        assert!(parse("100.5", jpy).is_err());
        assert_eq!(parse("1.234", kwd), Ok(1_234));
        assert_eq!(format(Money { amount: 100, currency: jpy }), "100");
        assert_eq!(format(Money { amount: 5, currency: kwd }), "0.005");
        assert_eq!(format(Money { amount: 2_999, currency: Currency::USD }), "29.99");
        assert_eq!(format(Money { amount: 5, currency: Currency::USD }), "0.05");
        Ok(())
    }
}
