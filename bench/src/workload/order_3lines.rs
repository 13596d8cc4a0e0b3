//! `order_3lines`: three different products of the 100,000, so that most orders span shards.

/// How many products the scenario sells.
pub(super) const PRODUCTS: usize = super::order_uniform::PRODUCTS;
/// How many lines its orders have.
pub(super) const LINES: usize = 3;
