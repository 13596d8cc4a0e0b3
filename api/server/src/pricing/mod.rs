//! What an order is priced by: reads promotions, shipping methods and taxes in the meta group, for
//! orders that are placed and for quotes.
//!
//! Invariant: a definition that is due is read from a replica at most `STALENESS_MS_MAX` behind.
//! Amounts are computed in engine/core alone; a quote is what an order would be told.

mod wire;

use std::collections::BTreeMap;

use engine_core::inventory::HoldLine;
use engine_core::pricing::{Address, Item, NoShipping, Quote, Terms, normal_code, price};
use engine_core::{
    Currency, PromotionId, Rejection, ShardId, ShippingMethodId, catalog::Product, read,
};

use crate::consistency::{Freshness, Seen};
use crate::errors::{Code, Error};
use crate::extract;
use crate::order::lines_by_shard;
use crate::refusals;
use crate::rest::products_not_found;
use crate::state::AppState;
use crate::time::now_ms;

pub use wire::{
    address, applied_promotion, applied_shipping, applied_tax, category, category_named, promotion,
    promotion_details, shipping_details, shipping_method, tax_details, tax_rate,
};

/// How far behind the definitions that an order is priced by may be, in milliseconds.
const STALENESS_MS_MAX: u64 = 5_000;

/// What a request names, beside products.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The code of a promotion, in upper case. What is no code is none of any promotion.
    promotion: Option<String>,
    shipping: Option<ShippingMethodId>,
    ship_to: Option<Address>,
}

/// What an order would cost now.
pub struct Quoted {
    /// The products, in the order of the lines.
    pub products: Vec<Product>,
    /// The amounts.
    pub quote: Quote,
    /// Where it stands.
    pub seen: Seen,
}

impl Wanted {
    /// Reads what a request names.
    pub fn read(
        promotion_code: Option<&str>,
        shipping_method: Option<&str>,
        ship_to: Option<&api_client::Address>,
    ) -> Result<Self, Error> {
        let code = |text: &str| {
            normal_code(text).ok_or_else(|| {
                let detail = "a code is 1 to 32 letters, digits, dashes and underscores";
                Error::about(Code::InvalidField, "promotion_code", detail)
            })
        };
        let method = |text| extract::id("shipping_method", text);
        Ok(Self {
            promotion: promotion_code.map(code).transpose()?,
            shipping: shipping_method.map(method).transpose()?,
            ship_to: ship_to.map(wire::address_read).transpose()?,
        })
    }

    fn is_plain(&self) -> bool {
        self.promotion.is_none() && self.shipping.is_none() && self.ship_to.is_none()
    }
}

impl AppState {
    /// What an order is priced by, or why it cannot be.
    ///
    /// Where nothing is named and this replica knows of no tax that everybody pays, it need not be
    /// fresh: such orders are placed also while the meta group has no leader.
    pub async fn terms(&self, wanted: &Wanted) -> Result<Result<Terms, Rejection>, Error> {
        let meta = ShardId::META;
        if wanted.is_plain() {
            let taxes = read::taxes(&self.view(meta), None).map_err(Error::fault)?;
            if taxes.is_empty() {
                return Ok(Ok(Terms::default()));
            }
        }
        let wish = Freshness { staleness_ms: Some(STALENESS_MS_MAX), ..Freshness::default() };
        self.fresh(&[meta], &wish).await?;
        let mut terms = Terms { ship_to: wanted.ship_to.clone(), ..Terms::default() };
        if let Some(code) = &wanted.promotion {
            let id = PromotionId::of(code);
            let (found, _) = self.find(meta, &wish, |view| read::promotion(view, id)).await?;
            let Some(found) = found else { return Ok(Err(Rejection::PromotionNotFound)) };
            terms.promotion = Some(found);
        }
        if let Some(id) = wanted.shipping {
            let found = self.find(meta, &wish, |view| read::shipping_method(view, id)).await?;
            let Some(method) = found.0 else {
                let reason = NoShipping::Unknown;
                return Ok(Err(Rejection::ShippingNotAvailable { reason }));
            };
            match method.terms(terms.ship_to.as_ref()) {
                Ok(shipping) => terms.shipping = Some(shipping),
                Err(rejection) => return Ok(Err(rejection)),
            }
        }
        let taxes = read::taxes(&self.view(meta), terms.ship_to.as_ref());
        terms.taxes = taxes.map_err(Error::fault)?;
        Ok(Ok(terms))
    }

    /// What lines would cost now. Nothing is held: another customer may be faster.
    pub async fn quote(
        &self,
        lines: &[HoldLine],
        currency: Currency,
        wanted: &Wanted,
        wish: &Freshness,
    ) -> Result<Quoted, Error> {
        let terms = self.terms(wanted).await?.map_err(|why| refusals::error(&why))?;
        let shards: Vec<ShardId> = lines_by_shard(self.topology, lines).into_keys().collect();
        let mut seen = self.fresh(&shards, wish).await?.and(self.seen(&[ShardId::META]));
        let mut known = BTreeMap::new();
        for HoldLine { product: id, .. } in lines {
            if !known.contains_key(id) {
                let shard = self.topology.of_product(*id);
                let (found, at) = self.find(shard, wish, |view| read::product(view, *id)).await?;
                let (product, _) = found.ok_or_else(|| products_not_found(*id))?;
                seen = seen.and(at);
                check_for_sale(&product, currency)?;
                known.insert(*id, product);
            }
        }
        let products: Vec<Product> =
            lines.iter().filter_map(|line| known.get(&line.product).cloned()).collect();
        let items: Vec<Item<'_>> = lines.iter().zip(&products).map(item).collect();
        let quote = price(&items, currency, &terms, now_ms());
        let quote = quote.map_err(|why| refusals::error(&why))?;
        if let Some(id) = quote.pricing.limited_promotion() {
            self.check_left(id)?;
        }
        Ok(Quoted { products, quote, seen })
    }

    /// Refuses a promotion that is used up, as far as this node knows.
    fn check_left(&self, id: PromotionId) -> Result<(), Error> {
        let shard = self.topology.of_promotion(id);
        let uses = read::promotion_uses(&self.view(shard), id).map_err(Error::fault)?;
        if uses.is_some_and(|uses| uses.is_used_up()) {
            return Err(refusals::error(&Rejection::PromotionUsedUp { per_customer: false }));
        }
        Ok(())
    }
}

fn item<'p>((line, product): (&HoldLine, &'p Product)) -> Item<'p> {
    let details = &product.details;
    Item {
        unit_price: details.price.amount,
        quantity: line.quantity,
        weight_grams: details.weight_grams,
        tax_category: &details.tax_category,
    }
}

fn check_for_sale(product: &Product, currency: Currency) -> Result<(), Error> {
    let id = product.id;
    if product.archived_at.is_some() {
        return Err(refusals::error(&Rejection::ProductArchived { product: id }));
    }
    let actual = product.details.price.currency;
    if actual != currency {
        return Err(refusals::error(&Rejection::CurrencyMismatch { product: id, actual }));
    }
    Ok(())
}
