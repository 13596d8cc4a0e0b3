//! The stage of a run: a cluster with goods on sale, at rest.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::args::TargetArgs;
use crate::catalog::{Catalog, Goods, Kind, Terms, seed};
use crate::cluster::{Machine, Target, wait_caught_up};
use crate::error::Failure;
use crate::http::Api;
use crate::stoa::Nodes;

/// How long search may take to know everything that is on sale.
const INDEXED_WITHIN: Duration = Duration::from_secs(180);
/// How often it is asked.
const POLL_EVERY: Duration = Duration::from_millis(100);

/// A cluster with goods on sale.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) target: Target,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) machine: Machine,
    /// Names this run in customers and keys.
    pub(crate) run: Arc<str>,
    only_node: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Found {
    total: u64,
}

impl Stage {
    /// Opens the cluster, puts the goods on sale, and waits until it is at rest.
    pub(crate) async fn set(args: &TargetArgs, kind: Kind) -> Result<Self, Failure> {
        if let Some(key) = args.api_key.as_ref().filter(|_| !args.url.is_empty()) {
            crate::http::request::show(key);
        }
        if let Some(ca) = args.ca.as_ref().filter(|_| !args.url.is_empty()) {
            crate::http::stream::trust(ca)?;
        }
        let target = Target::open(args).await?;
        let dir = target.local.as_ref().map_or_else(std::env::temp_dir, |own| own.dir.clone());
        let machine = Machine::look(&dir)?;
        let terms = Terms { currency: target.currency.clone(), stock: args.stock };
        let catalog = seed(&target.addrs, Goods::of(kind)?, terms).await?;
        let begun = Instant::now();
        for addr in &target.addrs {
            wait_indexed(*addr, catalog.ids.len() as u64).await?;
        }
        wait_caught_up(&target.addrs).await?;
        eprintln!("at rest after {:.1} s", begun.elapsed().as_secs_f64());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = format!("b{:x}", now.as_millis()).into();
        let only_node = args.only_node;
        Ok(Self { target, catalog: Arc::new(catalog), machine, run, only_node })
    }

    /// The nodes that clients ask.
    pub(crate) fn nodes(&self, timeout_ms: u64) -> Result<Arc<Nodes>, Failure> {
        let addrs = match self.only_node {
            None => self.target.addrs.clone(),
            Some(place) => {
                let addr = place.checked_sub(1).and_then(|index| self.target.addrs.get(index));
                vec![*addr.ok_or_else(|| Failure::Usage(format!("there is no node {place}")))?]
            }
        };
        let patience = Duration::from_millis(timeout_ms);
        Ok(Arc::new(Nodes { addrs, returned: AtomicUsize::new(0), patience }))
    }
}

/// Waits until a node finds as many products as are on sale.
async fn wait_indexed(addr: SocketAddr, products: u64) -> Result<(), Failure> {
    let (begun, mut api) = (Instant::now(), Api::new(addr));
    loop {
        let found: Result<Found, _> = api.get("/v1/search?limit=1").await;
        match found {
            Ok(found) if found.total >= products => return Ok(()),
            Err(error) if begun.elapsed() > INDEXED_WITHIN => {
                return Err(Failure::ask("GET /v1/search")(error));
            }
            Ok(found) if begun.elapsed() > INDEXED_WITHIN => {
                let total = found.total;
                let what = format!("search of {addr} knows {total} of {products} products");
                return Err(Failure::Cluster(what));
            }
            _ => tokio::time::sleep(POLL_EVERY).await,
        }
    }
}
