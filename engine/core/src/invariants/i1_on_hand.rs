//! I1: the units on hand are the sum of the movements, and every movement says so. Where more left
//! than came the sum is below 0: so many were sent ahead, and none is on hand. What is committed,
//! was sent or is missing of orders was sold.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::ProductId;
use crate::inventory::{Movement, MovementReason, Stock};
use crate::keys::prefixed;
use crate::read;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut with_movements = 0_u64;
    let mut ledger: Option<Ledger> = None;
    each(view, prefixed(b"mv"), |key, value| {
        let (product, number) = name_of(key)?;
        let movement: Movement = decode(value)?;
        if ledger.as_ref().is_none_or(|ledger| ledger.product != product) {
            if let Some(ledger) = ledger.take() {
                ledger.close(view, found)?;
            }
            with_movements += 1;
            ledger = Some(Ledger { product, on_hand: 0, gone: 0, last: 0 });
        }
        if let Some(ledger) = &mut ledger {
            ledger.add(number, &movement, found);
        }
        Ok(())
    })?;
    if let Some(ledger) = ledger {
        ledger.close(view, found)?;
    }
    let mut moved = 0_u64;
    each(view, prefixed(b"st"), |_, value| {
        let stock: Stock = decode(value)?;
        moved += u64::from(stock.movements > 0);
        if stock.movements == 0 && stock.level() != 0 {
            violation(found, "I1", format!("{} units on hand without a movement", stock.level()));
        }
        if stock.sold < stock.committed.into() {
            violation(found, "I1", format!("more committed than ever sold: {stock:?}"));
        }
        if stock.on_hand != 0 && stock.sent_ahead != 0 && !stock.located {
            violation(found, "I1", format!("units on hand and sent ahead: {stock:?}"));
        }
        Ok(())
    })?;
    if moved != with_movements {
        let what = format!("{moved} products have moved, {with_movements} have movements");
        violation(found, "I1", what);
    }
    Ok(())
}

/// The movements of one product so far.
struct Ledger {
    product: ProductId,
    on_hand: i128,
    /// Of orders: sent, or missing.
    gone: u64,
    last: u64,
}

impl Ledger {
    fn add(&mut self, number: u64, movement: &Movement, found: &mut Vec<Violation>) {
        let product = self.product;
        if number != self.last + 1 {
            let what = format!("{product}: movement {number} follows {}", self.last);
            violation(found, "I1", what);
        }
        self.last = number;
        self.on_hand += i128::from(movement.delta);
        if matches!(movement.reason, MovementReason::Shipped(_) | MovementReason::WrittenOff(_)) {
            self.gone = self.gone.saturating_add(movement.delta.unsigned_abs());
        }
        if self.on_hand.max(0) != i128::from(movement.on_hand) {
            let what = format!(
                "{product}: movement {number} says {} on hand, their sum is {}",
                movement.on_hand, self.on_hand
            );
            violation(found, "I1", what);
        }
    }

    fn close(self, view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
        let Self { product, on_hand, gone, last } = self;
        let stock = read::stock(view, product)?;
        let sold = stock.map_or(0, |stock| stock.sold.saturating_sub(stock.committed.into()));
        if sold < gone {
            let what = format!("{product}: {gone} sent or missing of {sold} sold");
            violation(found, "I1", what);
        }
        match stock {
            Some(stock) if i128::from(stock.level()) == on_hand && stock.movements == last => {}
            stock => {
                let what =
                    format!("{product}: {last} movements sum up to {on_hand}, not {stock:?}");
                violation(found, "I1", what);
            }
        }
        Ok(())
    }
}

fn name_of(key: &[u8]) -> Result<(ProductId, u64), Fault> {
    let parts = key.get(2..18).zip(key.get(18..26)).and_then(|(product, number)| {
        let product = u128::from_be_bytes(*product.first_chunk()?);
        Some((ProductId(product), u64::from_be_bytes(*number.first_chunk()?)))
    });
    parts.ok_or_else(|| Fault::contradiction("a short movement key"))
}
