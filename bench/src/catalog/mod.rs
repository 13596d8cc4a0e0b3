//! What is on sale while the bench runs: made up, or real; then put into the target by [`fn@seed`].

mod electronics;
mod seed;

use crate::error::Failure;
use crate::workload::BasketFile;

pub(crate) use seed::{Catalog, Terms, seed};

/// Units on hand of each product, unless the caller wants scarcity.
pub(crate) const STOCK: u32 = 100_000_000;

/// Which goods a scenario needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This many made-up products.
    Uniform(usize),
    /// This many made-up products that everybody wants.
    Hot(usize),
    /// The SKUs of the wholesaler's baskets.
    Retail,
    /// Real electronics.
    Electronics,
}

impl Kind {
    /// Names the goods in the keys they are created under.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Uniform(_) => "uniform",
            Self::Hot(_) => "hot",
            Self::Retail => "retail",
            Self::Electronics => "electronics",
        }
    }
}

/// A product before it is anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Good {
    /// What it is called.
    pub(crate) name: String,
    /// What there is to say about it.
    pub(crate) description: String,
    /// Who makes it.
    pub(crate) brand: String,
    /// The seller's own number for it.
    pub(crate) sku: String,
    /// Its price, in minor units.
    pub(crate) price: i64,
}

/// All goods of a kind. A product's index in it is its name in asks.
#[derive(Debug)]
pub(crate) struct Goods {
    /// Which.
    pub(crate) kind: Kind,
    /// They.
    pub(crate) all: Vec<Good>,
}

impl Goods {
    /// Reads or makes up the goods of a kind; the same ones each time.
    pub(crate) fn of(kind: Kind) -> Result<Self, Failure> {
        let all = match kind {
            Kind::Uniform(count) | Kind::Hot(count) => (0..count).map(made_up).collect(),
            Kind::Electronics => electronics::load()?,
            Kind::Retail => BasketFile::load()?
                .products
                .into_iter()
                .map(|product| Good {
                    name: product.name,
                    description: String::new(),
                    brand: String::new(),
                    sku: product.sku,
                    price: product.price,
                })
                .collect(),
        };
        Ok(Self { kind, all })
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|good| good.name.as_str())
    }
}

fn made_up(number: usize) -> Good {
    const KINDS: [&str; 8] = ["Lamp", "Chair", "Kettle", "Radio", "Desk", "Mirror", "Clock", "Rug"];
    const COLORS: [&str; 7] = ["red", "blue", "green", "black", "white", "yellow", "gray"];
    let (kind, color) = (KINDS[number % KINDS.len()], COLORS[number % COLORS.len()]);
    Good {
        name: format!("{kind} {number} {color}"),
        description: format!("A {color} {} for the bench.", kind.to_lowercase()),
        brand: format!("Maker {}", number % 97),
        sku: format!("B-{number:06}"),
        price: 100 + i64::try_from(number % 9_900).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Goods, Kind};

    #[test]
    fn goods_have_names_and_prices_and_do_not_change() {
        for kind in [Kind::Uniform(1000), Kind::Hot(1), Kind::Retail, Kind::Electronics] {
            let goods = Goods::of(kind).unwrap();
            assert!(goods.all.iter().all(|good| !good.name.is_empty() && good.price > 0));
            assert_eq!(goods.all, Goods::of(kind).unwrap().all);
        }
        assert_eq!(Goods::of(Kind::Electronics).unwrap().len(), 3291);
    }
}
