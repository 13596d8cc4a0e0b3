//! The flags about webhooks.

use std::path::PathBuf;

use clap::Args;
use engine_core::access::Network;

/// With which key webhooks are signed, and where they may go.
#[derive(Debug, Clone, Default, Args)]
pub struct WebhookFlags {
    /// The master key that the secrets of webhook endpoints are derived from: a file of at least 32
    /// bytes, the same on every node. Without it this node sends no webhooks
    #[arg(long, env = "STOA_WEBHOOK_MASTER", value_name = "FILE")]
    pub webhook_master: Option<PathBuf>,
    /// A network that webhooks may go to though it is not public, as 10.1.2.0/24, and there without
    /// TLS, too. Repeat it, or separate them with a comma
    #[arg(long = "webhook-allow", env = "STOA_WEBHOOK_ALLOW", value_delimiter = ',')]
    pub webhook_allow: Vec<Network>,
}
