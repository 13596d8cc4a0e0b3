//! Makes load: many clients, each with its script and its connection, closed loop or open loop.
//!
//! Closed loop: a client asks again when it was answered. Open loop: each ask has an intended time,
//! and its latency counts from then, whether or not the client was free (no coordinated omission).
//! What is asked and who answers are the caller's: [`Script`](crate::workload::Script) and
//! [`Session`].

mod client;
mod clock;
mod recorder;
mod run;
mod schedule;
mod timeline;

pub(crate) use clock::{Clock, WallClock};
pub(crate) use recorder::{OpReport, Recorder};
pub(crate) use run::{Gathered, Load, Outcome, run};
pub(crate) use timeline::Timeline;

use crate::workload::{Ask, OrderAsk, OrderRef};

/// Somebody who answers one client.
pub(crate) trait Session: Send {
    /// Asks, and waits for the answer.
    fn ask(&mut self, ask: &Ask) -> impl Future<Output = Answer> + Send;
}

/// What came of an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The question was answered.
    Done,
    /// The order exists.
    Placed(OrderRef),
    /// It was refused for good, with this code: it has no effect.
    Refused(String),
    /// It may or may not have happened, with this code: ask again under the same key.
    Unclear(String),
}

/// An acknowledged order: what the ledger must find again.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    /// What was asked.
    pub(crate) ask: OrderAsk,
    /// Which client asked.
    pub(crate) client: usize,
    /// Under which id it was acknowledged.
    pub(crate) order: OrderRef,
}
