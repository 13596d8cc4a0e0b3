//! Promotions, shipping methods, tax rates and locations to write to: for the test that every write
//! leaves a row.

use serde_json::{Value, json};

use super::Shop;
use crate::harness::Fault;

impl Shop<'_> {
    /// One of each: the path that they are under, and its id.
    pub async fn definitions(&self) -> Result<Vec<(&'static str, String)>, Fault> {
        let mut made = Vec::new();
        let paths = ["/v1/promotions", "/v1/shipping-methods", "/v1/tax-rates", "/v1/locations"];
        for path in paths {
            // What is written later names the same code, or place and category.
            let mut body = self.priced_body(&format!("{path}/{{id}}")).ok_or("no body")?;
            body["name"] = json!("Before");
            made.push((path, self.made(path, "trail-priced", &body).await?));
        }
        Ok(made)
    }

    /// What such a write says. Codes and categories are this key's own: there is one of each.
    pub fn priced_body(&self, path: &str) -> Option<Value> {
        let (there, own) = (path.ends_with("/{id}"), &self.key);
        let more = if there { "" } else { "-2" };
        Some(match path.trim_end_matches("/{id}") {
            "/v1/promotions" => {
                json!({"code": format!("T-{own}{more}"), "type": "percent", "rate_ppm": 50_000,
                       "name": "After"})
            }
            "/v1/shipping-methods" => {
                json!({"name": "After", "currency": "USD", "rates": [
                    {"places": [], "by": "flat", "steps": [{"amount": 490}]},
                ]})
            }
            "/v1/tax-rates" => {
                json!({"country": "LI", "tax_category": format!("{own}{more}"), "name": "After",
                       "rate_ppm": 81_000, "inclusive": true})
            }
            "/v1/stock/transfers" => {
                let to = self.priced.iter().find(|(under, _)| *under == "/v1/locations")?;
                json!({"product_id": self.product, "quantity": 1, "to_location_id": to.1,
                       "reason": "nearer"})
            }
            "/v1/events/consumers/{name}" => json!({"cursor": "e0:0,1:0,2:0,3:0,4:0"}),
            "/v1/locations" => json!({"name": "After", "priority": 20}),
            _ => return None,
        })
    }
}
