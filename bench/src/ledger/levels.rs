//! Levels move by exactly the units that were sold, and never below nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use api_client::Stock;

use super::exist::Sold;
use super::{Ledger, Verdict};
use crate::catalog::Catalog;
use crate::error::Failure;
use crate::http::{AskError, crew};

/// How long holds may take to become what the orders say: an order that was given up is asked
/// about after 30 s.
const SETTLED_WITHIN: Duration = Duration::from_secs(75);
/// How long to wait before products that differ are looked at again.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The levels before a run, by product.
#[derive(Debug)]
pub(crate) struct Levels(Vec<Level>);

/// The level of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    on_hand: u64,
    held: u64,
    committed: u64,
    available: u64,
}

impl Levels {
    /// Reads the levels of a catalog; of a fresh one they are known.
    pub(crate) async fn of(addrs: &[SocketAddr], catalog: &Catalog) -> Result<Self, Failure> {
        if catalog.fresh {
            let on_hand = u64::from(catalog.stock);
            let level = Level { on_hand, held: 0, committed: 0, available: on_hand };
            return Ok(Self(vec![level; catalog.ids.len()]));
        }
        let products: Vec<u32> = (0..).take(catalog.ids.len()).collect();
        let levels = look(addrs, catalog, &products).await;
        let levels = levels.into_iter().collect::<Result<_, _>>();
        levels.map(Self).map_err(Failure::ask("reading stock levels"))
    }
}

/// Compares the level of each product that was sold with what was sold of it.
pub(super) async fn units(ledger: &Ledger<'_>, sold: &BTreeMap<u32, Sold>, verdict: &mut Verdict) {
    let begun = Instant::now();
    let mut left: Vec<u32> = sold.keys().copied().collect();
    verdict.levels = left.len() as u64;
    loop {
        let levels = look(ledger.addrs, ledger.catalog, &left).await;
        let judged = left.iter().zip(levels).filter_map(|(product, now)| {
            let before = ledger.before.0[*product as usize];
            let sold = sold.get(product).copied().unwrap_or_default();
            Some((*product, judge(before, now, sold)?))
        });
        let judged: Vec<(u32, Difference)> = judged.collect();
        if judged.is_empty() || begun.elapsed() > SETTLED_WITHIN {
            for (product, difference) in judged {
                let id = &ledger.catalog.ids[product as usize];
                match difference {
                    Difference::Oversold(what) => verdict.oversold.note(format!("{id}: {what}")),
                    Difference::Other(what) => verdict.level_differs.note(format!("{id}: {what}")),
                }
            }
            return;
        }
        left = judged.into_iter().map(|(product, _)| product).collect();
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How a level is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Difference {
    Oversold(String),
    Other(String),
}

fn judge(before: Level, now: Result<Level, AskError>, sold: Sold) -> Option<Difference> {
    let now = match now {
        Ok(now) => now,
        Err(error) => return Some(Difference::Other(error.to_string())),
    };
    let in_use = before.held + before.committed + sold.held + sold.committed;
    if in_use > before.on_hand {
        let on_hand = before.on_hand;
        return Some(Difference::Oversold(format!("{in_use} units sold of {on_hand}")));
    }
    let expected = Level {
        on_hand: before.on_hand,
        held: before.held + sold.held,
        committed: before.committed + sold.committed,
        available: before.on_hand - in_use,
    };
    (now != expected).then(|| Difference::Other(format!("{now:?}, and not {expected:?}")))
}

/// Reads levels, as they are now.
async fn look(
    addrs: &[SocketAddr],
    catalog: &Catalog,
    products: &[u32],
) -> Vec<Result<Level, AskError>> {
    crew(addrs, products, async |apis, index, product| {
        let path = format!("/v1/stock/{}?consistency=strong", catalog.ids[*product as usize]);
        let stock: Stock = apis.node(index).get(&path).await?;
        Ok(Level {
            on_hand: stock.on_hand.into(),
            held: stock.held.into(),
            committed: stock.committed.into(),
            available: stock.available.into(),
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{Difference, Level, Sold, judge};

    fn level(on_hand: u64, held: u64, committed: u64) -> Level {
        Level { on_hand, held, committed, available: on_hand.saturating_sub(held + committed) }
    }

    #[test]
    fn a_level_moves_by_what_was_sold() {
        let sold = Sold { held: 1, committed: 3 };
        assert_eq!(judge(level(10, 0, 2), Ok(level(10, 1, 5)), sold), None);
        // A unit that is still held for an order that was given up.
        let leftover = judge(level(10, 0, 2), Ok(level(10, 2, 5)), sold);
        assert!(matches!(leftover, Some(Difference::Other(_))));
        // Somebody changed what is on hand.
        let changed = judge(level(10, 0, 2), Ok(level(11, 1, 5)), sold);
        assert!(matches!(changed, Some(Difference::Other(_))));
    }

    #[test]
    fn more_sold_than_there_was_is_oversold_whatever_the_level_says() {
        let sold = Sold { held: 0, committed: 11 };
        let judged = judge(level(10, 0, 0), Ok(level(10, 0, 10)), sold);
        assert!(matches!(judged, Some(Difference::Oversold(_))));
    }
}
