//! Promotions, shipping methods, tax rates and amounts, from wire types to the engine's and back.

use api_client as wire;
use engine_core::pricing::{
    Address, AppliedPromotion, AppliedShipping, AppliedTax, BadCountry, By, Country, Discount,
    Place, Promotion, PromotionDetails, PromotionUses, ShippingDetails, ShippingMethod,
    ShippingRate, Step, TaxDetails, TaxRate,
};

use crate::errors::{Code, Error};
use crate::rest::currency;
use crate::time::{from_rfc3339, rfc3339};

/// What the standard tax category is called.
const STANDARD: &str = "standard";

/// A tax category as a request names it.
pub fn category_named(name: String) -> String {
    if name == STANDARD { String::new() } else { name }
}

/// A tax category as it is told.
pub fn category(category: String) -> String {
    if category.is_empty() { STANDARD.to_owned() } else { category }
}

fn country(param: &str, text: &str) -> Result<Country, Error> {
    let bad = |error: BadCountry| Error::about(Code::InvalidField, param, error.to_string());
    text.parse().map_err(bad)
}

fn region(text: Option<&str>) -> String {
    text.map(str::to_ascii_uppercase).unwrap_or_default()
}

/// An address in a request.
pub fn address_read(address: &wire::Address) -> Result<Address, Error> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(Address {
        country: country("ship_to.country", &address.country)?,
        region: region(address.region.as_deref()),
        postal_code: text(&address.postal_code),
        city: text(&address.city),
        line1: text(&address.line1),
        line2: text(&address.line2),
        name: text(&address.recipient),
    })
}

/// An address.
pub fn address(address: Address) -> wire::Address {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    wire::Address {
        country: address.country.to_string(),
        region: some(address.region),
        postal_code: some(address.postal_code),
        city: some(address.city),
        line1: some(address.line1),
        line2: some(address.line2),
        recipient: some(address.name),
    }
}

/// What a request says of a promotion.
pub fn promotion_details(new: &wire::NewPromotion) -> Result<PromotionDetails, Error> {
    let time = |param: &str, text: &Option<String>| {
        let bad = || {
            let detail = "a time is as 2026-11-22T19:07:03Z (RFC 3339)";
            Error::about(Code::InvalidField, param, detail)
        };
        text.as_deref().map(|text| from_rfc3339(text).ok_or_else(bad)).transpose()
    };
    Ok(PromotionDetails {
        name: new.name.clone().unwrap_or_default(),
        discount: discount(new)?,
        currency: new.currency.as_deref().map(currency).transpose()?,
        minimum_spend: new.minimum_spend.unwrap_or(0),
        starts_at: time("starts_at", &new.starts_at)?,
        ends_at: time("ends_at", &new.ends_at)?,
        usage_limit: new.usage_limit,
        usage_limit_per_customer: new.usage_limit_per_customer,
    })
}

fn discount(new: &wire::NewPromotion) -> Result<Discount, Error> {
    let bad = |param, detail: &str| Error::about(Code::InvalidField, param, detail);
    match (new.kind.as_str(), new.rate_ppm, new.amount) {
        ("percent", Some(rate_ppm), None) => Ok(Discount::Percent { rate_ppm }),
        ("percent", None, _) => Err(bad("rate_ppm", "`percent` needs a rate_ppm")),
        ("fixed", None, Some(amount)) => Ok(Discount::Fixed { amount }),
        ("fixed", _, None) => Err(bad("amount", "`fixed` needs an amount")),
        ("free_shipping", None, None) => Ok(Discount::FreeShipping),
        ("percent" | "free_shipping", _, Some(_)) => Err(bad("amount", "only `fixed` has one")),
        ("fixed" | "free_shipping", ..) => Err(bad("rate_ppm", "only `percent` has one")),
        _ => Err(bad("type", "a type is `percent`, `fixed` or `free_shipping`")),
    }
}

/// A promotion, and how often it is used, if that is counted.
pub fn promotion(row: Promotion, uses: Option<&PromotionUses>) -> wire::Promotion {
    let details = row.details;
    let (kind, rate_ppm, amount) = match details.discount {
        Discount::Percent { rate_ppm } => ("percent", Some(rate_ppm), None),
        Discount::Fixed { amount } => ("fixed", None, Some(amount)),
        Discount::FreeShipping => ("free_shipping", None, None),
    };
    let used = uses.map_or(0, |uses| uses.held.saturating_add(uses.used));
    wire::Promotion {
        id: row.id.to_string(),
        version: row.version,
        code: row.code,
        name: details.name,
        kind: kind.to_owned(),
        rate_ppm,
        amount,
        currency: details.currency.map(|currency| currency.to_string()),
        minimum_spend: details.minimum_spend,
        starts_at: details.starts_at.map(rfc3339),
        ends_at: details.ends_at.map(rfc3339),
        usage_limit: details.usage_limit,
        usage_limit_per_customer: details.usage_limit_per_customer,
        uses: details.usage_limit.map(|_| used),
        created_at: rfc3339(row.created_at),
        updated_at: rfc3339(row.updated_at),
        archived_at: row.archived_at.map(rfc3339),
    }
}

/// What a request says of a shipping method.
pub fn shipping_details(new: wire::NewShippingMethod) -> Result<ShippingDetails, Error> {
    let rates = new.rates.into_iter().enumerate();
    Ok(ShippingDetails {
        name: new.name,
        currency: currency(&new.currency)?,
        tax_category: new.tax_category.map(category_named),
        rates: rates.map(shipping_rate).collect::<Result<_, Error>>()?,
    })
}

fn shipping_rate((at, rate): (usize, wire::ShippingRate)) -> Result<ShippingRate, Error> {
    let by = match rate.by.as_str() {
        "flat" => By::Flat,
        "weight" => By::Weight,
        "total" => By::Total,
        _ => {
            let detail = "steps go by `flat`, `weight` or `total`";
            return Err(Error::about(Code::InvalidField, format!("rates[{at}].by"), detail));
        }
    };
    let place = |(number, place): (usize, &wire::Place)| {
        let param = format!("rates[{at}].places[{number}].country");
        let country = country(&param, &place.country)?;
        Ok(Place { country, region: region(place.region.as_deref()) })
    };
    let step = |step: &wire::ShippingStep| Step { up_to: step.up_to, amount: step.amount };
    Ok(ShippingRate {
        places: rate.places.iter().enumerate().map(place).collect::<Result<_, Error>>()?,
        by,
        steps: rate.steps.iter().map(step).collect(),
    })
}

/// A shipping method.
pub fn shipping_method(row: ShippingMethod) -> wire::ShippingMethod {
    let details = row.details;
    wire::ShippingMethod {
        id: row.id.to_string(),
        version: row.version,
        name: details.name,
        currency: details.currency.to_string(),
        tax_category: details.tax_category.map(category),
        rates: details.rates.into_iter().map(told_rate).collect(),
        created_at: rfc3339(row.created_at),
        updated_at: rfc3339(row.updated_at),
    }
}

fn told_rate(rate: ShippingRate) -> wire::ShippingRate {
    let by = match rate.by {
        By::Flat => "flat",
        By::Weight => "weight",
        By::Total => "total",
    };
    let place = |place: Place| wire::Place {
        country: place.country.to_string(),
        region: Some(place.region).filter(|region| !region.is_empty()),
    };
    let step = |step: Step| wire::ShippingStep { up_to: step.up_to, amount: step.amount };
    wire::ShippingRate {
        places: rate.places.into_iter().map(place).collect(),
        by: by.to_owned(),
        steps: rate.steps.into_iter().map(step).collect(),
    }
}

/// What a request says of a tax rate.
pub fn tax_details(new: wire::NewTaxRate) -> Result<TaxDetails, Error> {
    let place = match (&new.country, &new.region) {
        (Some(text), within) => {
            let region = region(within.as_deref());
            Some(Place { country: country("country", text)?, region })
        }
        (None, None) => None,
        (None, Some(_)) => {
            let detail = "a region lies in a country: name it, too";
            return Err(Error::about(Code::InvalidField, "country", detail));
        }
    };
    Ok(TaxDetails {
        place,
        category: new.tax_category.map(category_named).unwrap_or_default(),
        name: new.name,
        rate_ppm: new.rate_ppm,
        inclusive: new.inclusive,
    })
}

/// A tax rate.
pub fn tax_rate(row: TaxRate) -> wire::TaxRate {
    let details = row.details;
    let (country, region) = match details.place {
        Some(Place { country, region }) => (Some(country.to_string()), region),
        None => (None, String::new()),
    };
    wire::TaxRate {
        id: row.id.to_string(),
        version: row.version,
        country,
        region: Some(region).filter(|region| !region.is_empty()),
        tax_category: category(details.category),
        name: details.name,
        rate_ppm: details.rate_ppm,
        inclusive: details.inclusive,
        created_at: rfc3339(row.created_at),
        updated_at: rfc3339(row.updated_at),
    }
}

/// What a promotion does for an order.
pub fn applied_promotion(applied: AppliedPromotion) -> wire::AppliedPromotion {
    wire::AppliedPromotion {
        promotion_id: applied.promotion.to_string(),
        version: applied.version,
        code: applied.code,
        amount: applied.amount,
    }
}

/// What the shipping of an order costs.
pub fn applied_shipping(applied: AppliedShipping) -> wire::AppliedShipping {
    wire::AppliedShipping {
        shipping_method_id: applied.method.to_string(),
        version: applied.version,
        name: applied.name,
        amount: applied.amount,
        discount: applied.discount,
        tax: applied.tax.map(applied_tax),
    }
}

/// A tax on a line, or on the shipping.
pub fn applied_tax(applied: AppliedTax) -> wire::AppliedTax {
    wire::AppliedTax {
        tax_rate_id: applied.rate.to_string(),
        version: applied.version,
        rate_ppm: applied.rate_ppm,
        inclusive: applied.inclusive,
        amount: applied.amount,
    }
}
