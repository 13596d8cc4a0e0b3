//! Notices: what customers are told of their orders by mail, and what was never taken.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::client::{Answer, Client, answer};
use crate::{Error, List};

/// A notice that is not sent. Whom it goes to is not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// Its order's id, a hyphen, and its number among the notices of that order.
    pub id: String,
    /// `ord_…`
    pub order_id: String,
    /// What it tells: `confirmed`, `shipped`, `refunded`, …
    pub kind: String,
    /// `waiting` or `dead`.
    pub state: String,
    /// When that happened.
    pub timestamp: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What the mail server answered last; absent if there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_code: Option<u16>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// When it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up_at: Option<String>,
}

/// The answer to `POST /v1/notices/replay`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayedNotices {
    /// How many dead notices wait again.
    pub replayed: u64,
}

impl Client {
    /// A page of notices in a state: `waiting` or `dead`.
    pub async fn notices(
        &self,
        state: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<Notice>>, Error> {
        self.page("/v1/notices", &[("state", state)], limit, cursor).await
    }

    /// Has every dead notice tried once more.
    pub async fn replay_notices(&self) -> Result<ReplayedNotices, Error> {
        Ok(answer(self.request(Method::POST, "/v1/notices/replay")).await?.body)
    }
}
