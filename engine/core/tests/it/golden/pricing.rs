//! Samples of promotions, shipping methods and tax rates, and of the commands about them.

use engine_core::pricing::{
    Address, AppliedPromotion, AppliedShipping, AppliedTax, By, Discount, Expect, NoShipping,
    Place, Pricing, Promotion, PromotionDetails, PromotionUses, ShippingDetails, ShippingMethod,
    ShippingRate, ShippingTerms, Step, TaxDetails, TaxRate, TaxTerms, Terms,
};
use engine_core::{
    ArchivePromotion, Command, CreatePromotion, Currency, DeleteShippingMethod, DeleteTaxRate,
    PromotionId, PutShippingMethod, PutTaxRate, ShippingMethodId, TaxRateId, UpdatePromotion,
};

use super::Golden;

pub const METHOD: ShippingMethodId = ShippingMethodId(0x5417);
pub const RATE: TaxRateId = TaxRateId(0x7a8);
pub const NO_SHIPPING: [NoShipping; 4] =
    [NoShipping::Unknown, NoShipping::Place, NoShipping::Size, NoShipping::Currency];
const DISCOUNTS: [Discount; 3] =
    [Discount::Percent { rate_ppm: 100_000 }, Discount::Fixed { amount: 500 }, FREE];
const FREE: Discount = Discount::FreeShipping;

pub fn hold(golden: &mut Golden) {
    let by = |discount| {
        let details = PromotionDetails { discount, ..details() };
        Promotion { details, ..promotion() }
    };
    golden.hold(DISCOUNTS.map(|discount| (format!("{discount:?}"), by(discount))).into());
    golden.hold(vec![("sample".into(), shipping_method())]);
    golden.hold(vec![("sample".into(), tax_rate())]);
    let uses = PromotionUses { held: 3, used: 97, promotion: promotion() };
    golden.hold(vec![("sample".into(), uses)]);
}

/// One of each.
pub fn commands() -> Vec<Command> {
    let (id, expected_version) = (promotion().id, Some(3));
    let (code, details) = (promotion().code, details());
    vec![
        Command::CreatePromotion(CreatePromotion { code, details: details.clone() }),
        Command::UpdatePromotion(UpdatePromotion { id, expected_version, details }),
        Command::ArchivePromotion(ArchivePromotion { id, expected_version }),
        put(Expect::New),
        Command::DeleteShippingMethod(DeleteShippingMethod { id: METHOD, expected_version }),
        Command::PutTaxRate(PutTaxRate { expect: Expect::Any, details: tax_rate().details }),
        Command::DeleteTaxRate(DeleteTaxRate { id: RATE, expected_version }),
    ]
}

/// What a seller may think is there.
pub fn variants() -> Vec<(String, Command)> {
    [Expect::Any, Expect::Version(3)]
        .map(|expect| (format!("PutShippingMethod-{expect:?}"), put(expect)))
        .into()
}

fn put(expect: Expect) -> Command {
    let details = shipping_method().details;
    Command::PutShippingMethod(PutShippingMethod { id: METHOD, expect, details })
}

fn details() -> PromotionDetails {
    PromotionDetails {
        name: "Spring".into(),
        discount: Discount::Percent { rate_ppm: 100_000 },
        currency: Some(Currency::USD),
        minimum_spend: 1_000,
        starts_at: Some(5_000),
        ends_at: Some(6_000),
        usage_limit: Some(100),
        usage_limit_per_customer: Some(2),
    }
}

pub fn promotion() -> Promotion {
    Promotion {
        id: PromotionId::of("SPRING-10"),
        version: 2,
        created_at: 1_000,
        updated_at: 2_000,
        archived_at: Some(3_000),
        code: "SPRING-10".into(),
        details: details(),
    }
}

pub fn shipping_method() -> ShippingMethod {
    let place = |region: &str| Place { country: "US".parse().unwrap(), region: region.into() };
    let step = |up_to, amount| Step { up_to, amount };
    let rate = |by, places, steps| ShippingRate { places, by, steps };
    ShippingMethod {
        id: METHOD,
        version: 4,
        created_at: 1_000,
        updated_at: 2_000,
        details: ShippingDetails {
            name: "Parcel".into(),
            currency: Currency::USD,
            tax_category: Some(String::new()),
            rates: vec![
                rate(By::Weight, vec![place("CA"), place("")], vec![step(Some(2_000), 490)]),
                rate(By::Total, vec![], vec![step(Some(5_000), 990), step(None, 0)]),
                rate(By::Flat, vec![], vec![step(None, 1_990)]),
            ],
        },
    }
}

pub fn tax_rate() -> TaxRate {
    TaxRate {
        id: RATE,
        version: 6,
        created_at: 1_000,
        updated_at: 2_000,
        deleted_at: Some(3_000),
        details: TaxDetails {
            place: Some(Place { country: "DE".parse().unwrap(), region: "BE".into() }),
            category: "reduced".into(),
            name: "USt".into(),
            rate_ppm: 70_000,
            inclusive: true,
        },
    }
}

pub fn tax() -> AppliedTax {
    AppliedTax { rate: RATE, version: 6, rate_ppm: 70_000, inclusive: true, amount: 392 }
}

pub fn address() -> Address {
    Address {
        country: "DE".parse().unwrap(),
        region: "BE".into(),
        postal_code: "10115".into(),
        city: "Berlin".into(),
        line1: "Invalidenstr. 1".into(),
        line2: "3. OG".into(),
        name: "Ada".into(),
    }
}

pub fn terms() -> Terms {
    Terms {
        ship_to: Some(address()),
        promotion: Some(promotion()),
        shipping: Some(ShippingTerms {
            method: METHOD,
            version: 4,
            name: "Parcel".into(),
            currency: Currency::USD,
            tax_category: Some("reduced".into()),
            by: By::Total,
            steps: vec![Step { up_to: None, amount: 490 }],
        }),
        taxes: vec![TaxTerms {
            rate: RATE,
            version: 6,
            category: "reduced".into(),
            distance: 1,
            rate_ppm: 70_000,
            inclusive: true,
        }],
    }
}

pub fn applied() -> Pricing {
    Pricing {
        goods: 5_998,
        promotion: Some(AppliedPromotion {
            promotion: promotion().id,
            code: "SPRING-10".into(),
            version: 2,
            amount: 77,
            limited: true,
        }),
        shipping: Some(AppliedShipping {
            method: METHOD,
            name: "Parcel".into(),
            version: 4,
            amount: 490,
            discount: 9,
            tax: Some(tax()),
        }),
        tax: 784,
        tax_added: 31,
        ship_to: Some(address()),
    }
}
