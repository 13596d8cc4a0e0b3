//! Orders as far along as a write about them needs: for the test that every write leaves a row.

use serde_json::{Value, json};

use super::Shop;
use crate::harness::{Fault, eventually};

/// What has to be done to an order before a write, in its order; a write that ends in the first
/// word needs all that stands above it.
const STEPS: [(&[&str], &str); 7] = [
    (&["/fulfillments", "/lines/cancel"], "fulfillments"),
    (&["/pack", "/fulfillments/{part_id}/cancel"], "pack"),
    (&["/ship", "/refunds"], "ship"),
    (&["/deliver", "/lost"], "deliver"),
    (&["/returns", "/reship"], "returns"),
    (&["/approve", "/reject", "/returns/{part_id}/cancel"], "approve"),
    (&["/receive"], ""),
];

impl Shop<'_> {
    /// An order that such a write is accepted for, and the part of it that the write is about.
    pub async fn worked_on(&self, path: &str) -> Result<(String, String), Fault> {
        let key = format!("work{}", path.replace(['/', '{', '}'], "-"));
        let line = json!([{"product_id": self.product, "quantity": 1}]);
        let placed = json!({"customer_id": "cus_work", "lines": line, "currency": "USD",
                            "payment_method": "pm_card_visa"});
        let order = self.made("/v1/orders", &key, &placed).await?;
        self.until(&order, "authorized").await?;
        let mut part = String::new();
        for (ends, verb) in STEPS {
            if ends.iter().any(|end| path.ends_with(end)) {
                return Ok((order, part));
            }
            let verb = match verb {
                "deliver" if path.ends_with("/reship") => "lost",
                verb => verb,
            };
            let own = format!("/v1/orders/{order}");
            let (path, kind) = match verb {
                "fulfillments" | "returns" => (format!("{own}/{verb}"), Some(verb)),
                "approve" => (format!("{own}/returns/{part}/approve"), None),
                verb => (format!("{own}/fulfillments/{part}/{verb}"), None),
            };
            let body = self.work_body(&path).unwrap_or_else(|| json!({}));
            let done =
                self.call("POST", &path, &format!("{key}-{verb}"), &body.to_string()).await?;
            assert!((200..300).contains(&done.status), "{path}: {}", done.text);
            if let Some(kind) = kind {
                // A return is told by itself, a fulfillment within its order.
                let told = done.json();
                let told = if kind == "returns" { &told } else { &told[kind][0] };
                part = told["id"].as_str().ok_or("no part")?.to_owned();
            }
            if verb == "pack" {
                self.until(&order, "captured").await?;
            }
        }
        Err(format!("nothing is known of {path}").into())
    }

    /// What such a write says.
    pub fn work_body(&self, path: &str) -> Option<Value> {
        let units = json!([{"line": 0, "quantity": 1}]);
        Some(match path.rsplit('/').next()? {
            "ship" => json!({"carrier": "UPS"}),
            "lost" => json!({"how": "lost", "refund": false}),
            "cancel" if path.ends_with("/lines/cancel") => {
                json!({"lines": units, "reason": "gone"})
            }
            "refunds" => json!({"amount": 1, "reason": "late"}),
            "returns" => json!({"lines": units, "reason": "too small"}),
            "reject" => json!({"reason": "worn"}),
            _ => return None,
        })
    }

    async fn until(&self, order: &str, payment: &str) -> Result<(), Fault> {
        let client = self.client()?;
        eventually(async || {
            let order = client.order(order).await.ok()?.body;
            (order.payment.status == payment).then_some(())
        })
        .await
    }
}
