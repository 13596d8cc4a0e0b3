//! Which node to ask, `--url` or the first node of the demo, trusting whom, and with which key.

use std::path::{Path, PathBuf};

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
    /// A CA to trust beside the public ones, PEM: the cluster's own ca.crt
    #[arg(long, env = "STOA_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// The same client, trusting the CA of a file if there is one.
pub fn trusting(client: Client, ca: Option<&Path>) -> Result<Client, Failure> {
    let Some(file) = ca else { return Ok(client) };
    let pem = std::fs::read(file).map_err(|error| Failure::io(file, error))?;
    client.with_ca(&pem).map_err(|error| Failure::io(file, error))
}

impl Target {
    /// A client of one node, with the key.
    pub fn client_of(&self, url: &str) -> Result<Client, Failure> {
        let client = trusting(Client::new(url)?, self.ca.as_deref())?;
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
        let next = match why.contains("certificate") {
            true => "--ca FILE, or STOA_CA, names the CA to trust: the cluster's own ca.crt",
            false => "`stoa demo` starts a cluster; `--url http://HOST:PORT` names another node",
        };
        Err(Failure::new(format!("no node answers at {}: {why}", self.url.join(", ")), next))
    }
}
