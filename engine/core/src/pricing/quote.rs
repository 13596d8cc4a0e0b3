//! What lines cost under terms: the one place where amounts are computed.
//!
//! In this order: goods; the promotion, checked against the goods and spread over the lines;
//! shipping, by weight or by what the goods cost after the promotion; taxes, on each line and the
//! shipping, after their discounts. Everything is an integer of minor units, and every fraction is
//! rounded once, half up, where it arises. docs/pricing.md has the rules with an example.

use serde::{Deserialize, Serialize};

use super::tax::tax_on;
use super::{
    AppliedPromotion, AppliedShipping, AppliedTax, Discount, Pricing, Promotion, RATE_PPM_MAX,
    ShippingTerms, Terms,
};
use crate::money::{Currency, Money};
use crate::rejection::{Field, Rejection};

/// A line to be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// What one unit costs, in minor units.
    pub unit_price: i64,
    /// How many units.
    pub quantity: u32,
    /// What one unit weighs, in grams.
    pub weight_grams: u32,
    /// Its tax category; empty is the standard one.
    pub tax_category: &'a str,
}

/// What an order costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Of each line, in their order.
    pub lines: Vec<LineAmounts>,
    /// Of the whole, and where it came from.
    pub pricing: Pricing,
    /// Goods − promotion + shipping + taxes that prices do not include.
    pub total: i64,
}

/// What one line costs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineAmounts {
    /// Price × quantity.
    pub subtotal: i64,
    /// What of that the promotion takes off.
    pub discount: i64,
    /// The tax on the rest.
    pub tax: Option<AppliedTax>,
}

/// Prices lines under terms, at a time in Unix milliseconds.
///
/// Refused, in this order: `OutOfRange` (the goods cost too much), what
/// [`Promotion`] refuses, `ShippingNotAvailable`, `OutOfRange` (the total is too high).
pub fn price(
    items: &[Item<'_>],
    currency: Currency,
    terms: &Terms,
    now: u64,
) -> Result<Quote, Rejection> {
    let cost = |item: &Item<'_>| i128::from(item.unit_price) * i128::from(item.quantity);
    let goods = amount(items.iter().map(cost).sum())?;
    let mut lines = Vec::with_capacity(items.len());
    for item in items {
        lines.push(LineAmounts { subtotal: amount(cost(item))?, ..LineAmounts::default() });
    }
    let mut promotion = None;
    if let Some(offer) = &terms.promotion {
        offer.check_for(goods, currency, now)?;
        let applied = applied(offer, goods);
        spread(applied.amount, goods, &mut lines);
        promotion = Some(applied);
    }
    let taken_off = promotion.as_ref().map_or(0, |promotion| promotion.amount);
    let grams = |item: &Item<'_>| u128::from(item.weight_grams) * u128::from(item.quantity);
    let shipping = terms.shipping.as_ref().map(|shipping| {
        let free = offers_free_shipping(terms);
        let amount = shipping.amount(currency, items.iter().map(grams).sum(), goods - taken_off)?;
        Ok::<_, Rejection>(shipped(shipping, amount, free, terms))
    });
    let shipping = shipping.transpose()?;
    if let (Some(promotion), Some(shipping)) = (&mut promotion, &shipping) {
        promotion.amount += shipping.discount;
    }
    for (line, item) in lines.iter_mut().zip(items) {
        line.tax = tax_on(&terms.taxes, item.tax_category, line.subtotal - line.discount);
    }
    let ship_to = terms.ship_to.clone();
    let pricing = Pricing { goods, promotion, shipping, ship_to, ..Pricing::default() };
    finished(lines, pricing)
}

/// Adds up.
fn finished(lines: Vec<LineAmounts>, mut pricing: Pricing) -> Result<Quote, Rejection> {
    let of_shipping = pricing.shipping.as_ref().and_then(|shipping| shipping.tax.as_ref());
    let of_lines = lines.iter().filter_map(|line| line.tax.as_ref());
    let (mut tax, mut added) = (0_i128, 0_i128);
    for part in of_lines.chain(of_shipping) {
        tax += i128::from(part.amount);
        added += if part.inclusive { 0 } else { i128::from(part.amount) };
    }
    let shipping = pricing.shipping.as_ref().map_or(0, |shipping| shipping.amount);
    let promotion = pricing.promotion.as_ref().map_or(0, |promotion| promotion.amount);
    let sum = i128::from(pricing.goods) + i128::from(shipping) + added - i128::from(promotion);
    let total = amount(sum)?;
    // Neither is more than the total and what was taken off it.
    (pricing.tax, pricing.tax_added) = (clamped(tax), clamped(added));
    Ok(Quote { lines, pricing, total })
}

fn applied(offer: &Promotion, goods: i64) -> AppliedPromotion {
    AppliedPromotion {
        promotion: offer.id,
        code: offer.code.clone(),
        version: offer.version,
        amount: discount_on(offer.details.discount, goods),
        limited: offer.details.usage_limit.is_some(),
    }
}

fn shipped(terms: &ShippingTerms, amount: i64, free: bool, all: &Terms) -> AppliedShipping {
    let discount = if free { amount } else { 0 };
    let category = terms.tax_category.as_deref();
    AppliedShipping {
        method: terms.method,
        name: terms.name.clone(),
        version: terms.version,
        amount,
        discount,
        tax: category.and_then(|category| tax_on(&all.taxes, category, amount - discount)),
    }
}

fn offers_free_shipping(terms: &Terms) -> bool {
    let promotion = terms.promotion.as_ref();
    promotion.is_some_and(|promotion| promotion.details.discount == Discount::FreeShipping)
}

/// What a promotion takes off the goods: never more than they cost.
fn discount_on(discount: Discount, goods: i64) -> i64 {
    match discount {
        Discount::Percent { rate_ppm } => {
            let part = i128::from(goods) * i128::from(rate_ppm);
            clamped(half_up(part, i128::from(RATE_PPM_MAX))).min(goods)
        }
        Discount::Fixed { amount } => amount.min(goods),
        Discount::FreeShipping => 0,
    }
}

/// Spreads a discount over the lines in proportion to what they cost, by largest remainder: each
/// gets the whole minor units of its share, and those left over go to the lines that were cut most,
/// of equal ones to the first.
fn spread(discount: i64, goods: i64, lines: &mut [LineAmounts]) {
    if goods <= 0 || discount <= 0 {
        return;
    }
    let (whole, mut left) = (i128::from(goods), discount);
    let mut cut = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter_mut().enumerate() {
        let share = i128::from(discount) * i128::from(line.subtotal);
        line.discount = clamped(share / whole);
        left -= line.discount;
        cut.push((std::cmp::Reverse(share % whole), at));
    }
    cut.sort_unstable();
    for (_, at) in cut.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        lines[at].discount += 1;
    }
}

/// Of an amount for `quantity` units, what belongs to `units` of them, after the first `before`:
/// the parts of all units add up to the amount, however it is cut.
pub fn part(amount: i64, quantity: u32, before: u32, units: u32) -> i64 {
    if quantity == 0 {
        return 0;
    }
    let up_to = |units: u64| {
        let units = i128::from(units.min(u64::from(quantity)));
        clamped((i128::from(amount) * units).div_euclid(i128::from(quantity)))
    };
    up_to(u64::from(before) + u64::from(units)) - up_to(u64::from(before))
}

/// A quotient of what is not negative, rounded half up.
pub(super) fn half_up(dividend: i128, divisor: i128) -> i128 {
    (2 * dividend + divisor) / (2 * divisor)
}

fn amount(sum: i128) -> Result<i64, Rejection> {
    let max = Money::AMOUNT_MAX;
    let fits = i64::try_from(sum).ok().filter(|sum| (0..=max).contains(sum));
    fits.ok_or(Rejection::OutOfRange { field: Field::Total, min: 0, max })
}

fn clamped(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PromotionId, TaxRateId};
    use crate::pricing::{PromotionDetails, TaxTerms};

    const NOW: u64 = 1_000;

    fn item(unit_price: i64, quantity: u32) -> Item<'static> {
        Item { unit_price, quantity, weight_grams: 0, tax_category: "" }
    }

    fn offer(discount: Discount) -> Terms {
        let details = PromotionDetails {
            name: String::new(),
            discount,
            currency: Some(Currency::USD),
            minimum_spend: 0,
            starts_at: None,
            ends_at: None,
            usage_limit: None,
            usage_limit_per_customer: None,
        };
        let promotion = Promotion {
            id: PromotionId::of("CODE"),
            version: 1,
            created_at: 0,
            updated_at: 0,
            archived_at: None,
            code: "CODE".into(),
            details,
        };
        Terms { promotion: Some(promotion), ..Terms::default() }
    }

    fn tax(rate_ppm: u32, inclusive: bool) -> TaxTerms {
        let (rate, category) = (TaxRateId(1), String::new());
        TaxTerms { rate, version: 1, category, distance: 0, rate_ppm, inclusive }
    }

    fn priced(items: &[Item<'_>], terms: &Terms) -> Quote {
        price(items, Currency::USD, terms, NOW).unwrap()
    }

    #[test]
    fn nothing_but_goods_costs_what_they_cost() {
        let quote = priced(&[item(300, 3), item(1_200, 1)], &Terms::default());
        assert_eq!((quote.total, quote.pricing.goods), (2_100, 2_100));
        assert!(quote.lines.iter().all(|line| line.discount == 0 && line.tax.is_none()));
    }

    /// 10 % of 3 × 3.33: a cent is left over, and goes to the line that was cut most.
    #[test]
    fn a_discount_is_spread_to_the_cent() {
        let items = [item(100, 1), item(100, 1), item(101, 1)];
        for (rate_ppm, discounts) in [
            (100_000, [10, 10, 10]),
            (333_333, [33, 33, 34]),
            (500_000, [50, 50, 51]),
            (1_000_000, [100, 100, 101]),
            (10_000, [1, 1, 1]),
            (6_000, [0, 1, 1]),
        ] {
            let quote = priced(&items, &offer(Discount::Percent { rate_ppm }));
            let mut spread: Vec<_> = quote.lines.iter().map(|line| line.discount).collect();
            assert_eq!(spread.iter().sum::<i64>(), quote.pricing.goods - quote.total);
            spread.sort_unstable();
            assert_eq!(spread, discounts, "{rate_ppm}");
        }
    }

    #[test]
    fn no_line_is_discounted_by_more_than_it_costs() {
        let prices = [0, 1, 2, 3, 333, 5_000, 1_000_000_000_000 - 5_339];
        let items = prices.map(|unit_price| item(unit_price, 1));
        for amount in [1, 2, 3, 4, 5, 6, 7, 339, 5_000, 999_999_999_999, Money::AMOUNT_MAX] {
            let quote = priced(&items, &offer(Discount::Fixed { amount }));
            let sum: i64 = quote.lines.iter().map(|line| line.discount).sum();
            assert_eq!(sum, amount);
            assert!(quote.lines.iter().all(|line| (0..=line.subtotal).contains(&line.discount)));
            assert_eq!(quote.total, Money::AMOUNT_MAX - amount);
        }
    }

    #[test]
    fn a_tax_is_rounded_half_up_on_each_line() {
        let taxed = |unit_price, rate_ppm, inclusive| {
            let terms = Terms { taxes: vec![tax(rate_ppm, inclusive)], ..Terms::default() };
            let quote = priced(&[item(unit_price, 1), item(unit_price, 1)], &terms);
            let of_line = quote.lines[0].tax.as_ref().unwrap().amount;
            assert_eq!(quote.pricing.tax, 2 * of_line);
            let added = if inclusive { 0 } else { quote.pricing.tax };
            assert_eq!((quote.pricing.tax_added, quote.total), (added, 2 * unit_price + added));
            of_line
        };
        assert_eq!(taxed(250, 190_000, false), 48, "47.5");
        assert_eq!(taxed(249, 190_000, false), 47, "47.31");
        assert_eq!(taxed(119, 190_000, true), 19, "of 100 net");
        assert_eq!(taxed(1_999, 190_000, true), 319, "319.17");
        assert_eq!(taxed(3, 1_000_000, true), 2, "1.5");
        assert_eq!(taxed(0, 1_000_000, false), 0);
    }

    #[test]
    fn the_nearest_place_and_then_the_own_category_count() {
        let rate = |distance, category: &str, rate_ppm| TaxTerms {
            distance,
            category: category.into(),
            ..tax(rate_ppm, false)
        };
        let table = [rate(2, "books", 1), rate(1, "", 2), rate(1, "books", 3), rate(0, "food", 4)];
        let on = |category| tax_on(&table, category, 1_000_000).map(|tax| tax.rate_ppm);
        assert_eq!(
            [on("books"), on("food"), on("toys"), on("")],
            [Some(3), Some(4), Some(2), Some(2)]
        );
        assert_eq!(tax_on(&[rate(0, "food", 4)], "", 1), None);
    }

    #[test]
    fn parts_of_a_line_add_up_however_it_is_cut() {
        for amount in [0, 1, 2, 99, 100, 101, 1_000_000_000_001] {
            for quantity in [1, 2, 3, 7, 1_000] {
                let one_by_one: i64 = (0..quantity).map(|at| part(amount, quantity, at, 1)).sum();
                assert_eq!(one_by_one, amount);
                let half = quantity / 2;
                let rest = part(amount, quantity, half, quantity - half);
                assert_eq!(part(amount, quantity, 0, half) + rest, amount);
            }
        }
        assert_eq!(part(100, 3, 0, u32::MAX), 100, "never more than all");
        assert_eq!(part(100, 0, 0, 1), 0);
    }
}
