//! One row of a catalog: what its JSON object says of a product.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_128;

use crate::money;

/// What a row says. Everything it says that a product has no field for is an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// What there is to say about it.
    pub description: Option<String>,
    /// Who makes it.
    pub brand: Option<String>,
    /// The seller's own number for it.
    pub sku: Option<String>,
    /// What one unit costs, in minor units.
    pub price: i64,
    /// ISO 4217.
    pub currency: String,
    /// The names of its collections.
    pub categories: Vec<String>,
    /// Anything else.
    pub attributes: BTreeMap<String, String>,
    /// Units on hand, if the row says so.
    pub stock: Option<u32>,
}

impl Row {
    /// Understands a line; `currency` is that of rows which name none.
    pub fn parse(line: &str, currency: &str) -> Result<Self, String> {
        let fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(line).map_err(|error| format!("not a JSON object: {error}"))?;
        let mut fields = Fields(fields);
        let currency = fields.text("currency")?.unwrap_or_else(|| currency.to_string());
        let price = fields.take("price").ok_or("`price` is missing")?;
        let price = scalar(&price).ok_or("`price` is neither a number nor a text")?;
        let stock = match fields.take("stock").or_else(|| fields.take("inventory")) {
            Some(raw) => Some(units(&raw)?),
            None => None,
        };
        Ok(Self {
            name: fields.text("name")?.ok_or("`name` is missing")?,
            description: fields.text("description")?,
            brand: fields.text("brand")?,
            sku: fields.text("sku")?,
            price: money::parse(&price, &currency).map_err(|why| format!("`price`: {why}"))?,
            currency,
            categories: fields.names("categories")?,
            attributes: fields.rest(),
            stock,
        })
    }

    /// The same for rows which say the same of a product, whatever its stock.
    pub fn fingerprint(&self) -> u128 {
        let said = (
            (&self.name, &self.description, &self.brand, &self.sku),
            (self.price, &self.currency, &self.categories, &self.attributes),
        );
        xxh3_128(format!("{said:?}").as_bytes())
    }
}

/// The fields of a row that are not understood yet.
struct Fields(BTreeMap<String, Box<RawValue>>);

impl Fields {
    fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        self.0.remove(name).filter(|raw| raw.get() != "null")
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(raw) = self.take(name) else { return Ok(None) };
        scalar(&raw).map(Some).ok_or_else(|| format!("`{name}` is not a text"))
    }

    fn names(&mut self, name: &str) -> Result<Vec<String>, String> {
        let Some(raw) = self.take(name) else { return Ok(Vec::new()) };
        let given: Vec<String> = serde_json::from_str(raw.get())
            .map_err(|_| format!("`{name}` is not a list of texts"))?;
        let mut names: Vec<String> = Vec::new();
        for name in given {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// What is left, as attributes: texts as they are, anything else as its JSON.
    fn rest(self) -> BTreeMap<String, String> {
        self.0
            .into_iter()
            .filter(|(_, raw)| raw.get() != "null")
            .map(|(name, raw)| {
                let text = scalar(&raw).unwrap_or_else(|| raw.get().to_string());
                (name, text)
            })
            .collect()
    }
}

/// A text as it is, a number or a boolean as it is written; nothing for lists and objects.
fn scalar(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'[' | b'{' => None,
        _ => Some(raw.get().to_string()),
    }
}

fn units(raw: &RawValue) -> Result<u32, String> {
    raw.get().parse().map_err(|_| format!("stock: `{}` is not a number of units", raw.get()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Source;

    #[test]
    fn every_row_of_the_sample_is_understood() {
        let rows: Vec<Row> = Source::Sample
            .lines()
            .unwrap()
            .map(|line| Row::parse(&line.unwrap().1.unwrap(), "USD").unwrap())
            .collect();
        assert_eq!(rows[0].price, 4999);
        assert_eq!(rows[0].categories.len(), 3);
        assert_eq!(rows[0].attributes["popularity"], "21449");
        let mut prints: Vec<u128> = rows.iter().map(Row::fingerprint).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), rows.len(), "rows that differ must not be one product");
    }

    #[test]
    fn a_price_is_read_from_its_text() {
        let price = |json: &str| {
            Row::parse(&format!(r#"{{"name":"a","price":{json}}}"#), "USD").map(|row| row.price)
        };
        assert_eq!(price("1.10"), Ok(110));
        assert_eq!(price("\"1.10\""), Ok(110));
        assert!(price("1.105").unwrap_err().contains("decimals"));
        assert!(price("[1]").is_err());
        assert!(price("null").unwrap_err().contains("missing"));
    }

    #[test]
    fn order_of_fields_does_not_matter() {
        let one = Row::parse(r#"{"name":"a","price":1,"x":[1, 2],"stock":5}"#, "USD").unwrap();
        let two = Row::parse(r#"{"x":[1, 2],"stock":7,"price":1.00,"name":"a"}"#, "USD").unwrap();
        assert_eq!(one.fingerprint(), two.fingerprint());
        assert_eq!((one.stock, two.stock), (Some(5), Some(7)));
        assert_eq!(one.attributes["x"], "[1, 2]");
    }

    #[test]
    fn what_is_no_row_says_why() {
        for line in ["", "[]", "{", "{}", r#"{"name":"a"}"#, r#"{"price":1}"#] {
            assert!(Row::parse(line, "USD").is_err(), "{line}");
        }
        let negative = Row::parse(r#"{"name":"a","price":1,"stock":-1}"#, "USD");
        assert!(negative.unwrap_err().contains("stock"));
    }
}
