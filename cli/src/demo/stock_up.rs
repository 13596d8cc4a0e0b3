//! The catalog goes in once: a file in the demo's folder says that it is there.

use std::{fs, time::Duration};

use super::cluster::Cluster;
use crate::{
    catalog::{self, Plan, Source},
    failure::Failure,
    output::Output,
};

/// Units of each product at the beginning.
const UNITS: u32 = 100;
/// Requests in flight at once.
const CONCURRENCY: usize = 32;
/// How long one request may take, in milliseconds.
const REQUEST_MS: u64 = 10_000;

/// Imports the catalog unless it is there; says how many products it has.
pub async fn run(cluster: &Cluster, output: &Output) -> Result<u64, Failure> {
    let done = cluster.folder.path.join("catalog.json");
    if let Some(products) = fs::read(&done).ok().and_then(|text| serde_json::from_slice(&text).ok())
    {
        return Ok(products);
    }
    let patient = Duration::from_millis(REQUEST_MS);
    let clients = cluster.nodes.iter().map(|node| node.client.clone().with_timeout(patient));
    let plan = Plan {
        clients: clients.collect(),
        currency: cluster.folder.cluster.currency.clone(),
        stock: Some(UNITS),
        concurrency: CONCURRENCY,
    };
    let report = catalog::import(Source::Sample, plan, *output).await?;
    // What was refused is told line by line; what is there is still a catalog.
    let products = report.created + report.already;
    if products == 0 {
        return Err(Failure { what: "the cluster took no product".into(), next: None });
    }
    fs::write(&done, products.to_string()).map_err(|error| Failure::io(&done, error))?;
    Ok(products)
}
