//! What an order costs: promotions, shipping methods, the tax table, and the sum of them.
//!
//! The meta group has the definitions and nothing that an order changes. An order carries the
//! [`Terms`] it is priced by, each with the version it had; [`price`] makes the amounts of lines
//! and terms, for a quote as for an order, and apply computes them again rather than believe them.
//! The uses of a promotion with a limit are units in the shard of its code (`uses.rs`): held,
//! committed and released with the order's hold, like stock.
//!
//! Invariant I9: for each such promotion, uses = the live orders that have it.

mod archive_promotion;
mod create_promotion;
mod delete_shipping_method;
mod delete_tax_rate;
mod place;
mod promotion;
mod put_shipping_method;
mod put_tax_rate;
mod quote;
pub(crate) mod rows;
mod shipping;
mod tax;
mod update_promotion;
mod uses;

use serde::{Deserialize, Serialize};

use crate::catalog::validate::size;
use crate::ids::{PromotionId, ShippingMethodId, TaxRateId};
use crate::rejection::{Field, Rejection};

pub use archive_promotion::ArchivePromotion;
pub use create_promotion::CreatePromotion;
pub use delete_shipping_method::DeleteShippingMethod;
pub use delete_tax_rate::DeleteTaxRate;
pub use place::{ADDRESS_BYTES_MAX, Address, BadCountry, Country, Place, REGION_BYTES_MAX};
pub use promotion::{
    CODE_BYTES_MAX, Discount, PROMOTIONS_MAX, Promotion, PromotionDetails, USES_PER_CUSTOMER_MAX,
    normal_code,
};
pub use put_shipping_method::PutShippingMethod;
pub use put_tax_rate::PutTaxRate;
pub use quote::{Item, LineAmounts, Quote, part, price};
pub use shipping::{
    By, NoShipping, PLACES_MAX, RATES_MAX, SHIPPING_METHODS_MAX, STEPS_MAX, ShippingDetails,
    ShippingMethod, ShippingRate, ShippingTerms, Step,
};
pub use tax::{
    CATEGORY_BYTES_MAX, RATE_PPM_MAX, TAX_RATES_MAX, TAX_RATES_PER_PLACE_MAX, TaxDetails, TaxRate,
    TaxTerms, tax_terms,
};
pub(crate) use tax::{check_category, places};
pub use update_promotion::UpdatePromotion;
pub use uses::PromotionUses;
pub(crate) use uses::{commit_use, give_use_back, take_use};

/// The longest name of a promotion, a shipping method or a tax rate, in bytes of UTF-8.
pub const DEFINITION_NAME_BYTES_MAX: usize = 128;

/// Which version a change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// There is none, or it was deleted: this makes it.
    New,
    /// There is one, whichever version it has.
    Any,
    /// There is one, of this version.
    Version(u64),
}

/// What an order is priced by, beside its products.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Where it goes.
    pub ship_to: Option<Address>,
    /// The promotion whose code it names. Of one with a limit the shard that counts its uses has
    /// the last word on how it is defined.
    pub promotion: Option<Promotion>,
    /// How it is shipped, at what prices to that place.
    pub shipping: Option<ShippingTerms>,
    /// The taxes of that place, one for each category.
    pub taxes: Vec<TaxTerms>,
}

impl Terms {
    /// Refuses what no definition and no address can be.
    pub(crate) fn check(&self) -> Result<(), Rejection> {
        self.ship_to.as_ref().map(Address::check).transpose()?;
        self.promotion.as_ref().map(|it| it.details.check()).transpose()?;
        self.shipping.as_ref().map(ShippingTerms::check).transpose()?;
        size(Field::Taxes, self.taxes.len(), 0, 3 * TAX_RATES_PER_PLACE_MAX)?;
        self.taxes.iter().try_for_each(TaxTerms::check)
    }
}

/// What an order's total came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// Price × quantity, over all lines.
    pub goods: i64,
    /// The promotion, if it had one.
    pub promotion: Option<AppliedPromotion>,
    /// The shipping, if it is shipped.
    pub shipping: Option<AppliedShipping>,
    /// All taxes of lines and shipping, included in their prices or not.
    pub tax: i64,
    /// Those of them that are not included in prices: what they add to the total.
    pub tax_added: i64,
    /// Where it goes.
    pub ship_to: Option<Address>,
}

impl Pricing {
    /// What the shipping costs after the promotion, with a tax that is not included in it.
    pub fn shipping_cost(&self) -> i64 {
        let Some(shipping) = &self.shipping else { return 0 };
        let tax = shipping.tax.as_ref().filter(|tax| !tax.inclusive).map_or(0, |tax| tax.amount);
        shipping.amount.saturating_sub(shipping.discount).saturating_add(tax)
    }

    /// The promotion whose uses are counted, if the order took one.
    pub fn limited_promotion(&self) -> Option<PromotionId> {
        self.promotion.as_ref().filter(|promotion| promotion.limited).map(|it| it.promotion)
    }
}

/// What a promotion did for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedPromotion {
    /// Which.
    pub promotion: PromotionId,
    /// Its code.
    pub code: String,
    /// Its version then.
    pub version: u64,
    /// How much less the order costs, before taxes.
    pub amount: i64,
    /// A use of it is held for the order, in the shard of its code.
    pub limited: bool,
}

/// What the shipping of an order costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedShipping {
    /// Which method.
    pub method: ShippingMethodId,
    /// Its name then.
    pub name: String,
    /// Its version then.
    pub version: u64,
    /// What it costs.
    pub amount: i64,
    /// What of that the promotion takes off.
    pub discount: i64,
    /// The tax on the rest.
    pub tax: Option<AppliedTax>,
}

/// A tax on one line, or on the shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedTax {
    /// Which rate of the tax table.
    pub rate: TaxRateId,
    /// Its version then.
    pub version: u64,
    /// Millionths of the price.
    pub rate_ppm: u32,
    /// It is included in the price.
    pub inclusive: bool,
    /// How much it is.
    pub amount: i64,
}
