//! `stoa import products FILE`: creates a product for each line, once.

use std::path::PathBuf;

use crate::{
    catalog::{self, Plan, Report, Source},
    failure::{Exit, Failure},
    output::Output,
    target::Target,
};

/// Flags of `stoa import products`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each line is a JSON object: name and price (e.g. 29.99), and perhaps currency, description, brand,
sku, stock, and categories (names of collections, created where missing). Any other field becomes
an attribute. Typing the same again goes on where an import stopped: nothing is created twice.")]
pub struct Args {
    /// One JSON object per line, plain or gzipped
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    /// The currency of lines that name none; without it, the cluster's, which only a key with
    /// cluster:read may ask for
    #[arg(long)]
    currency: Option<String>,
    /// Units on hand for lines that name no stock
    #[arg(long, value_name = "UNITS")]
    stock: Option<u32>,
    /// Requests in flight at once
    #[arg(long, value_name = "N", default_value_t = 32)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
}

/// Imports the file. Degraded: some lines were refused.
pub async fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let client = args.target.client().await?;
    let currency = match &args.currency {
        Some(currency) => currency.clone(),
        None => client.cluster_status().await?.currency,
    };
    let plan = Plan {
        currency,
        clients: vec![client],
        stock: args.stock,
        concurrency: args.concurrency.into(),
    };
    let report = catalog::import(Source::File(args.file.clone()), plan, *output).await?;
    output.data(&report, text);
    Ok(if report.failed == 0 { Exit::Ok } else { Exit::Degraded })
}

/// The report as a line.
pub fn text(report: &Report) -> String {
    let Report { created, already, failed, .. } = report;
    format!("{created} products created, {already} already there, {failed} lines refused")
}
