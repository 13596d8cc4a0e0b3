//! The node: HTTP in front of the replicas, the search index and the payment driver.
//!
//! ```text
//!  listen (tls) ─► http (id, access, body, panic, errors) ─► rest/<resource>
//!                                                ├─ consistency ─► local rows, or a strong read
//!                                                ├─ state::write ─► raft: the shard's leader
//!                                                ├─ order/coordinator ─► holds, then the decision
//!                                                └─ search_pool ─► the index, fed by `indexer`
//!  raft's provider pump ─► payment/driver ─► payment/stripe ─► Stripe
//!  feeds of the shards it leads ─► webhooks ─► endpoints of the shop's own
//!  their notices ─► notice ─► customers' mail
//! ```
//!
//! Nothing here decides anything about an order, a price or a unit: every rule is in `engine-core`,
//! applied by every replica. There is no cache of rows, and no retry without an idempotent command.
//! Every error is in the table in `errors.rs`. Every route is declared once, with what the OpenAPI
//! document says of it (`openapi/`). Start at `server.rs`.

mod access;
mod answer;
mod browser;
mod card_number;
mod config;
mod consistency;
pub mod errors;
mod extract;
mod feed;
mod gauges;
mod http;
mod idempotency;
mod indexer;
mod json_path;
mod listen;
mod log;
mod metrics;
mod node_file;
mod notice;
pub mod openapi;
mod order;
pub mod payment;
mod peers;
mod popularity;
mod price;
mod pricing;
mod refusals;
mod render;
mod rest;
mod search_pool;
mod search_settings;
mod search_verify;
mod server;
mod shedding;
mod state;
mod time;
mod tls;
mod traces;
mod trail;
mod webhooks;

pub use access::AccessFlags;
pub use config::{Args, BadConfig, LogFormat, PeerArg};
pub use log::start as start_log;
pub use notice::NoticeFlags;
pub use payment::StripeFlags;
pub use server::{Server, StartError};
pub use tls::TlsArgs;
pub use traces::{NoTraces, TraceFlags, Tracing};
pub use webhooks::WebhookFlags;
