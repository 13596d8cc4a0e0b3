//! `stoa stock transfer ID`: free units go from one location to another.

use api_client::{Stock, TransferStock};

use crate::{
    failure::{Exit, Failure},
    output::Output,
    target::Target,
};

/// Flags of `stoa stock transfer`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The product: `prod_…`
    id: String,
    /// How many units
    #[arg(long, value_name = "UNITS")]
    units: u32,
    /// Where they are: `loc_…`; without it, the default location
    #[arg(long, value_name = "LOCATION", required_unless_present = "to")]
    from: Option<String>,
    /// Where they go: `loc_…`; without it, the default location
    #[arg(long, value_name = "LOCATION")]
    to: Option<String>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    target: Target,
}

/// Moves the units.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let transfer = TransferStock {
        product_id: args.id.clone(),
        from_location_id: args.from.clone(),
        to_location_id: args.to.clone(),
        quantity: args.units,
        reason: args.reason.clone(),
    };
    let stock = args.target.client().await?.transfer_stock(None, &transfer).await?.body;
    output.data(&stock, |stock: &Stock| {
        format!("{}: {} units moved, {} on hand", stock.product_id, args.units, stock.on_hand)
    });
    Ok(Exit::Ok)
}
