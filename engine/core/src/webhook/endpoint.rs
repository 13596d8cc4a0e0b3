//! What an endpoint is: where it is, what it wants to be told, and with which secret.

use serde::{Deserialize, Serialize};

use super::{ABOUT_BYTES_MAX, EventType, URL_BYTES_MAX};
use crate::catalog::validate;
use crate::ids::{EndpointId, ShardId};
use crate::rejection::{Field, Rejection};

/// An endpoint as it is stored and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: EndpointId,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// Where it is: `https://…` or `http://…`, to [`URL_BYTES_MAX`] bytes.
    pub url: String,
    /// What it is for, in its owner's words.
    pub description: String,
    /// Of what it is told; sorted, each once, at least one.
    pub events: Vec<EventType>,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it was last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// Since when and by whom it is disabled, if it is.
    pub disabled: Option<Disabled>,
    /// Which secret signs.
    pub secret: EndpointSecret,
}

/// That an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Since when, in Unix milliseconds.
    pub at: u64,
    /// By whom.
    pub by: DisabledBy,
}

/// Who has disabled an endpoint. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisabledBy {
    /// Somebody of the shop.
    Person,
    /// The endpoint itself: it answered 410.
    Gone,
    /// Nothing was delivered for as long as deliveries are tried.
    Failing,
}

impl DisabledBy {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// Which of the secrets that can be derived for an endpoint signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSecret {
    /// Its number: 1 at first, one more with each rotation.
    pub generation: u32,
    /// Tells whether a master key is the one that it is derived from, and nothing else of it.
    pub check: u64,
    /// The one before it, for as long as it signs, too.
    pub previous: Option<PreviousGeneration>,
}

/// A secret that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousGeneration {
    /// Its number.
    pub generation: u32,
    /// From when on it does not sign any more, in Unix milliseconds.
    pub until: u64,
}

impl WebhookEndpoint {
    /// Whether a shard has to tell it anything: collections live in the meta group, all else does
    /// not.
    pub fn listens_to(&self, shard: ShardId) -> bool {
        let of_meta = |kind: &EventType| *kind == EventType::CollectionChanged;
        let told = self.events.iter().any(|kind| of_meta(kind) == (shard == ShardId::META));
        self.disabled.is_none() && told
    }

    /// The generations whose secrets sign at a time, in Unix milliseconds: the newest first, at
    /// most two.
    pub fn generations_at(&self, now: u64) -> impl Iterator<Item = u32> {
        let previous = self.secret.previous.filter(|previous| now < previous.until);
        let previous = previous.map(|previous| previous.generation);
        [Some(self.secret.generation), previous].into_iter().flatten()
    }

    /// Checks the fields that people write, and brings events into stored order.
    pub(super) fn validated(mut self) -> Result<Self, Rejection> {
        validate::text(Field::Url, &self.url, 1, URL_BYTES_MAX)?;
        let web = ["https://", "http://"].iter().any(|scheme| self.url.starts_with(scheme));
        if !web || self.url.bytes().any(|byte| byte.is_ascii_whitespace()) {
            return Err(Rejection::Malformed { field: Field::Url });
        }
        validate::text(Field::Description, &self.description, 0, ABOUT_BYTES_MAX)?;
        self.events.sort_unstable();
        self.events.dedup();
        validate::size(Field::Events, self.events.len(), 1, EventType::ALL.len())?;
        Ok(self)
    }
}

/// A URL up to its query, which may be a password of the receiver's.
pub fn url_without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
