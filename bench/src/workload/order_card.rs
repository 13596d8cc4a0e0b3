//! `order_card`: as `order_uniform`, paid by a card that pays. It is answered when the money is
//! reserved: place → authorized.

use super::Pay;

/// How many lines its orders have.
pub(super) const LINES: usize = 1;
/// The card.
pub(super) const CARD: Pay = Pay::Card { token: "pm_card_visa", leads_to: "authorized" };
