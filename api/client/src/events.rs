//! The feed of events: what has happened, in order for each shard, from a cursor on.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{WAIT_MARGIN_MS, answer};
use crate::{Answer, Client, Error, List};

/// Where consumers are.
const CONSUMERS: &str = "/v1/events/consumers";

/// What to read: the parameters of `GET /v1/events`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventQuery {
    /// Where to go on: a cursor of an earlier answer, or `now`. Without it: from the oldest event
    /// that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Where this consumer has read to, in place of `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
    /// Only these types, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<String>,
    /// How many events the page has at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How long to wait for the first event, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u32>,
}

/// Something that has happened, as CloudEvents 1.0 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CloudEvent {
    /// `1.0`.
    pub specversion: String,
    /// `evt_<shard>-<index>-<ordinal>`: names the event for ever, at every node, and in webhooks.
    pub id: String,
    /// The cluster where it happened.
    pub source: String,
    /// What happened, e.g. `order.changed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of what it is about.
    pub subject: String,
    /// When it happened.
    pub time: String,
    /// `application/json`.
    pub datacontenttype: String,
    /// The shard that it comes from: events of one shard are in order.
    pub shard: u16,
    /// Its place in that order: of two texts of one shard the later one is greater, letter by
    /// letter.
    pub sequence: String,
    /// What it is about, and where that stood then: as in a webhook.
    pub data: BTreeMap<String, Value>,
}

/// The body of `PUT /v1/events/consumers/{name}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutEventConsumer {
    /// How far it has read: a cursor of an answer, or the `id` of an event in a stream; `now` for
    /// all that has happened.
    pub cursor: String,
    /// Its place is set there, also where it has read further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
}

/// Who reads the feed and keeps the place in it at the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventConsumer {
    /// `con_…`: its id, which follows from its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 1 when created, one more with each move.
    pub version: u64,
    /// How far it has read.
    pub cursor: String,
    /// When it was created.
    pub created_at: String,
    /// When it was last moved.
    pub updated_at: String,
}

impl Client {
    /// A page of events; waits for one if it is told to.
    pub async fn events(&self, query: &EventQuery) -> Result<Answer<List<CloudEvent>>, Error> {
        let mut request = self.request(Method::GET, "/v1/events").query(query);
        if let Some(seconds) = query.wait {
            let deadline = u64::from(seconds) * 1_000 + WAIT_MARGIN_MS;
            request = request.timeout(self.timeout.max(Duration::from_millis(deadline)));
        }
        answer(request).await
    }

    /// Says how far a consumer has read; makes the consumer, if there is none.
    pub async fn put_event_consumer(
        &self,
        name: &str,
        put: &PutEventConsumer,
    ) -> Result<EventConsumer, Error> {
        let path = format!("{CONSUMERS}/{name}");
        Ok(answer(self.request(Method::PUT, &path).json(put)).await?.body)
    }

    /// How far a consumer has read.
    pub async fn event_consumer(&self, name: &str) -> Result<Answer<EventConsumer>, Error> {
        self.get(&format!("{CONSUMERS}/{name}"), &[]).await
    }

    /// A page of consumers in the order of their ids.
    pub async fn event_consumers(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<EventConsumer>>, Error> {
        self.page(CONSUMERS, &[], limit, cursor).await
    }

    /// Forgets a consumer.
    pub async fn delete_event_consumer(&self, name: &str) -> Result<EventConsumer, Error> {
        let path = format!("{CONSUMERS}/{name}");
        Ok(answer(self.request(Method::DELETE, &path)).await?.body)
    }
}
