//! What the trail tells of promotions, shipping methods, tax rates, locations, settings and
//! consumers.

use std::fmt::Write as _;

use super::fields::{number, text, time};
use super::{Fields, Value};
use crate::feed::Consumer;
use crate::inventory::Location;
use crate::pricing::{By, Discount, Promotion, ShippingMethod, ShippingRate, TaxRate};
use crate::search::{SearchRule, SearchSettings, Synonyms, Typos};
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

pub(super) fn search_settings(row: SearchSettings) -> Fields {
    let Typos { one_from, two_from, enough, in_brand, in_sku } = row.details.typos;
    let typos = [
        format!("one_from {one_from}"),
        format!("two_from {two_from}"),
        format!("enough {enough}"),
        format!("in_brand {in_brand}"),
        format!("in_sku {in_sku}"),
    ];
    let synonyms = row.details.synonyms.iter().map(synonyms).collect();
    let rules = row.details.rules.iter().map(search_rule).collect();
    vec![
        number("search_version", row.version),
        ("search_typos".to_owned(), Value::Texts(typos.into())),
        ("search_synonyms".to_owned(), Value::Texts(synonyms)),
        ("search_rules".to_owned(), Value::Texts(rules)),
    ]
}

/// Texts that mean the same: `mug = cup`, or `mug > cup` if only the first finds the other.
fn synonyms(synonyms: &Synonyms) -> String {
    let (first, others) = synonyms
        .texts
        .split_first()
        .map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
    let sign = if synonyms.one_way { ">" } else { "=" };
    format!("{first} {sign} {}", others.join(" = "))
}

/// A text, and what is pinned (`+`) and hidden (`-`) for it.
fn search_rule(rule: &SearchRule) -> String {
    let mut said = format!("{}:", rule.text);
    let pinned = rule.pinned.iter().map(|id| ('+', id));
    for (sign, id) in pinned.chain(rule.hidden.iter().map(|id| ('-', id))) {
        let _ = write!(said, " {sign}{id}");
    }
    said
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
