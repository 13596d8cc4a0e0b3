//! What orders are priced by, beside their products: a few promotions, a shipping method, a tax
//! that is included in prices; and what they make of a total.

use engine_core::inventory::HoldState;
use engine_core::order::PlaceOrder;
use engine_core::pricing::{
    By, Discount, NoShipping, Promotion, PromotionDetails, ShippingTerms, Step, TaxTerms, Terms,
};
use engine_core::{
    Currency, Field, Money, Owner, PromotionId, Rejection, ShardId, ShippingMethodId, TaxRateId,
};
use rand::Rng;

use super::naive::Model;
use super::stock::out_of_range;

/// What shipping costs below, and from, which total.
const STEPS: [Step; 2] =
    [Step { up_to: Some(4_000), amount: 490 }, Step { up_to: None, amount: 0 }];

/// A promotion by its number: two in short supply, one for everybody.
pub fn promotion(number: usize) -> Promotion {
    let (code, discount, minimum_spend, limit, each) = [
        ("TWO", Discount::Percent { rate_ppm: 333_333 }, 0, Some(2), None),
        ("ONCE", Discount::Fixed { amount: 450 }, 300, Some(5), Some(1)),
        ("OPEN", Discount::FreeShipping, 0, None, Some(2)),
    ][number];
    Promotion {
        id: PromotionId::of(code),
        version: 1,
        created_at: 0,
        updated_at: 0,
        archived_at: None,
        code: code.to_owned(),
        details: PromotionDetails {
            name: String::new(),
            discount,
            currency: Some(Currency::USD),
            minimum_spend,
            starts_at: None,
            ends_at: None,
            usage_limit: limit,
            usage_limit_per_customer: each,
        },
    }
}

/// What a cart is priced by: often nothing.
pub fn any_terms(rng: &mut impl Rng) -> Terms {
    let promotion = rng.random_bool(0.4).then(|| promotion(rng.random_range(0..3)));
    let shipping = rng.random_bool(0.3).then(|| ShippingTerms {
        method: ShippingMethodId(1),
        version: 1,
        name: "Parcel".to_owned(),
        currency: Currency::USD,
        tax_category: Some(String::new()),
        by: By::Total,
        steps: STEPS.to_vec(),
    });
    let tax = rng.random_bool(0.3).then(|| TaxTerms {
        rate: TaxRateId(1),
        version: 1,
        category: String::new(),
        distance: 2,
        rate_ppm: 190_000,
        inclusive: rng.random_bool(0.5),
    });
    Terms { ship_to: None, promotion, shipping, taxes: tax.into_iter().collect() }
}

/// The promotion of which an order needs a use, if its uses are counted.
pub fn counted(terms: &Terms) -> Option<PromotionId> {
    let promotion = terms.promotion.as_ref();
    promotion.filter(|it| it.details.usage_limit.is_some()).map(|it| it.id)
}

impl Model {
    /// The shard that counts the uses of an order's promotion.
    pub fn counting_shard(&self, promotion: Option<PromotionId>) -> Option<ShardId> {
        promotion.map(|promotion| self.topology.of_promotion(promotion))
    }

    /// How many holds of a state have a use of a promotion.
    pub fn uses(&self, promotion: PromotionId, state: HoldState) -> usize {
        let taken = self.holds.values().filter(|hold| hold.promotion == Some(promotion));
        taken.filter(|hold| hold.state == state).count()
    }

    /// Refuses a use that nobody has left.
    pub fn check_use(&self, promotion: &Promotion) -> Result<(), Rejection> {
        let id = promotion.id;
        let uses = self.uses(id, HoldState::Held) + self.uses(id, HoldState::Committed);
        if promotion.details.usage_limit.is_some_and(|limit| uses >= limit as usize) {
            return Err(Rejection::PromotionUsedUp { per_customer: false });
        }
        Ok(())
    }

    /// Refuses a use that the customer has had.
    pub fn check_owner(&self, owner: &Owner, terms: &Terms) -> Result<(), Rejection> {
        let Some(promotion) = &terms.promotion else { return Ok(()) };
        let Some(each) = promotion.details.usage_limit_per_customer else { return Ok(()) };
        let live = self.orders.values().filter(|order| {
            order.owner == *owner && order.promotion == Some(promotion.id) && order.has_units()
        });
        if live.count() >= each as usize {
            return Err(Rejection::PromotionUsedUp { per_customer: true });
        }
        Ok(())
    }
}

/// What an order costs, and what of that each line.
pub struct Priced {
    pub total: i64,
    pub parts: Vec<Part>,
}

/// What was agreed to be paid for a line.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    price: i64,
    units: u32,
    discount: i64,
    /// The tax that comes on top of the price.
    tax: i64,
}

impl Part {
    /// What the first units of the line cost: of discount and tax the share of each is cut.
    pub fn first(&self, units: u32) -> i64 {
        let share = |whole: i64| {
            let share = i128::from(whole) * i128::from(units) / i128::from(self.units);
            i64::try_from(share).unwrap()
        };
        self.price * i64::from(units) - share(self.discount) + share(self.tax)
    }
}

/// What an order costs whose goods cost so much, and a unit of each line so much.
pub fn price(command: &PlaceOrder, goods: i64, each: &[i64]) -> Result<Priced, Rejection> {
    let Terms { promotion, shipping, taxes, .. } = &*command.terms;
    let dollars = command.currency == Currency::USD;
    let mut discount = 0;
    let mut free = false;
    if let Some(Promotion { details, .. }) = promotion {
        if !dollars {
            return Err(Rejection::PromotionCurrencyMismatch { actual: Currency::USD });
        }
        if goods < details.minimum_spend {
            let minimum = details.minimum_spend;
            return Err(Rejection::MinimumSpendNotReached { minimum, actual: goods });
        }
        match details.discount {
            Discount::Percent { rate_ppm } => discount = millionths(goods, rate_ppm),
            Discount::Fixed { amount } => discount = goods.min(amount),
            Discount::FreeShipping => free = true,
        }
    }
    let mut postage = 0;
    if shipping.is_some() {
        if !dollars {
            let reason = NoShipping::Currency;
            return Err(Rejection::ShippingNotAvailable { reason });
        }
        postage = if goods - discount <= 4_000 && !free { 490 } else { 0 };
    }
    let on_top = taxes.first().filter(|tax| !tax.inclusive).map_or(0, |tax| tax.rate_ppm);
    let lines = command.lines.iter().zip(each);
    let plain = lines.map(|(line, price)| (*price, line.quantity));
    let plain = plain.map(|(price, units)| Part { price, units, discount: 0, tax: 0 });
    let mut parts: Vec<_> = plain.collect();
    spread(discount, goods, &mut parts);
    let mut total = i128::from(goods) - i128::from(discount) + i128::from(postage);
    for part in &mut parts {
        let paid = part.price * i64::from(part.units) - part.discount;
        part.tax = millionths(paid, on_top);
        total += i128::from(part.tax);
    }
    total += i128::from(millionths(postage, on_top));
    let max = Money::AMOUNT_MAX;
    let total = i64::try_from(total).ok().filter(|total| *total <= max);
    let total = total.ok_or(out_of_range(Field::Total, 0, max))?;
    Ok(Priced { total, parts })
}

/// So many millionths, rounded half up.
fn millionths(amount: i64, rate_ppm: u32) -> i64 {
    let millionths = i128::from(amount) * i128::from(rate_ppm);
    i64::try_from((millionths + 500_000) / 1_000_000).unwrap()
}

/// Each line gets its share of a discount, cut; who was cut most gets a cent until none is left.
fn spread(discount: i64, goods: i64, parts: &mut [Part]) {
    let mut left = discount;
    let mut cut = Vec::new();
    for (line, part) in parts.iter_mut().enumerate() {
        let share = i128::from(discount) * i128::from(part.price) * i128::from(part.units);
        part.discount = i64::try_from(share / i128::from(goods.max(1))).unwrap();
        left -= part.discount;
        cut.push((share % i128::from(goods.max(1)), line));
    }
    for _ in 0..left {
        let most = cut.iter().map(|(cut, _)| *cut).max().unwrap();
        let at = cut.iter().position(|(cut, _)| *cut == most).unwrap();
        parts[cut.remove(at).1].discount += 1;
    }
}
