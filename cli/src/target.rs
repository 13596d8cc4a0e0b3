//! Which node to ask, `--url` or the first node of the demo, and with which key.

use api_client::{Client, Error};

use crate::failure::Failure;

/// Where the demo's first node listens.
pub const DEFAULT_URL: &str = "http://127.0.0.1:7101";

/// Which node to ask.
#[derive(Debug, Clone, clap::Args)]
pub struct Target {
    /// A node's URL; several, separated by commas, are tried in turn
    #[arg(long, env = "STOA_URL", default_value = DEFAULT_URL, value_delimiter = ',')]
    pub url: Vec<String>,
    /// The API key to show; a node that was started with --trust-loopback asks for none
    #[arg(long, env = "STOA_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
}

impl Target {
    /// A client of one node, with the key.
    pub fn client_of(&self, url: &str) -> Result<Client, Failure> {
        let client = Client::new(url)?;
        Ok(match &self.api_key {
            Some(key) => client.with_credentials(key)?,
            None => client,
        })
    }

    /// A client of the first node that answers. A node that answers badly is an answer.
    pub async fn client(&self) -> Result<Client, Failure> {
        let mut last = None;
        for url in &self.url {
            let client = self.client_of(url)?;
            match client.node_self().await {
                Err(error @ (Error::Connect(_) | Error::Timeout(_) | Error::Broken(_))) => {
                    last = Some(error);
                }
                _ => return Ok(client),
            }
        }
        let why = last.map_or("no --url given".to_string(), |error| error.to_string());
        Err(Failure::new(
            format!("no node answers at {}: {why}", self.url.join(", ")),
            "`stoa demo` starts a cluster; `--url http://HOST:PORT` names another node",
        ))
    }
}
