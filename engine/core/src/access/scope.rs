//! What the holder of a key may do, and the named sets of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One thing that may be done. What everybody may (reads of products, search) has none. Append
/// only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Create, change and archive products and collections.
    CatalogWrite,
    /// Read stock levels beyond what a product page shows, and movements.
    StockRead,
    /// Receive, adjust and set stock.
    StockWrite,
    /// Take, commit and release holds without an order.
    HoldsWrite,
    /// Read everybody's orders.
    OrdersRead,
    /// Place and cancel orders for everybody.
    OrdersWrite,
    /// Give money back.
    RefundsWrite,
    /// Ship orders and take returns.
    FulfillmentWrite,
    /// Read the event feed.
    FeedRead,
    /// Create, change and delete webhook endpoints, and replay what they have not taken.
    WebhooksWrite,
    /// See the cluster, its metrics and its audit.
    ClusterRead,
    /// Change the cluster: move leaderships, stop nodes.
    ClusterWrite,
    /// Create, rotate and revoke API keys.
    KeysWrite,
    /// Read who did what.
    AuditRead,
    /// See webhook endpoints, and what they have not taken.
    WebhooksRead,
}

/// A named set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Who sells: catalog, stock, fulfillment.
    Seller,
    /// Who helps customers: orders and refunds.
    Support,
    /// Who runs the cluster: its state, keys, and the audit trail.
    Operator,
    /// Another service: holds, orders, the feed.
    Service,
    /// Who only looks.
    Analyst,
}

/// A word that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no scope or role is called {0:?}")]
pub struct BadScope(pub String);

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 15] = [
        Self::CatalogWrite,
        Self::StockRead,
        Self::StockWrite,
        Self::HoldsWrite,
        Self::OrdersRead,
        Self::OrdersWrite,
        Self::RefundsWrite,
        Self::FulfillmentWrite,
        Self::FeedRead,
        Self::WebhooksWrite,
        Self::ClusterRead,
        Self::ClusterWrite,
        Self::KeysWrite,
        Self::AuditRead,
        Self::WebhooksRead,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CatalogWrite => "catalog:write",
            Self::StockRead => "stock:read",
            Self::StockWrite => "stock:write",
            Self::HoldsWrite => "holds:write",
            Self::OrdersRead => "orders:read",
            Self::OrdersWrite => "orders:write",
            Self::RefundsWrite => "refunds:write",
            Self::FulfillmentWrite => "fulfillment:write",
            Self::FeedRead => "feed:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::ClusterRead => "cluster:read",
            Self::ClusterWrite => "cluster:write",
            Self::KeysWrite => "keys:write",
            Self::AuditRead => "audit:read",
            Self::WebhooksRead => "webhooks:read",
        }
    }
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Seller, Self::Support, Self::Operator, Self::Service, Self::Analyst];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Support => "support",
            Self::Operator => "operator",
            Self::Service => "service",
            Self::Analyst => "analyst",
        }
    }

    /// What it may do.
    pub fn scopes(self) -> &'static [Scope] {
        use Scope::*;
        match self {
            Self::Seller => &[
                CatalogWrite,
                StockRead,
                StockWrite,
                OrdersRead,
                FulfillmentWrite,
                FeedRead,
                WebhooksWrite,
                WebhooksRead,
            ],
            Self::Support => &[StockRead, OrdersRead, OrdersWrite, RefundsWrite],
            Self::Operator => &[
                ClusterRead,
                ClusterWrite,
                KeysWrite,
                AuditRead,
                FeedRead,
                WebhooksWrite,
                WebhooksRead,
            ],
            Self::Service => &[StockRead, HoldsWrite, OrdersRead, OrdersWrite, FeedRead],
            Self::Analyst => &[StockRead, OrdersRead, FeedRead, ClusterRead],
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| BadScope(text.to_owned()))
    }
}

impl FromStr for Role {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| BadScope(text.to_owned()))
    }
}
