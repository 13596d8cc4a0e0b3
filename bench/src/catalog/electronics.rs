//! The 3,291 real products of the sample catalog: see `cli/data/README.md` for origin and license.

use std::io::{BufRead as _, BufReader};

use flate2::read::GzDecoder;
use serde::Deserialize;

use super::Good;
use crate::error::Failure;

/// The file itself.
const FILE: &[u8] = include_bytes!("../../../cli/data/electronics.ndjson.gz");
/// Minor units of one dollar, the currency of the file.
const MINOR: f64 = 100.0;

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    description: String,
    brand: String,
    price: f64,
}

/// Reads the catalog that the project carries.
pub(super) fn load() -> Result<Vec<Good>, Failure> {
    let lines = BufReader::new(GzDecoder::new(FILE)).lines();
    lines.enumerate().map(|(number, line)| good(number, &line?)).collect()
}

fn good(number: usize, line: &str) -> Result<Good, Failure> {
    let row: Row = serde_json::from_str(line)?;
    // Only a load generator may round: what it measures does not depend on a cent.
    let price = (row.price * MINOR).round().max(1.0) as i64;
    let sku = format!("E-{number:04}");
    Ok(Good { name: row.name, description: row.description, brand: row.brand, sku, price })
}
