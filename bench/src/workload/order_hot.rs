//! `order_hot`: everybody wants the one product there is.

/// How many products the scenario sells.
pub(super) const PRODUCTS: usize = 1;
/// How many lines its orders have.
pub(super) const LINES: usize = 1;
