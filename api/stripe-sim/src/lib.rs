//! A stand-in for Stripe's test mode, for demos and tests: payment intents, refunds, disputes,
//! events and webhooks, with state, with Stripe's idempotency, and with everything that can go
//! wrong between a shop and its provider, drawn from a seed.
//!
//! ```text
//!  server ─► sim: who calls, what befalls the call ─► keys ─► api ─► book ─► events ─► hooks
//!                                                                     └─► store (journal)
//! ```
//!
//! `book` is the state machine, without clock or I/O; `cards` says what the test cards do; `knobs`
//! what goes wrong and how often. It knows nothing of Stoa. What of Stripe's behavior it holds to,
//! and which test shows it, stands in docs/stripe-sim.md.

pub mod api;
pub mod book;
pub mod cards;
mod clock;
pub mod error;
mod form;
mod gate;
pub mod hooks;
pub mod keys;
pub mod knobs;
pub mod model;
mod page;
pub mod render;
mod server;
mod sim;
mod store;

pub use server::{Running, start};
pub use sim::{Config, Outcome, Request, Sim};
