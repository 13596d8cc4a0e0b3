//! Payments at the provider that orders do not know, or know otherwise.

use serde::{Deserialize, Serialize};

use crate::{Answer, Client, Error, List};

/// The body of `POST /v1/payments/reconcile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconcilePayments {
    /// What was created from this time on: 24 hours ago, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What was created until this time: `reached` of an answer that is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only say what would be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Money that no order knows goes back now rather than 15 minutes after it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<bool>,
}

/// What differs between orders and the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaymentReconciliation {
    /// Nothing was done.
    pub dry_run: bool,
    /// From which time on.
    pub since: String,
    /// All was compared. If not, ask again with `until` at what was `reached`.
    pub complete: bool,
    /// Down to when all was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<String>,
    /// How many of the provider's intents are this cluster's.
    pub intents: u64,
    /// How many refunds are of orders here.
    pub refunds: u64,
    /// How many disputes are of orders here.
    pub disputes: u64,
    /// How many orders were looked for at the provider.
    pub orders: u64,
    /// What differs.
    pub differences: Vec<PaymentDifference>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaymentDifference {
    /// `missing_here` (no order knows the intent), `missing_there`, `status`, `amount` (received),
    /// `refund` or `dispute`.
    pub what: String,
    /// `ord_…`, as the intent's metadata has it.
    pub order_id: String,
    /// The provider's intent.
    pub intent_id: String,
    /// Where the order believes its payment to be; nothing if there is no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<String>,
    /// Where the provider has it; nothing if it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<String>,
    /// How much it is about, in minor units.
    pub amount: i64,
    /// What is done: `orphan` (it goes back in a while), `ask` the provider, whose answer decides,
    /// `review` (a person must look), `import`, or `nothing`.
    pub then: String,
}

/// An intent of this cluster that no order knows: `GET /v1/payments/orphans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrphanPayment {
    /// What it goes by.
    pub id: String,
    /// `ord_…`, as its metadata has it.
    pub order_id: String,
    /// The provider's intent.
    pub intent_id: String,
    /// `waiting` for an order, `asked`, `canceling`, `refunding`, `refused` (a person must look),
    /// `canceled` or `refunded`.
    pub status: String,
    /// What the provider has received, as far as it was asked, in minor units.
    pub received: i64,
    /// Why the provider refuses to give it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    /// When it was seen.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

impl Client {
    /// Compares orders with the provider's lists, and mends what differs unless that is not wished.
    pub async fn reconcile_payments(
        &self,
        wish: &ReconcilePayments,
    ) -> Result<Answer<PaymentReconciliation>, Error> {
        self.post("/v1/payments/reconcile", None, wish).await
    }

    /// A page of the intents that no order knows.
    pub async fn orphan_payments(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<OrphanPayment>>, Error> {
        self.page("/v1/payments/orphans", &[], limit, cursor).await
    }
}
