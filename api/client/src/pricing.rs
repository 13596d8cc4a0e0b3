//! Promotions, shipping methods, tax rates, and what an order costs by them.

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/promotions`, and of `PUT /v1/promotions/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPromotion {
    /// What a customer types, in any case: letters, digits, dashes and underscores.
    pub code: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `percent`, `fixed` or `free_shipping`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of `percent`: millionths of what the goods cost; 100000 is 10 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_ppm: Option<u32>,
    /// Of `fixed`: what it takes off, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// ISO 4217: needed with `amount` and `minimum_spend`. Orders in another do not get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What the goods must cost at least, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_spend: Option<i64>,
    /// From when on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// How many orders may have it at once; any number without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit: Option<u32>,
    /// How many orders of one customer may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit_per_customer: Option<u32>,
}

/// A promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Promotion {
    /// `promo_…`; it follows from the code.
    pub id: String,
    /// One more with each change; its `ETag`.
    pub version: u64,
    /// What a customer types.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// `percent`, `fixed` or `free_shipping`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of `percent`: millionths of what the goods cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_ppm: Option<u32>,
    /// Of `fixed`: what it takes off, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// The currency of its amounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What the goods must cost at least, in minor units.
    pub minimum_spend: i64,
    /// From when on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// How many orders may have it at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit: Option<u32>,
    /// How many orders of one customer may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_limit_per_customer: Option<u32>,
    /// How many orders have it now; absent where it has no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// When it was created.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was archived, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
}

/// The body of `POST /v1/shipping-methods`, and of `PUT /v1/shipping-methods/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewShippingMethod {
    /// What it is called.
    pub name: String,
    /// ISO 4217, in any case.
    pub currency: String,
    /// The tax category of shipping by it; without it, it is not taxed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_category: Option<String>,
    /// What it costs where; the first whose places include the address counts.
    pub rates: Vec<ShippingRate>,
}

/// What a shipping method costs in some places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShippingRate {
    /// Where; none for everywhere, and for orders that do not say where they go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// What the steps go by: `flat` (one step without an end), `weight` (grams), or `total` (what
    /// the goods cost after the promotion, in minor units).
    pub by: String,
    /// Prices, in rising steps.
    pub steps: Vec<ShippingStep>,
}

/// A country, or a region of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// ISO 3166-1: two letters, in any case.
    pub country: String,
    /// ISO 3166-2, what stands after the dash, in any case; all of the country without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// What shipping costs up to some weight or total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShippingStep {
    /// The last value that it is for; absent in the last step: for all beyond.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// What it costs, in minor units.
    pub amount: i64,
}

/// A shipping method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShippingMethod {
    /// `ship_…`
    pub id: String,
    /// One more with each change; its `ETag`.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// The currency of its prices.
    pub currency: String,
    /// The tax category of shipping by it; absent if it is not taxed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_category: Option<String>,
    /// What it costs where; the first whose places include the address counts.
    pub rates: Vec<ShippingRate>,
    /// When it was created.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// The body of `POST /v1/tax-rates`, and of `PUT /v1/tax-rates/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTaxRate {
    /// ISO 3166-1: two letters, in any case; everywhere without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// ISO 3166-2, what stands after the dash, in any case; all of the country without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// On which products; `standard` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_category: Option<String>,
    /// What it is called.
    pub name: String,
    /// Millionths of the price; 190000 is 19 %.
    pub rate_ppm: u32,
    /// Prices include it.
    pub inclusive: bool,
}

/// A row of the tax table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaxRate {
    /// `tax_…`; it follows from place and category.
    pub id: String,
    /// One more with each change; its `ETag`.
    pub version: u64,
    /// Where; absent for everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// In which region of it; absent for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// On which products.
    pub tax_category: String,
    /// What it is called.
    pub name: String,
    /// Millionths of the price.
    pub rate_ppm: u32,
    /// Prices include it.
    pub inclusive: bool,
    /// When it was created.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// Where an order goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// ISO 3166-1: two letters, in any case.
    pub country: String,
    /// ISO 3166-2, what stands after the dash, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line1: Option<String>,
    /// What else helps to find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// Whom it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
}

/// The body of `POST /v1/quotes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    /// What is wanted: 1 to 200 lines. With a cart they may be left out: it has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<crate::NewLine>,
    /// The open cart that the lines are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<String>,
    /// Whose cart it is; who has signed in as a customer need not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// ISO 4217, in any case.
    pub currency: String,
    /// The code of a promotion, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion_code: Option<String>,
    /// `ship_…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method: Option<String>,
    /// Where it would go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}

/// What an order would cost now. Nothing is held, and nothing is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quote {
    /// ISO 4217.
    pub currency: String,
    /// Each line.
    pub lines: Vec<QuoteLine>,
    /// Price × quantity, over all lines.
    pub subtotal: i64,
    /// What the promotion does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<AppliedPromotion>,
    /// What the shipping costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<AppliedShipping>,
    /// All taxes together.
    pub tax: TaxTotal,
    /// What it costs: subtotal − promotion + shipping + the tax that is added. An order's
    /// `expected_total`.
    pub total: i64,
}

/// A line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuoteLine {
    /// `prod_…`
    pub product_id: String,
    /// The product's version.
    pub product_version: u64,
    /// The product's name.
    pub name: String,
    /// How many units.
    pub quantity: u32,
    /// What one unit costs, in minor units.
    pub unit_price: i64,
    /// Price × quantity.
    pub subtotal: i64,
    /// What of that the promotion takes off.
    pub discount: i64,
    /// The tax on the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<AppliedTax>,
}

/// What a promotion does for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppliedPromotion {
    /// `promo_…`
    pub promotion_id: String,
    /// Its version then.
    pub version: u64,
    /// Its code.
    pub code: String,
    /// How much less the order costs, before taxes, in minor units.
    pub amount: i64,
}

/// What the shipping of an order costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppliedShipping {
    /// `ship_…`
    pub shipping_method_id: String,
    /// Its version then.
    pub version: u64,
    /// Its name then.
    pub name: String,
    /// What it costs, in minor units.
    pub amount: i64,
    /// What of that the promotion takes off.
    pub discount: i64,
    /// The tax on the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<AppliedTax>,
}

/// A tax on a line, or on the shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppliedTax {
    /// `tax_…`
    pub tax_rate_id: String,
    /// Its version then.
    pub version: u64,
    /// Millionths of the price.
    pub rate_ppm: u32,
    /// It is included in the price.
    pub inclusive: bool,
    /// How much it is, in minor units.
    pub amount: i64,
}

/// All taxes of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaxTotal {
    /// Included in prices or not, in minor units.
    pub amount: i64,
    /// What of that is not included in prices, and so adds to the total.
    pub added: i64,
}
