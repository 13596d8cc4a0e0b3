//! Money: integer minor units with a currency. No float touches it, anywhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code, in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Currency([u8; 3]);

/// The currencies with other than two decimals, from ISO 4217's list of active codes.
const DECIMALS: [(&[u8; 3], u8); 25] = [
    (b"BHD", 3),
    (b"BIF", 0),
    (b"CLF", 4),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"IQD", 3),
    (b"ISK", 0),
    (b"JOD", 3),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"TND", 3),
    (b"UGX", 0),
    (b"UYI", 0),
    (b"UYW", 4),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XPF", 0),
];

impl Currency {
    /// US dollars, the default of a new cluster.
    pub const USD: Self = Self(*b"USD");

    /// How many decimals an amount has when it is written out.
    pub fn decimals(self) -> u8 {
        DECIMALS.iter().find(|(code, _)| **code == self.0).map_or(2, |(_, decimals)| *decimals)
    }

    /// The code, e.g. `USD`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not three letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three letters of ISO 4217, for example USD")]
pub struct BadCurrency;

impl FromStr for Currency {
    type Err = BadCurrency;

    fn from_str(text: &str) -> Result<Self, BadCurrency> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| BadCurrency)?;
        let letters = code.iter().all(u8::is_ascii_alphabetic);
        letters.then(|| Self(code.map(|byte| byte.to_ascii_uppercase()))).ok_or(BadCurrency)
    }
}

/// An amount in minor units (cents) of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units, e.g. 2999 for 29.99 USD.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// The largest amount anything may cost, in minor units: ten billion dollars and no overflow.
    pub const AMOUNT_MAX: i64 = 1_000_000_000_000;
}
