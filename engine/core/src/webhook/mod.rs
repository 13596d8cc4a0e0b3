//! Webhooks out: endpoints that are told of events, and how far each shard has told each of them.
//!
//! Endpoints are rows of the meta group. Each shard has a [`Deliveries`] row for each of them: up
//! to which position of its own feed everything is settled, that is delivered, not wanted, parked
//! or given up. What has failed is a row of its own with all that is needed to send it again, so
//! that trimming the feed cannot take it. Who sends is the node that leads the shard.
//!
//! Invariant: what lies behind the position and was not delivered has a row (I15). No row, command
//! or answer has a secret: secrets are derived, by who knows the master key, from the endpoint's id
//! and the generation that its row names. See docs/adr/0012-webhooks-out.md.

mod close_deliveries;
mod create_webhook;
mod delete_webhook;
mod disable_webhook;
mod endpoint;
mod note_deliveries;
mod notice;
mod open_deliveries;
mod replay_dead_letters;
mod rotate_webhook_secret;
pub(crate) mod rows;
mod update_webhook;

use serde::{Deserialize, Serialize};

pub use close_deliveries::CloseDeliveries;
pub use create_webhook::CreateWebhook;
pub use delete_webhook::DeleteWebhook;
pub use disable_webhook::DisableWebhook;
pub use endpoint::{
    Disabled, DisabledBy, EndpointSecret, PreviousGeneration, WebhookEndpoint, url_without_query,
};
pub use note_deliveries::{DeliveryOutcome, NoteDeliveries};
pub use notice::{BadEventType, EventType, Notice, Subject};
pub use open_deliveries::OpenDeliveries;
pub use replay_dead_letters::ReplayDeadLetters;
pub use rotate_webhook_secret::RotateWebhookSecret;
pub use update_webhook::UpdateWebhook;

/// The most endpoints of a cluster.
pub const ENDPOINTS_MAX: usize = 32;
/// The longest URL of an endpoint, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// The longest description of an endpoint, in bytes of UTF-8.
pub const ABOUT_BYTES_MAX: usize = 256;
/// The longest that an old secret signs beside a new one, in milliseconds: 30 days.
pub const SECRET_OVERLAP_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// The most dead letters of one endpoint in one shard: the oldest go.
pub const DEAD_LETTERS_MAX: u32 = 1_000;
/// How long a dead letter is kept, in milliseconds: 30 days.
pub const DEAD_LETTER_RETENTION_MS: u64 = 30 * 24 * 3_600_000;
/// How many rows a command moves or removes at once, beside those it names.
pub const ROWS_AT_ONCE: usize = 256;

/// An event's place in the feed of its shard.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position {
    /// The log index of its entry.
    pub index: u64,
    /// Its place among the events of that entry, from 0.
    pub ordinal: u32,
}

impl Position {
    /// After every event of an entry.
    pub fn end_of(index: u64) -> Self {
        Self { index, ordinal: u32::MAX }
    }

    /// The place just before it.
    pub fn before(self) -> Self {
        match self.ordinal.checked_sub(1) {
            Some(ordinal) => Self { ordinal, ..self },
            None => Self::end_of(self.index.saturating_sub(1)),
        }
    }
}

/// How far a shard has told one endpoint of its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// Up to here everything is settled. None while the endpoint is disabled: nothing is sent, and
    /// the feed is not kept for it.
    pub through: Option<Position>,
    /// The version of the endpoint that it was opened for: what was closed for an earlier one was
    /// not meant.
    pub version: u64,
    /// Who sends: a number that the sender has made up. Notes of an earlier one are refused.
    pub sender: u64,
    /// How many deliveries wait for their next attempt.
    pub parked: u32,
    /// How many were given up.
    pub dead: u32,
    /// How often dead letters were made deliveries again.
    pub revived: u64,
    /// How many were delivered.
    pub delivered: u64,
    /// When the last one was, in Unix milliseconds; 0 if none ever was.
    pub delivered_at: u64,
}

/// Something that an endpoint is to be told of, and has not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When it happened, in Unix milliseconds.
    pub at: u64,
    /// What happened.
    pub notice: Notice,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next; of a dead letter: when it was given up. In Unix milliseconds.
    pub due: u64,
    /// The HTTP status that the last attempt was answered with; none if there was no answer.
    pub status: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_before_the_first_event_is_the_end_of_the_entry_before() {
        let at = |index, ordinal| Position { index, ordinal };
        assert_eq!(at(7, 3).before(), at(7, 2));
        assert_eq!(at(7, 0).before(), at(6, u32::MAX));
        assert_eq!(at(0, 0).before(), at(0, u32::MAX));
        assert!(at(6, u32::MAX) < at(7, 0));
    }
}
