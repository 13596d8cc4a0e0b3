//! Orders that do not go on by themselves.

use serde::{Deserialize, Serialize};

use crate::orders::Order;
use crate::{Answer, Client, Error, List};

/// An order that somebody should look at: `GET /v1/recovery/orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderToRecover {
    /// `ord_…`
    pub order_id: String,
    /// Whose it is.
    pub customer_id: String,
    /// Its headline.
    pub status: String,
    /// Why: what a person must look at, or what is overdue.
    pub why: String,
    /// What recovering it does now: `ask` the provider, `repeat` a call under its own key, `wait`
    /// for one that is under way, or `nothing`.
    pub recovery: String,
    /// What it costs, in minor units.
    pub total: i64,
    /// ISO 4217.
    pub currency: String,
    /// When it last changed.
    pub updated_at: String,
}

/// The body of `POST /v1/orders/{id}/recover`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoverOrder {
    /// Why, in words: it stands in the order's history.
    pub reason: String,
    /// A person has looked: it needs no review any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<bool>,
    /// Only say what would be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

/// What recovering an order does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderRecovery {
    /// Nothing was done.
    pub dry_run: bool,
    /// What recovering it does: `ask` the provider, `repeat` a call under its own key, or
    /// `nothing`; `wait` while a call is under way, as it is after it was recovered.
    pub recovery: String,
    /// The order as it is now.
    pub order: Order,
}

impl Client {
    /// A page of the orders that somebody should look at.
    pub async fn orders_to_recover(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<OrderToRecover>>, Error> {
        self.page("/v1/recovery/orders", &[], limit, cursor).await
    }

    /// Has the provider asked about an order now, or says what would be done.
    pub async fn recover_order(
        &self,
        key: Option<&str>,
        id: &str,
        recover: &RecoverOrder,
    ) -> Result<Answer<OrderRecovery>, Error> {
        self.post(&format!("/v1/orders/{id}/recover"), key, recover).await
    }
}
