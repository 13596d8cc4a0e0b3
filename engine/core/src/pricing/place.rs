//! Places: countries, their regions, and the addresses that orders go to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalog::validate::text;
use crate::rejection::{Field, Rejection};

/// The longest region, in bytes: of ISO 3166-2, what stands after the dash.
pub const REGION_BYTES_MAX: usize = 16;
/// The longest line of an address, in bytes of UTF-8.
pub const ADDRESS_BYTES_MAX: usize = 128;

/// A country's code of ISO 3166-1, in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Country([u8; 2]);

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or("??"))
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not two letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a country is two letters of ISO 3166-1, for example DE")]
pub struct BadCountry;

impl FromStr for Country {
    type Err = BadCountry;

    fn from_str(text: &str) -> Result<Self, BadCountry> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| BadCountry)?;
        let letters = code.iter().all(u8::is_ascii_alphabetic);
        letters.then(|| Self(code.map(|byte| byte.to_ascii_uppercase()))).ok_or(BadCountry)
    }
}

/// A country, or a region of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The country.
    pub country: Country,
    /// The region, e.g. `CA` of `US`, in upper case; empty for all of the country.
    pub region: String,
}

impl Place {
    /// Whether an address lies in it.
    pub fn has(&self, address: &Address) -> bool {
        let region = self.region.is_empty() || self.region == address.region;
        self.country == address.country && region
    }

    pub(super) fn check(&self) -> Result<(), Rejection> {
        check_region(&self.region)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region.as_str() {
            "" => self.country.fmt(f),
            region => write!(f, "{}-{region}", self.country),
        }
    }
}

/// Where an order goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Address {
    /// The country: prices of shipping and taxes go by it.
    pub country: Country,
    /// The region, in upper case, or empty: they may go by it, too.
    pub region: String,
    pub postal_code: String,
    pub city: String,
    pub line1: String,
    pub line2: String,
    /// Whom it goes to.
    pub name: String,
}

impl Address {
    pub(super) fn check(&self) -> Result<(), Rejection> {
        check_region(&self.region)?;
        let Self { postal_code, city, line1, line2, name, .. } = self;
        for line in [postal_code, city, line1, line2, name] {
            text(Field::ShipTo, line, 0, ADDRESS_BYTES_MAX)?;
        }
        Ok(())
    }
}

fn check_region(region: &str) -> Result<(), Rejection> {
    text(Field::Region, region, 0, REGION_BYTES_MAX)?;
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let good = region.bytes().all(plain);
    if good { Ok(()) } else { Err(Rejection::Malformed { field: Field::Region }) }
}
