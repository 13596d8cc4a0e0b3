//! The ledger that clients keep: what they were told must be so.
//!
//! After a run, in this order: what is unclear is asked again under its key until it is clear;
//! every acknowledged order is there, on another node than the one that took it, with the lines
//! that were asked for; the same key gives the same order again; customers have no orders that
//! nobody was told of; and each product's level has moved by exactly the units of the orders that
//! live. Payments of a cluster of our own are held against the books of its stand-in for Stripe.
//! Then the cluster audits itself. A fast wrong run is a failed run.
//!
//! It takes for granted that nobody else orders the bench's products meanwhile.

mod exist;
mod levels;
mod lists;
mod payments;
mod resolve;
mod verdict;

pub(crate) use levels::Levels;
pub(crate) use verdict::Verdict;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use api_client::Audit;
use payments::Books;

use crate::catalog::Catalog;
use crate::error::Failure;
use crate::http::Api;
use crate::load::{Acknowledged, Gathered};
use crate::stage::Stage;
use crate::workload::{OrderAsk, OrderRef};

/// How long an audit may be refused: it reads every shard at its leader.
const AUDITED_WITHIN: Duration = Duration::from_secs(30);

/// What clients were told, and where it can be checked.
#[derive(Debug)]
pub(crate) struct Ledger<'a> {
    /// The nodes.
    pub(crate) addrs: &'a [SocketAddr],
    /// What was on sale.
    pub(crate) catalog: &'a Catalog,
    /// The levels before the run.
    pub(crate) before: &'a Levels,
    /// Where the books of the payments are, if they are ours.
    pub(crate) stripe: Option<SocketAddr>,
    /// Orders that exist, as clients were told.
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Orders that may exist.
    pub(crate) unclear: Vec<OrderAsk>,
}

/// What an order's units are now, by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    Held,
    Committed,
    GivenBack,
}

impl Units {
    fn of(status: &str) -> Self {
        match status {
            "canceled" | "expired" | "payment_failed" => Self::GivenBack,
            "payment_pending" | "requires_action" | "payment_unknown" | "canceling" => Self::Held,
            _ => Self::Committed,
        }
    }
}

impl<'a> Ledger<'a> {
    /// What clients of a stage were told.
    pub(crate) fn of(stage: &'a Stage, before: &'a Levels, gathered: Gathered) -> Self {
        let Gathered { acknowledged, unclear } = gathered;
        let (addrs, catalog) = (&stage.target.addrs[..], &*stage.catalog);
        let stripe = stage.target.local.as_ref().map(|own| own.stripe.addr);
        Self { addrs, catalog, before, stripe, acknowledged, unclear }
    }

    /// Checks everything. What does not hold is in the verdict, not an error.
    pub(crate) async fn check(mut self) -> Result<Verdict, Failure> {
        let begun = Instant::now();
        let mut verdict = Verdict::default();
        resolve::unclear(&mut self, &mut verdict).await;
        verdict.orders = self.acknowledged.len() as u64;
        self.find_doubled_ids(&mut verdict);
        let books = match self.stripe {
            Some(addr) => Some(Books::read(addr).await?),
            None => None,
        };
        let units = exist::orders(&self, books.as_ref(), &mut verdict).await;
        resolve::same_key_same_order(&self, &mut verdict).await;
        lists::customers(&self, &mut verdict).await;
        levels::units(&self, &units, &mut verdict).await;
        verdict.audit = Some(audit(self.addrs[0]).await?);
        verdict.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(verdict)
    }

    /// Two keys never lead to one order.
    fn find_doubled_ids(&self, verdict: &mut Verdict) {
        let mut seen: BTreeMap<OrderRef, &str> = BTreeMap::new();
        for Acknowledged { ask, order, .. } in &self.acknowledged {
            if let Some(other) = seen.insert(*order, &ask.key) {
                verdict.doubled.note(format!("{order} for keys {other} and {}", ask.key));
            }
        }
    }
}

/// The cluster's own audit.
pub(crate) async fn audit(addr: SocketAddr) -> Result<Audit, Failure> {
    let audit = Api::new(addr).get_patiently("/v1/audit", AUDITED_WITHIN).await;
    audit.map_err(Failure::ask("GET /v1/audit"))
}
