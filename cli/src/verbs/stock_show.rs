//! `stoa stock show ID`: a product's level, where its units are, and how it came to be.

use api_client::{Movement, Stock, StockLocation};
use serde::Serialize;

use crate::{
    failure::{Exit, Failure},
    output::{Output, table},
    target::Target,
};

/// How many movements are asked for: the most that one page holds.
const MOVEMENTS: u32 = 100;

/// What a level has.
const LEVEL: [&str; 8] =
    ["on hand", "held", "committed", "safety", "balance", "backorders", "available", "low at"];

/// Flags of `stoa stock show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The product: `prod_…`
    id: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    stock: Stock,
    movements: Vec<Movement>,
    more_movements: bool,
}

/// Prints the level and the oldest movements.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let stock = client.stock(&args.id).await?.body;
    let page = client.movements(&args.id, MOVEMENTS, None).await?.body;
    let shown = Shown { stock, movements: page.data, more_movements: page.has_more };
    output.data(&shown, text);
    Ok(Exit::Ok)
}

fn text(shown: &Shown) -> String {
    let Stock { product_id, on_hand, held, committed, available, balance, .. } = &shown.stock;
    let Stock { safety, backorder_limit, low_stock_threshold, .. } = &shown.stock;
    let mut level = [on_hand, held, committed, safety].map(u32::to_string).to_vec();
    level.extend([balance.to_string(), backorder_limit.to_string(), available.to_string()]);
    level.push(low_stock_threshold.map(|units| units.to_string()).unwrap_or_default());
    let rows: Vec<Vec<String>> = shown
        .movements
        .iter()
        .map(|moved| {
            vec![
                moved.number.to_string(),
                moved.at.clone(),
                format!("{:+}", moved.delta),
                moved.on_hand.to_string(),
                moved.kind.clone(),
                moved.location_id.clone(),
                moved.reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let more = if shown.more_movements { "…\n" } else { "" };
    format!(
        "{product_id}\n\n{}\n{}\n{}{more}",
        table(&LEVEL, &[level]),
        locations(&shown.stock),
        table(&["no", "at", "units", "on hand", "kind", "location", "reason"], &rows)
    )
}

fn locations(stock: &Stock) -> String {
    let row = |at: &StockLocation| {
        let units = [at.on_hand, at.held, at.committed].map(|units| units.to_string());
        let active = if at.active { "" } else { "inactive" };
        let [on_hand, held, committed] = units;
        vec![at.location_id.clone(), on_hand, held, committed, at.free.to_string(), active.into()]
    };
    let rows: Vec<_> = stock.locations.iter().map(row).collect();
    table(&["location", "on hand", "held", "committed", "free", ""], &rows)
}
