//! Lines about promotions, shipping methods and tax rates.

use std::error::Error;

use engine_core::order::Order;
use engine_core::pricing::{
    Address, By, Discount, Expect, Place, Promotion, PromotionDetails, ShippingDetails,
    ShippingMethod, ShippingRate, Step, TaxDetails, TaxRate, Terms,
};
use engine_core::{
    ArchivePromotion, Command, CreatePromotion, DeleteShippingMethod, DeleteTaxRate,
    PutShippingMethod, PutTaxRate, ShardId, TaxRateId, UpdatePromotion, read,
};

use super::inventory::unquote;
use super::world::World;
use super::{Said, notice, show};

#[derive(goldenscript::Command)]
enum Line {
    /// Creates a promotion: `percent=`, `fixed=`, or else free shipping.
    CreatePromotion {
        code: String,
        #[arg(optional)]
        details: Vec<(String, String)>,
    },
    /// Replaces what is said of a promotion.
    UpdatePromotion {
        code: String,
        #[arg(optional)]
        details: Vec<(String, String)>,
    },
    /// Archives a promotion.
    ArchivePromotion {
        code: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Puts a shipping method: `new`, `any` or a version; then rates: `DE,AT=weight:2000:490/:990`,
    /// `*=flat::1990`.
    PutShipping {
        method: String,
        expect: String,
        #[arg(key)]
        name: Option<String>,
        #[arg(key)]
        currency: Option<String>,
        #[arg(key)]
        tax: Option<String>,
        #[arg(optional)]
        rates: Vec<(String, String)>,
    },
    /// Deletes a shipping method.
    DeleteShipping {
        method: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Puts a tax rate: `new`, `any` or a version.
    PutTax {
        expect: String,
        #[arg(key)]
        at: Option<String>,
        #[arg(key)]
        on: Option<String>,
        #[arg(key)]
        name: Option<String>,
        #[arg(key)]
        rate: u32,
        #[arg(key, optional)]
        inclusive: bool,
    },
    /// Deletes a tax rate.
    DeleteTax {
        #[arg(key)]
        at: Option<String>,
        #[arg(key)]
        on: Option<String>,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Tells which shard counts the uses of a promotion, and how often it is used.
    Uses(String),
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        Line::CreatePromotion { code, details } => {
            let (code, details) = (unquote(&code), self::details(&details)?.1);
            world.names.promotion(&code);
            Command::CreatePromotion(CreatePromotion { code, details })
        }
        Line::UpdatePromotion { code, details } => {
            let (expected_version, details) = self::details(&details)?;
            let id = world.names.promotion(&code);
            Command::UpdatePromotion(UpdatePromotion { id, expected_version, details })
        }
        Line::ArchivePromotion { code, version: expected_version } => {
            let id = world.names.promotion(&code);
            Command::ArchivePromotion(ArchivePromotion { id, expected_version })
        }
        Line::PutShipping { method, expect, name, currency, tax, rates } => {
            let details = ShippingDetails {
                name: name.as_deref().map_or_else(|| method.clone(), unquote),
                currency: currency.as_deref().unwrap_or("USD").parse()?,
                tax_category: tax.as_deref().map(unquote),
                rates: rates.iter().map(rate).collect::<Result<_, _>>()?,
            };
            let (id, expect) = (world.names.shipping_method(&method), self::expect(&expect)?);
            Command::PutShippingMethod(PutShippingMethod { id, expect, details })
        }
        Line::DeleteShipping { method, version: expected_version } => {
            let id = world.names.shipping_method(&method);
            Command::DeleteShippingMethod(DeleteShippingMethod { id, expected_version })
        }
        Line::PutTax { expect, at, on, name, rate: rate_ppm, inclusive } => {
            let details = TaxDetails {
                place: at.as_deref().map(place).transpose()?,
                category: on.as_deref().map(unquote).unwrap_or_default(),
                name: name.as_deref().map_or_else(|| "tax".to_owned(), unquote),
                rate_ppm,
                inclusive,
            };
            Command::PutTaxRate(PutTaxRate { expect: self::expect(&expect)?, details })
        }
        Line::DeleteTax { at, on, version: expected_version } => {
            let place = at.as_deref().map(place).transpose()?;
            let id = TaxRateId::of(place.as_ref(), &on.unwrap_or_default());
            Command::DeleteTaxRate(DeleteTaxRate { id, expected_version })
        }
        Line::Uses(code) => return uses(world, &code),
        Line::Other(line) => return notice::run(world, &line),
    };
    world.run(command)
}

/// What is said of a promotion, and of which version.
fn details(said: &[(String, String)]) -> Result<(Option<u64>, PromotionDetails), Box<dyn Error>> {
    let text = |name: &str| said.iter().find(|(said, _)| said == name).map(|(_, value)| value);
    let number = |name| text(name).map(|value| value.parse::<i64>()).transpose();
    let time = |name| text(name).map(|value| value.parse::<u64>()).transpose();
    let limit = |name| text(name).map(|value| value.parse::<u32>()).transpose();
    let discount = match (limit("percent")?, number("fixed")?) {
        (Some(rate_ppm), _) => Discount::Percent { rate_ppm },
        (None, Some(amount)) => Discount::Fixed { amount },
        (None, None) => Discount::FreeShipping,
    };
    let details = PromotionDetails {
        name: text("name").map(|name| unquote(name)).unwrap_or_default(),
        discount,
        currency: text("currency").map(|code| code.parse()).transpose()?,
        minimum_spend: number("minimum")?.unwrap_or_default(),
        starts_at: time("from")?,
        ends_at: time("until")?,
        usage_limit: limit("limit")?,
        usage_limit_per_customer: limit("each")?,
    };
    Ok((time("version")?, details))
}

pub fn expect(text: &str) -> Result<Expect, Box<dyn Error>> {
    Ok(match text {
        "new" => Expect::New,
        "any" => Expect::Any,
        version => Expect::Version(version.parse()?),
    })
}

/// `DE`, or `US-CA`.
fn place(text: &str) -> Result<Place, Box<dyn Error>> {
    let (country, region) = text.split_once('-').unwrap_or((text, ""));
    Ok(Place { country: country.parse()?, region: region.to_owned() })
}

/// `DE,AT=weight:2000:490/:990`
fn rate((places, steps): &(String, String)) -> Result<ShippingRate, Box<dyn Error>> {
    let places = places.split(',').filter(|place| *place != "*").map(place);
    let (by, steps) = steps.split_once(':').ok_or("no steps")?;
    let step = |step: &str| -> Result<Step, Box<dyn Error>> {
        let (up_to, amount) = step.split_once(':').ok_or("no amount")?;
        let up_to = (!up_to.is_empty()).then(|| up_to.parse()).transpose()?;
        Ok(Step { up_to, amount: amount.parse()? })
    };
    Ok(ShippingRate {
        places: places.collect::<Result<_, _>>()?,
        by: match by {
            "flat" => By::Flat,
            "weight" => By::Weight,
            _ => By::Total,
        },
        steps: steps.split('/').map(step).collect::<Result<_, _>>()?,
    })
}

/// The definition of a promotion that a coordinator reads.
pub fn named(world: &mut World, code: &str) -> Result<Promotion, Box<dyn Error>> {
    let id = world.names.promotion(code);
    let found = read::promotion(world.cluster.rows(ShardId::META), id)?;
    Ok(found.ok_or("no such promotion")?)
}

/// What a coordinator reads in the meta group.
pub fn terms(
    world: &mut World,
    promotion: Option<&str>,
    shipping: Option<&str>,
    to: Option<&str>,
) -> Result<Terms, Box<dyn Error>> {
    let promotion = promotion.map(|code| named(world, code)).transpose()?;
    let ship_to = to.map(address).transpose()?;
    let method = shipping.map(|name| world.names.shipping_method(name));
    let meta = world.cluster.rows(ShardId::META);
    let method = method.map(|id| read::shipping_method(meta, id)).transpose()?.flatten();
    let shipping = method.map(|method| method.terms(ship_to.as_ref())).transpose();
    let shipping = shipping.map_err(|rejection| format!("{rejection:?}"))?;
    let taxes = read::taxes(meta, ship_to.as_ref())?;
    Ok(Terms { ship_to, promotion, shipping, taxes })
}

fn address(text: &str) -> Result<Address, Box<dyn Error>> {
    let Place { country, region } = place(text)?;
    Ok(Address {
        country,
        region,
        postal_code: "1".into(),
        city: "Town".into(),
        line1: "Street 1".into(),
        line2: String::new(),
        name: "Ada".into(),
    })
}

fn uses(world: &mut World, code: &str) -> Said {
    let id = world.names.promotion(code);
    let shard = world.cluster.topology.of_promotion(id);
    let uses = read::promotion_uses(world.cluster.rows(shard), id)?;
    Ok(match uses {
        Some(uses) => format!(
            "in shard {shard}: {} held, {} used, v{}\n",
            uses.held, uses.used, uses.promotion.version
        ),
        None => format!("in shard {shard}: never used\n"),
    })
}

pub fn promotion(row: &Promotion) -> String {
    let Promotion { version, created_at, updated_at, archived_at, code, details, .. } = row;
    let archived = archived_at.map(|at| format!(", archived {at}")).unwrap_or_default();
    let details = format!("{details:?}").replacen("PromotionDetails ", "", 1);
    format!("{code} v{version}, created {created_at}, updated {updated_at}{archived}; {details}")
}

pub fn shipping_method(row: &ShippingMethod) -> String {
    let ShippingMethod { id, version, created_at, updated_at, details } = row;
    let ShippingDetails { name, currency, tax_category, rates } = details;
    let mut text = format!(
        "{id:?} v{version} {} in {currency}, created {created_at}, updated {updated_at}",
        show::quoted(name),
    );
    text += &tax_category.as_ref().map(|tax| format!(", taxed as {tax:?}")).unwrap_or_default();
    for ShippingRate { places, by, steps } in rates {
        let places: Vec<_> = places.iter().map(ToString::to_string).collect();
        let steps: Vec<_> = steps.iter().map(|step| (step.up_to, step.amount)).collect();
        text += &format!("; [{}] {by:?} {steps:?}", places.join(" "));
    }
    text
}

pub fn tax_rate(row: &TaxRate) -> String {
    let TaxRate { version, created_at, updated_at, details, .. } = row;
    let TaxDetails { place, category, name, rate_ppm, inclusive } = details;
    let place = place.as_ref().map_or_else(|| "everywhere".to_owned(), ToString::to_string);
    format!(
        "{} at {place} on {category:?}, v{version}: {rate_ppm} ppm, inclusive {inclusive}, \
         created {created_at}, updated {updated_at}",
        show::quoted(name),
    )
}

/// What an order's total came from, if not from its goods alone.
pub fn amounts(order: &Order) -> String {
    let pricing = &order.pricing;
    let mut text = String::new();
    if let Some(promotion) = &pricing.promotion {
        let limited = if promotion.limited { ", limited" } else { "" };
        let (code, version) = (&promotion.code, promotion.version);
        text += &format!(" − {} by {code} v{version}{limited}", promotion.amount);
    }
    if let Some(shipping) = &pricing.shipping {
        let tax = shipping.tax.as_ref().map(|tax| format!(", tax {}", tax.amount));
        let (amount, name, version) = (shipping.amount, &shipping.name, shipping.version);
        text += &format!(" + {amount} by {name} v{version}{}", tax.unwrap_or_default());
    }
    if pricing.tax != 0 {
        let lines: Vec<_> = order
            .lines
            .iter()
            .map(|line| (line.discount, line.tax.as_ref().map_or(0, |tax| tax.amount)))
            .collect();
        let (tax, added) = (pricing.tax, pricing.tax_added);
        text += &format!(", tax {tax} of which {added} added; discount and tax {lines:?}");
    }
    if !text.is_empty() {
        text = format!(" = {}{text}", pricing.goods);
    }
    text
}
