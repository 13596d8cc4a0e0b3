//! `stoa stock policy ID`: what is kept back, what is sold before it is there, when it is low, and
//! which location's units are taken first.

use api_client::{SetStockPolicy, StockPolicy};

use crate::{
    failure::{Exit, Failure},
    output::Output,
    target::Target,
};

/// Flags of `stoa stock policy`. Without any, the policy is only shown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The product: `prod_…`
    id: String,
    /// Safety stock: how many units on hand are not sold
    #[arg(long, value_name = "UNITS")]
    safety: Option<u32>,
    /// How many units are sold that are yet to come
    #[arg(long, value_name = "UNITS")]
    backorder_limit: Option<u32>,
    /// At which balance a stock.low is told of
    #[arg(long, value_name = "UNITS")]
    low_stock_threshold: Option<u32>,
    /// Tell of no stock.low any more
    #[arg(long, conflicts_with = "low_stock_threshold")]
    never_low: bool,
    /// Which location's units are taken first: priority or most_stock
    #[arg(long)]
    allocation: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Shows the policy, or changes what is asked for and keeps the rest.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let mut policy = client.stock_policy(&args.id).await?.body;
    let threshold = args.low_stock_threshold.or(policy.low_stock_threshold);
    let wanted = SetStockPolicy {
        safety: args.safety.unwrap_or(policy.safety),
        backorder_limit: args.backorder_limit.unwrap_or(policy.backorder_limit),
        low_stock_threshold: threshold.filter(|_| !args.never_low),
        allocation: Some(args.allocation.clone().unwrap_or_else(|| policy.allocation.clone())),
    };
    let there = SetStockPolicy {
        safety: policy.safety,
        backorder_limit: policy.backorder_limit,
        low_stock_threshold: policy.low_stock_threshold,
        allocation: Some(policy.allocation.clone()),
    };
    if wanted != there {
        policy = client.set_stock_policy(&args.id, policy.version, &wanted).await?.body;
    }
    output.data(&policy, text);
    Ok(Exit::Ok)
}

fn text(policy: &StockPolicy) -> String {
    let StockPolicy { product_id, version, safety, backorder_limit, allocation, .. } = policy;
    let low = match policy.low_stock_threshold {
        Some(units) => format!("low at {units}"),
        None => "never low".to_owned(),
    };
    format!(
        "{product_id}: safety {safety}, backorders {backorder_limit}, {low}, served by \
         {allocation} (v{version})"
    )
}
