//! Webhooks out, after the Standard Webhooks specification.
//!
//! ```text
//!  meta group: endpoints ──────────┐            ┌─ secret (derived from the master key)
//!  a shard that this node leads    ▼            ▼
//!    feed ─────► sender ─► plan ─► attempt ─► poster ─► guard ─► the endpoint
//!    rows ◄──── notes ◄─────┘ ▲                 │
//!                             └──── schedule ◄──┴ 2xx · 410 · anything else
//! ```
//!
//! `supervisor` runs a sender for each endpoint in each shard that this node leads, so one slow
//! endpoint delays no other. What is delivered, parked or given up is rows of the shard, noted by
//! commands: a new leader goes on from there, and delivers again what was not noted. Nothing here
//! logs a URL, a secret or a body. What can go wrong by intent is in `guard`.

mod flags;
mod guard;
mod payload;
mod plan;
mod poster;
mod schedule;
mod secret;
mod sender;
mod supervisor;

use engine_core::webhook::{OpenDeliveries, WebhookEndpoint};
use engine_core::{Command, ShardId};
use futures::future::join_all;

pub use flags::WebhookFlags;
pub use guard::Guard;
pub use payload::{data, event_id, id as message_id};
pub use secret::{BadMaster, Master};
pub use supervisor::run;

use poster::Poster;

use crate::access::By;
use crate::errors::{Code, Error};
use crate::state::AppState;

/// What the node needs for webhooks.
pub struct Webhooks {
    /// What secrets are derived from.
    master: Option<Master>,
    /// Where they may go.
    pub guard: Guard,
    poster: Poster,
}

/// Why there are no webhooks at this node.
#[derive(Debug, thiserror::Error)]
pub enum BadWebhooks {
    /// The master key.
    #[error(transparent)]
    Master(#[from] BadMaster),
    /// The HTTP client.
    #[error("cannot make a client for webhooks: {0}")]
    Client(#[from] reqwest::Error),
}

impl Webhooks {
    /// As the flags say.
    pub fn new(flags: &WebhookFlags) -> Result<Self, BadWebhooks> {
        let master = flags.webhook_master.as_deref().map(Master::read).transpose()?;
        let guard = Guard::new(flags.webhook_allow.clone());
        Ok(Self { master, poster: Poster::new(guard.clone())?, guard })
    }

    /// The master key, or that there is none.
    pub fn master(&self) -> Result<&Master, Error> {
        self.master.as_ref().ok_or_else(|| {
            let detail = "this node was started without --webhook-master, so it sends no webhooks";
            Error::new(Code::WebhooksOff, detail)
        })
    }
}

impl AppState {
    /// Has every shard tell an endpoint of what happens from now on. A shard that cannot be asked
    /// now is opened by its leader, a little later.
    pub async fn open_deliveries(&self, endpoint: &WebhookEndpoint) {
        let (id, version) = (endpoint.id, endpoint.version);
        let open = async |shard: ShardId| {
            let command =
                Command::OpenDeliveries(OpenDeliveries { endpoint: id, version, sender: 0 });
            if let Err(error) = self.write(By::THE_NODE, shard, command).await {
                tracing::debug!(%shard, endpoint = %id, detail = error.detail, "not open yet");
            }
        };
        let telling = self.topology.groups().filter(|shard| endpoint.listens_to(*shard));
        join_all(telling.map(open)).await;
    }
}
