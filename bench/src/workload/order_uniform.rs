//! `order_uniform`: one line, one unit, any of the products with the same chance.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::{Ask, Customers, Line, OrderAsk, Pay, Script};

/// How many products the scenario sells.
pub(super) const PRODUCTS: usize = 100_000;

/// Orders of some lines of one unit each, over products with the same chance.
#[derive(Debug)]
pub(crate) struct UniformOrders {
    /// Draws the products.
    pub(crate) rng: ChaCha8Rng,
    /// Who orders.
    pub(crate) customers: Customers,
    /// How many products there are.
    pub(crate) products: u32,
    /// How many lines an order has.
    pub(crate) lines: usize,
    /// How they are paid.
    pub(crate) pay: Pay,
}

impl Script for UniformOrders {
    fn next(&mut self) -> Ask {
        let (customer, key) = self.customers.next();
        let mut lines: Vec<Line> = Vec::with_capacity(self.lines);
        while lines.len() < self.lines.min(self.products as usize) {
            let product = self.rng.random_range(0..self.products);
            if lines.iter().all(|line| line.product != product) {
                lines.push(Line { product, quantity: 1 });
            }
        }
        Ask::Place(OrderAsk { customer, key, lines, pay: self.pay })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::UniformOrders;
    use crate::workload::{Ask, Customers, Pay, Script as _};

    fn script(products: u32, lines: usize) -> UniformOrders {
        let rng = ChaCha8Rng::seed_from_u64(7);
        let customers = Customers::anywhere("r", 0);
        UniformOrders { rng, customers, products, lines, pay: Pay::OnAccount }
    }

    #[test]
    fn every_product_is_ordered_about_as_often() {
        let mut script = script(10, 1);
        let mut counts = [0u32; 10];
        for _ in 0..10_000 {
            let Ask::Place(ask) = script.next() else { panic!("an order") };
            assert_eq!((ask.lines.len(), ask.lines[0].quantity), (1, 1));
            counts[ask.lines[0].product as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_lines_of_an_order_are_different_products() {
        let mut script = script(3, 3);
        let Ask::Place(ask) = script.next() else { panic!("an order") };
        let mut products: Vec<_> = ask.lines.iter().map(|line| line.product).collect();
        products.sort_unstable();
        assert_eq!(products, [0, 1, 2]);
    }

    #[test]
    fn the_same_seed_asks_the_same() {
        let (mut one, mut two) = (script(1000, 3), script(1000, 3));
        assert!((0..50).all(|_| one.next() == two.next()));
    }
}
