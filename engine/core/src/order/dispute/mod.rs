//! Disputes: the customer's bank wants the money back. T33, T34.
//!
//! While one is open nothing more is sent and no money goes back; who wins keeps the money.

mod note_dispute;

use serde::{Deserialize, Serialize};

pub use note_dispute::NoteDispute;

/// The longest id that the provider gives a dispute, in bytes.
pub const DISPUTE_ID_BYTES_MAX: usize = 255;

/// A dispute over an order's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The provider's name of it.
    pub id: String,
    /// Where it stands.
    pub state: DisputeState,
    /// How much is disputed, in minor units.
    pub amount: i64,
    /// When it was opened, as far as is known here, in Unix milliseconds.
    pub opened_at: u64,
    /// When it was closed, in Unix milliseconds.
    pub closed_at: Option<u64>,
}

/// Where a dispute stands. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeState {
    /// Nobody knows yet who is right.
    Open,
    /// The shop keeps the money.
    Won,
    /// The bank has taken the money back.
    Lost,
}

impl DisputeState {
    /// Every state, in their order.
    pub const ALL: [Self; 3] = [Self::Open, Self::Won, Self::Lost];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}
