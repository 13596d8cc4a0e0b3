//! Random promotions, shipping methods, tax rates, and terms of orders.

use engine_core::pricing::{
    Address, By, Country, Discount, Expect, Place, Promotion, PromotionDetails, ShippingDetails,
    ShippingRate, ShippingTerms, Step, TaxDetails, TaxTerms, Terms,
};
use engine_core::{
    ArchivePromotion, Command, CreatePromotion, DeleteShippingMethod, DeleteTaxRate, PromotionId,
    PutShippingMethod, PutTaxRate, ShippingMethodId, TaxRateId, UpdatePromotion,
};
use rand::Rng as _;

use super::values::Values;

pub fn any(v: &mut Values) -> Command {
    let expected_version = v.random.random_bool(0.2).then(|| v.small());
    let id = PromotionId::of(code(v));
    match v.random.random_range(0..10) {
        0..3 => {
            let code = if v.random.random_bool(0.9) { code(v).to_owned() } else { v.text() };
            Command::CreatePromotion(CreatePromotion { code, details: details(v) })
        }
        3 => {
            let details = details(v);
            Command::UpdatePromotion(UpdatePromotion { id, expected_version, details })
        }
        4 => Command::ArchivePromotion(ArchivePromotion { id, expected_version }),
        5 | 6 => {
            let (id, expect, details) = (method(v), expect(v), shipping(v));
            Command::PutShippingMethod(PutShippingMethod { id, expect, details })
        }
        7 => {
            let id = method(v);
            Command::DeleteShippingMethod(DeleteShippingMethod { id, expected_version })
        }
        8 => Command::PutTaxRate(PutTaxRate { expect: expect(v), details: tax(v) }),
        _ => {
            let id = TaxRateId::of(v.maybe(place).as_ref(), &category(v));
            Command::DeleteTaxRate(DeleteTaxRate { id, expected_version })
        }
    }
}

fn code(v: &mut Values) -> &'static str {
    v.one_of(&["SPRING", "SUMMER", "AUTUMN", "WINTER"])
}

fn method(v: &mut Values) -> ShippingMethodId {
    ShippingMethodId(v.random.random_range(1..4))
}

fn expect(v: &mut Values) -> Expect {
    match v.random.random_range(0..4) {
        0 => Expect::Any,
        1 => Expect::Version(v.small()),
        _ => Expect::New,
    }
}

pub fn category(v: &mut Values) -> String {
    v.one_of(&["", "", "", "reduced", "books", "Books", "standard"]).to_owned()
}

fn country(v: &mut Values) -> Country {
    v.one_of(&["DE", "AT", "US"]).parse().unwrap()
}

fn region(v: &mut Values) -> String {
    v.one_of(&["", "", "CA", "BE", "be", "a region that is too long"]).to_owned()
}

fn place(v: &mut Values) -> Place {
    Place { country: country(v), region: region(v) }
}

/// Mostly sound, so that orders have it.
fn details(v: &mut Values) -> PromotionDetails {
    let discount = match v.random.random_range(0..6) {
        0 => Discount::FreeShipping,
        1 | 2 => Discount::Fixed { amount: v.i64() },
        _ => Discount::Percent { rate_ppm: v.one_of(&[1, 100_000, 333_333, 1_000_000, u32::MAX]) },
    };
    let sound = v.random.random_bool(0.7);
    PromotionDetails {
        name: if sound { "text".into() } else { v.text() },
        discount,
        currency: if sound { Some(v.currency()) } else { None },
        minimum_spend: if sound { v.one_of(&[0, 0, 1, 1_000]) } else { v.i64() },
        starts_at: if sound { None } else { v.maybe(Values::u64) },
        ends_at: if sound { None } else { v.maybe(Values::u64) },
        usage_limit: v.maybe(|v| v.one_of(&[1, 2, 3, 1_000, 0, u32::MAX])),
        usage_limit_per_customer: v.maybe(|v| v.one_of(&[1, 2, 1_000, 0, u32::MAX])),
    }
}

pub fn promotion(v: &mut Values) -> Promotion {
    let code = code(v);
    Promotion {
        id: PromotionId::of(code),
        version: v.small(),
        created_at: v.u64(),
        updated_at: v.u64(),
        archived_at: v.random.random_bool(0.1).then(|| v.u64()),
        code: code.to_owned(),
        details: details(v),
    }
}

fn steps(v: &mut Values) -> Vec<Step> {
    if v.random.random_bool(0.6) {
        let last = Step { up_to: None, amount: v.random.random_range(0..2_000) };
        return vec![last];
    }
    v.many(3, |v| Step { up_to: v.maybe(Values::u64), amount: v.i64() })
}

fn by(v: &mut Values) -> By {
    v.one_of(&[By::Flat, By::Weight, By::Total])
}

fn shipping(v: &mut Values) -> ShippingDetails {
    ShippingDetails {
        name: if v.random.random_bool(0.8) { "text".into() } else { v.text() },
        currency: v.currency(),
        tax_category: v.maybe(category),
        rates: v.many(3, |v| {
            let places = v.many(2, place);
            ShippingRate { places, by: by(v), steps: steps(v) }
        }),
    }
}

fn tax(v: &mut Values) -> TaxDetails {
    TaxDetails {
        place: v.maybe(place),
        category: category(v),
        name: if v.random.random_bool(0.8) { "text".into() } else { v.text() },
        rate_ppm: rate(v),
        inclusive: v.random.random(),
    }
}

fn rate(v: &mut Values) -> u32 {
    v.one_of(&[0, 1, 70_000, 190_000, 1_000_000, 1_000_001, u32::MAX])
}

/// What an order is priced by: mostly nothing, as most orders have no promotion.
pub fn terms(v: &mut Values) -> Terms {
    if v.random.random_bool(0.5) {
        return Terms::default();
    }
    Terms {
        ship_to: v.maybe(|v| Address {
            country: country(v),
            region: region(v),
            postal_code: v.text(),
            city: "Berlin".into(),
            line1: "Invalidenstr. 1".into(),
            line2: String::new(),
            name: "Ada".into(),
        }),
        promotion: v.maybe(promotion),
        shipping: v.maybe(|v| ShippingTerms {
            method: method(v),
            version: v.small(),
            name: "text".into(),
            currency: v.currency(),
            tax_category: v.maybe(category),
            by: by(v),
            steps: steps(v),
        }),
        taxes: v.many(3, |v| TaxTerms {
            rate: TaxRateId(v.id()),
            version: v.small(),
            category: category(v),
            distance: v.random.random_range(0..3),
            rate_ppm: rate(v),
            inclusive: v.random.random(),
        }),
    }
}
