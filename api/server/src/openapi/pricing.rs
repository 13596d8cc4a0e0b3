//! What the document says of promotions, shipping, taxes and amounts: limits, and one value of each
//! wire type.

use api_client::*;
use engine_core::pricing::{
    ADDRESS_BYTES_MAX, CATEGORY_BYTES_MAX, CODE_BYTES_MAX, DEFINITION_NAME_BYTES_MAX, PLACES_MAX,
    RATE_PPM_MAX, RATES_MAX, REGION_BYTES_MAX, STEPS_MAX, USES_PER_CUSTOMER_MAX,
};
use engine_core::{Money, catalog::WEIGHT_GRAMS_MAX, inventory::UNITS_MAX};
use serde_json::{Value, json};

use super::limits::{id, number, text, time};
use super::samples::{page, sample};

/// The shipping method of the examples.
pub const METHOD: &str = "ship_0123456789abcdef0123456789abcdef";
/// The taxes of the examples.
pub const TAX: TaxTotal = TaxTotal { amount: 185, added: 0 };
const PROMOTION: &str = "promo_0123456789abcdef0123456789abcdef";
const RATE: &str = "tax_0123456789abcdef0123456789abcdef";
const AT: &str = "2026-11-22T19:07:03.250Z";

/// The limits of a type's field.
pub fn limits(kind: &str, field: &str) -> Option<Value> {
    let amount = |example| number(0, Money::AMOUNT_MAX, example);
    let named = ["Promotion", "ShippingMethod", "TaxRate", "AppliedShipping"];
    let is_named = named.contains(&kind.trim_start_matches("New"));
    let least = usize::from(!kind.ends_with("Promotion"));
    Some(match (kind, field) {
        ("Promotion", "id") | (_, "promotion_id") => id("promo_", 32),
        ("ShippingMethod", "id") | (_, "shipping_method_id" | "shipping_method") => id("ship_", 32),
        ("TaxRate", "id") | (_, "tax_rate_id") => id("tax_", 32),
        ("NewPromotion" | "Promotion" | "AppliedPromotion", "code") | (_, "promotion_code") => {
            json!({
                "minLength": 1, "maxLength": CODE_BYTES_MAX, "pattern": "^[A-Za-z0-9_-]+$",
                "examples": ["SPRING-10"],
            })
        }
        ("NewPromotion" | "Promotion", "type") => {
            json!({"enum": ["percent", "fixed", "free_shipping"]})
        }
        (_, "name") if is_named => text(least, DEFINITION_NAME_BYTES_MAX, "Spring"),
        ("NewPromotion" | "Promotion", "rate_ppm") => number(1, RATE_PPM_MAX.into(), 100_000),
        ("NewPromotion" | "Promotion", "amount") => number(1, Money::AMOUNT_MAX, 500),
        (_, "rate_ppm") => number(0, RATE_PPM_MAX.into(), 190_000),
        (_, "amount" | "discount" | "added" | "minimum_spend" | "subtotal") => amount(490),
        (_, "usage_limit") => number(1, UNITS_MAX.into(), 100),
        (_, "usage_limit_per_customer") => number(1, USES_PER_CUSTOMER_MAX.into(), 1),
        (_, "uses") => number(0, UNITS_MAX.into(), 3),
        (_, "starts_at" | "ends_at") => time(),
        (_, "country") => json!({"pattern": "^[A-Za-z]{2}$", "examples": ["DE"]}),
        (_, "region") => json!({
            "maxLength": REGION_BYTES_MAX, "pattern": "^[A-Za-z0-9-]*$", "examples": ["BE"],
        }),
        ("Address", "postal_code" | "city" | "line1" | "line2" | "recipient") => {
            text(0, ADDRESS_BYTES_MAX, "10115")
        }
        (_, "tax_category") => json!({
            "maxLength": CATEGORY_BYTES_MAX, "pattern": "^[a-z0-9_-]*$",
            "examples": ["reduced"],
        }),
        (_, "weight_grams") => number(0, WEIGHT_GRAMS_MAX.into(), 110),
        (_, "rates") => json!({"minItems": 1, "maxItems": RATES_MAX}),
        ("ShippingRate", "places") => json!({"maxItems": PLACES_MAX}),
        ("ShippingRate", "steps") => json!({"minItems": 1, "maxItems": STEPS_MAX}),
        ("ShippingRate", "by") => json!({"enum": ["flat", "weight", "total"]}),
        ("ShippingStep", "up_to") => number(0, i64::MAX, 2_000),
        _ => return None,
    })
}

/// What the fields of a type have to do with one another.
pub fn between(kind: &str) -> Option<Value> {
    if kind != "NewPromotion" {
        return None;
    }
    let of = |kind: &str, needed: &[&str], not: &[&str]| {
        let mut fields = json!({"type": {"const": kind}});
        for field in needed {
            fields[*field] = json!({"not": {"type": "null"}});
        }
        for field in not {
            fields[*field] = json!({"type": "null"});
        }
        json!({"required": needed, "properties": fields})
    };
    Some(json!({"anyOf": [
        of("percent", &["rate_ppm"], &["amount"]),
        of("fixed", &["amount", "currency"], &["rate_ppm"]),
        of("free_shipping", &[], &["rate_ppm", "amount"]),
    ]}))
}

/// An address.
pub fn address() -> Address {
    let some = |text: &str| Some(text.to_owned());
    Address {
        country: "DE".to_owned(),
        region: some("BE"),
        postal_code: some("10115"),
        city: some("Berlin"),
        line1: some("Invalidenstr. 1"),
        line2: some("3rd floor"),
        recipient: some("Ada"),
    }
}

/// A tax, included in prices.
pub fn tax(amount: i64) -> AppliedTax {
    let tax_rate_id = RATE.to_owned();
    AppliedTax { tax_rate_id, version: 2, rate_ppm: 70_000, inclusive: true, amount }
}

/// What a promotion does.
pub fn applied_promotion() -> AppliedPromotion {
    let (promotion_id, code) = (PROMOTION.to_owned(), "SPRING-10".to_owned());
    AppliedPromotion { promotion_id, version: 2, code, amount: 260 }
}

/// What shipping costs.
pub fn applied_shipping() -> AppliedShipping {
    AppliedShipping {
        shipping_method_id: METHOD.to_owned(),
        version: 2,
        name: "Parcel".to_owned(),
        amount: 490,
        discount: 0,
        tax: Some(tax(32)),
    }
}

/// One value of each wire type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let mut all = promotions();
    all.extend(shipping());
    all.extend(taxes());
    all.extend(quotes());
    all
}

fn promotions() -> Vec<(&'static str, Value)> {
    let (code, name) = ("SPRING-10".to_owned(), "Spring".to_owned());
    let (currency, at) = (Some("USD".to_owned()), Some(AT.to_owned()));
    let later = Some("2027-01-01T00:00:00.000Z".to_owned());
    let kind = "fixed".to_owned();
    let mut new = json!(NewPromotion {
        code: code.clone(),
        name: Some(name.clone()),
        kind: kind.clone(),
        rate_ppm: None,
        amount: Some(500),
        currency: currency.clone(),
        minimum_spend: Some(2_000),
        starts_at: at.clone(),
        ends_at: later.clone(),
        usage_limit: Some(100),
        usage_limit_per_customer: Some(1),
    });
    // A promotion has an amount or a rate, and a sample every field.
    new["rate_ppm"] = Value::Null;
    let promotion = Promotion {
        id: PROMOTION.to_owned(),
        version: 2,
        code,
        name,
        kind,
        rate_ppm: Some(100_000),
        amount: Some(500),
        currency,
        minimum_spend: 2_000,
        starts_at: at.clone(),
        ends_at: later,
        usage_limit: Some(100),
        usage_limit_per_customer: Some(1),
        uses: Some(3),
        created_at: AT.to_owned(),
        updated_at: AT.to_owned(),
        archived_at: at,
    };
    vec![
        ("NewPromotion", new),
        sample("Promotion", promotion.clone()),
        sample("PromotionList", page(promotion)),
    ]
}

fn shipping() -> Vec<(&'static str, Value)> {
    let place = Place { country: "DE".to_owned(), region: Some("BE".to_owned()) };
    let step = ShippingStep { up_to: Some(2_000), amount: 490 };
    let rate = ShippingRate {
        places: vec![place.clone()],
        by: "weight".to_owned(),
        steps: vec![step.clone()],
    };
    let (name, currency) = ("Parcel".to_owned(), "USD".to_owned());
    let tax_category = Some("standard".to_owned());
    let new = NewShippingMethod {
        name: name.clone(),
        currency: currency.clone(),
        tax_category: tax_category.clone(),
        rates: vec![rate.clone()],
    };
    let method = ShippingMethod {
        id: METHOD.to_owned(),
        version: 2,
        name,
        currency,
        tax_category,
        rates: vec![rate.clone()],
        created_at: AT.to_owned(),
        updated_at: AT.to_owned(),
    };
    vec![
        sample("NewShippingMethod", new),
        sample("ShippingMethod", method.clone()),
        sample("ShippingMethodList", page(method)),
        sample("ShippingRate", rate),
        sample("ShippingStep", step),
        sample("Place", place),
    ]
}

fn taxes() -> Vec<(&'static str, Value)> {
    let (country, region) = (Some("DE".to_owned()), Some("BE".to_owned()));
    let (category, name) = ("reduced".to_owned(), "VAT".to_owned());
    let new = NewTaxRate {
        country: country.clone(),
        region: region.clone(),
        tax_category: Some(category.clone()),
        name: name.clone(),
        rate_ppm: 70_000,
        inclusive: true,
    };
    let rate = TaxRate {
        id: RATE.to_owned(),
        version: 2,
        country,
        region,
        tax_category: category,
        name,
        rate_ppm: 70_000,
        inclusive: true,
        created_at: AT.to_owned(),
        updated_at: AT.to_owned(),
    };
    vec![
        sample("NewTaxRate", new),
        sample("TaxRate", rate.clone()),
        sample("TaxRateList", page(rate)),
    ]
}

fn quotes() -> Vec<(&'static str, Value)> {
    let product_id = "prod_0123456789abcdef0123456789abcdef".to_owned();
    let new = NewQuote {
        lines: vec![NewLine { product_id: product_id.clone(), quantity: 2 }],
        cart: Some(super::samples::carts::CART.to_owned()),
        customer_id: Some("cus_7".to_owned()),
        currency: "USD".to_owned(),
        promotion_code: Some("SPRING-10".to_owned()),
        shipping_method: Some(METHOD.to_owned()),
        ship_to: Some(address()),
    };
    let line = QuoteLine {
        product_id,
        product_version: 3,
        name: "Green tea, 100 g".to_owned(),
        quantity: 2,
        unit_price: 1_299,
        subtotal: 2_598,
        discount: 260,
        tax: Some(tax(153)),
    };
    let quote = Quote {
        currency: "USD".to_owned(),
        lines: vec![line.clone()],
        subtotal: 2_598,
        promotion: Some(applied_promotion()),
        shipping: Some(applied_shipping()),
        tax: TAX,
        total: 2_828,
    };
    vec![
        sample("NewQuote", new),
        sample("Quote", quote),
        sample("QuoteLine", line),
        sample("AppliedPromotion", applied_promotion()),
        sample("AppliedShipping", applied_shipping()),
        sample("AppliedTax", tax(153)),
        sample("TaxTotal", TAX),
        sample("Address", address()),
    ]
}
