//! What the trail tells of promotions, shipping methods, tax rates, locations and consumers.

use std::fmt::Write as _;

use super::fields::{number, text, time};
use super::{Fields, Value};
use crate::feed::Consumer;
use crate::inventory::Location;
use crate::pricing::{By, Discount, Promotion, ShippingMethod, ShippingRate, TaxRate};
use crate::webhook::Position;

pub(super) fn promotion(row: Promotion) -> Fields {
    let details = row.details;
    let mut fields = vec![
        number("version", row.version),
        text("code", row.code),
        text("name", details.name),
        ("minimum_spend".to_owned(), Value::Number(details.minimum_spend)),
    ];
    fields.extend(match details.discount {
        Discount::Percent { rate_ppm } => {
            vec![text("type", "percent"), number("rate_ppm", rate_ppm)]
        }
        Discount::Fixed { amount } => {
            vec![text("type", "fixed"), ("amount".to_owned(), Value::Number(amount))]
        }
        Discount::FreeShipping => vec![text("type", "free_shipping")],
    });
    fields.extend(details.currency.map(|currency| text("currency", currency)));
    fields.extend(time("starts_at", details.starts_at));
    fields.extend(time("ends_at", details.ends_at));
    fields.extend(details.usage_limit.map(|limit| number("usage_limit", limit)));
    let per_customer = details.usage_limit_per_customer;
    fields.extend(per_customer.map(|limit| number("usage_limit_per_customer", limit)));
    fields.extend(time("archived_at", row.archived_at));
    fields
}

pub(super) fn shipping_method(row: ShippingMethod) -> Fields {
    let details = row.details;
    let mut fields = vec![
        number("version", row.version),
        text("name", details.name),
        text("currency", details.currency),
        ("rates".to_owned(), Value::Texts(details.rates.iter().map(rate).collect())),
    ];
    fields.extend(details.tax_category.map(|category| text("tax_category", category)));
    fields
}

pub(super) fn tax_rate(row: TaxRate) -> Fields {
    let details = row.details;
    let mut fields = vec![
        number("version", row.version),
        text("name", details.name),
        text("tax_category", details.category),
        number("rate_ppm", details.rate_ppm),
        ("inclusive".to_owned(), Value::Flag(details.inclusive)),
    ];
    fields.extend(details.place.map(|place| text("place", place)));
    fields.extend(time("deleted_at", row.deleted_at));
    fields
}

pub(super) fn location(row: Location) -> Fields {
    let details = row.details;
    vec![
        number("version", row.version),
        text("name", details.name),
        number("priority", details.priority),
        ("active".to_owned(), Value::Flag(details.active)),
    ]
}

pub(super) fn consumer(row: Consumer) -> Fields {
    let place = |at: Position| match at.ordinal {
        u32::MAX => at.index.to_string(),
        ordinal => format!("{}.{ordinal}", at.index),
    };
    let read = row.read.into_iter().map(|(shard, at)| (shard.0.to_string(), place(at))).collect();
    vec![
        number("version", row.version),
        text("name", row.name),
        ("read".to_owned(), Value::Pairs(read)),
    ]
}

/// Where it goes, and what it costs there: `DE AT by weight: 490 up to 2000, 990`.
fn rate(rate: &ShippingRate) -> String {
    let places: Vec<_> = rate.places.iter().map(ToString::to_string).collect();
    let by = match rate.by {
        By::Flat => "flat",
        By::Weight => "by weight",
        By::Total => "by total",
    };
    let places = if places.is_empty() { "everywhere".to_owned() } else { places.join(" ") };
    let mut said = format!("{places} {by}:");
    for (at, step) in rate.steps.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(said, "{comma} {}", step.amount);
        if let Some(most) = step.up_to {
            let _ = write!(said, " up to {most}");
        }
    }
    said
}
