//! Reads the baskets of a real wholesaler: see `data/README.md` for origin and license.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use flate2::read::GzDecoder;
use serde::Deserialize;

use super::Line;

/// The file itself.
const FILE: &[u8] = include_bytes!("../../data/online-retail-2010-12_2011-03.csv.gz");
/// The most lines of one order; a wider basket becomes several.
const LINES_PER_ORDER_MAX: usize = 200;

/// The baskets, in the order in which they were bought, and what is in them.
#[derive(Debug, Default)]
pub(crate) struct BasketFile {
    /// What is sold.
    pub(crate) products: Vec<RetailProduct>,
    /// What was bought.
    pub(crate) baskets: Vec<Basket>,
}

/// A SKU of the file.
#[derive(Debug, Clone)]
pub(crate) struct RetailProduct {
    /// Its number.
    pub(crate) sku: String,
    /// Its description.
    pub(crate) name: String,
    /// Its price the first time it was sold, in minor units.
    pub(crate) price: i64,
}

/// An invoice of the file.
#[derive(Debug, Clone)]
pub(crate) struct Basket {
    /// Who bought; empty when the file does not say.
    pub(crate) customer: Arc<str>,
    /// What was bought.
    pub(crate) lines: Vec<Line>,
}

/// A row of the file.
#[derive(Debug, Deserialize)]
struct Row {
    #[serde(rename = "InvoiceNo")]
    invoice: String,
    #[serde(rename = "StockCode")]
    sku: String,
    #[serde(rename = "Description")]
    description: String,
    #[serde(rename = "Quantity")]
    quantity: i64,
    #[serde(rename = "UnitPrice")]
    price: String,
    #[serde(rename = "CustomerID")]
    customer: String,
}

impl BasketFile {
    /// Reads the file that the bench carries.
    pub(crate) fn load() -> Result<Self, csv::Error> {
        Self::read(GzDecoder::new(FILE))
    }

    fn read(source: impl Read) -> Result<Self, csv::Error> {
        let mut file = Self::default();
        let mut skus: BTreeMap<String, u32> = BTreeMap::new();
        let mut invoice = String::new();
        for row in csv::Reader::from_reader(source).deserialize() {
            let row: Row = row?;
            let (Ok(quantity), Some(price)) = (u32::try_from(row.quantity), minor(&row.price))
            else {
                continue;
            };
            if quantity == 0 || price == 0 || row.invoice.starts_with('C') {
                continue;
            }
            let product = *skus.entry(row.sku.clone()).or_insert_with(|| {
                let name =
                    if row.description.trim().is_empty() { &row.sku } else { &row.description };
                let name = name.trim().to_owned();
                file.products.push(RetailProduct { sku: row.sku.clone(), name, price });
                u32::try_from(file.products.len() - 1).unwrap_or(u32::MAX)
            });
            let full = file.baskets.last().is_some_and(|b| b.lines.len() >= LINES_PER_ORDER_MAX);
            if row.invoice != invoice || full {
                let customer = row.customer.trim_end_matches(".0").into();
                file.baskets.push(Basket { customer, lines: Vec::new() });
                invoice = row.invoice;
            }
            if let Some(basket) = file.baskets.last_mut() {
                basket.lines.push(Line { product, quantity });
            }
        }
        Ok(file)
    }
}

/// A decimal price as minor units, rounded down; none for what is no price.
fn minor(price: &str) -> Option<i64> {
    let (whole, part) = price.split_once('.').unwrap_or((price, ""));
    let cents: String = part.chars().chain("00".chars()).take(2).collect();
    let whole: i64 = whole.parse().ok().filter(|whole| *whole >= 0)?;
    whole.checked_mul(100)?.checked_add(cents.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{BasketFile, LINES_PER_ORDER_MAX, minor};

    #[test]
    fn the_file_has_the_width_and_skew_it_is_known_for() {
        let file = BasketFile::load().unwrap();
        let mut widths: Vec<_> = file.baskets.iter().map(|basket| basket.lines.len()).collect();
        widths.sort_unstable();
        let lines: usize = widths.iter().sum();
        assert!((5_000..6_500).contains(&file.baskets.len()), "{} baskets", file.baskets.len());
        assert!((3_000..4_000).contains(&file.products.len()), "{} SKUs", file.products.len());
        assert!((10..20).contains(&widths[widths.len() / 2]));
        assert!(lines > 130_000 && widths[0] >= 1);
        assert!(widths[widths.len() - 1] <= LINES_PER_ORDER_MAX);
    }

    #[test]
    fn cancellations_returns_and_gifts_are_left_out() {
        let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,X\n\
            1,A,LAMP,6,d,2.55,17850.0,UK\n1,B,,1,d,0.5,17850.0,UK\n\
            C2,A,LAMP,-6,d,2.55,17850.0,UK\n3,A,LAMP,-1,d,2.55,,UK\n4,A,LAMP,1,d,0.0,,UK\n\
            5,B,MUG,3,d,7,,UK\n";
        let file = BasketFile::read(text.as_bytes()).unwrap();
        let prices: Vec<_> = file.products.iter().map(|p| (p.name.as_str(), p.price)).collect();
        assert_eq!(prices, [("LAMP", 255), ("B", 50)]);
        let widths: Vec<_> = file.baskets.iter().map(|b| (&*b.customer, b.lines.len())).collect();
        assert_eq!(widths, [("17850", 2), ("", 1)]);
    }

    #[test]
    fn prices_are_exact() {
        assert_eq!(
            [minor("2.55"), minor("7"), minor("0.5"), minor("-1.0")].map(|p| p.unwrap_or(-1)),
            [255, 700, 50, -1]
        );
    }
}
