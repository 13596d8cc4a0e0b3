//! Prices as people write them, exactly: decimal text to minor units and back, without a float.

/// The currencies with other than two decimals (ISO 4217).
const DECIMALS: [(&str, u32); 25] = [
    ("BHD", 3),
    ("BIF", 0),
    ("CLF", 4),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("UYW", 4),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XPF", 0),
];

/// How many decimals an amount of this currency has.
pub fn decimals(currency: &str) -> u32 {
    let code = currency.to_ascii_uppercase();
    DECIMALS.iter().find(|(known, _)| **known == code).map_or(2, |(_, decimals)| *decimals)
}

/// Reads `29.99` as 2999 minor units of a currency with two decimals. Trailing zeros beyond the
/// currency's decimals are no precision; anything else beyond them is refused.
pub fn parse(text: &str, currency: &str) -> Result<i64, String> {
    let decimals = decimals(currency) as usize;
    let bad = || format!("`{text}` is not a price: write digits, e.g. 29.99");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let empty = whole.is_empty() || (fraction.is_empty() && text.contains('.'));
    if empty || !digits(whole) || !digits(fraction) {
        return Err(bad());
    }
    let exact = fraction.trim_end_matches('0');
    if exact.len() > decimals {
        return Err(format!("`{text}` has more decimals than {currency} has ({decimals})"));
    }
    let minor = format!("{whole}{exact:0<decimals$}");
    minor.parse().map_err(|_| format!("`{text}` is too large"))
}

/// Writes 2999 minor units as `29.99`.
pub fn format(amount: i64, currency: &str) -> String {
    let decimals = decimals(currency) as usize;
    let sign = if amount < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction} {currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_exactly() {
        for (text, minor) in [
            ("29.99", 2999),
            ("99.9", 9990),
            ("9", 900),
            ("0.07", 7),
            ("1.500", 150),
            ("007.1", 710),
        ] {
            assert_eq!(parse(text, "USD"), Ok(minor), "{text}");
        }
        assert_eq!(parse("120", "JPY"), Ok(120));
        assert_eq!(parse("1.234", "kwd"), Ok(1234));
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in ["", ".", ".5", "5.", "-1", "1e3", "1,50", "1.2.3", "29.999", " 1", "١"] {
            assert!(parse(text, "USD").is_err(), "{text}");
        }
        assert!(parse("1.5", "JPY").is_err());
        assert!(parse("99999999999999999999", "USD").is_err());
    }

    #[test]
    fn amounts_are_written_as_they_are_read() {
        assert_eq!(format(2999, "USD"), "29.99 USD");
        assert_eq!(format(7, "USD"), "0.07 USD");
        assert_eq!(format(-150, "USD"), "-1.50 USD");
        assert_eq!(format(120, "JPY"), "120 JPY");
    }
}
