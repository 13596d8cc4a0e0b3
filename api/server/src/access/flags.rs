//! The flags about who may do what, and how often.

use clap::Args;
use engine_core::access::Network;

use super::customers::{BadSource, Source};
use super::rates::Rates;

/// Who calls from where, and how often.
#[derive(Debug, Clone, Args)]
pub struct AccessFlags {
    /// The key set (JWKS) that customers' tokens are checked against: a file, or an HTTPS URL.
    /// It is read again now and then, so that keys change without a restart
    #[arg(long, env = "STOA_JWKS")]
    pub jwks: Option<String>,
    /// Who customers' tokens must be from (`iss`)
    #[arg(long, env = "STOA_JWT_ISSUER")]
    pub jwt_issuer: Option<String>,
    /// Whom customers' tokens must be for (`aud`)
    #[arg(long, env = "STOA_JWT_AUDIENCE")]
    pub jwt_audience: Option<String>,
    /// A proxy or load balancer in front of the node, as an address or a network (10.0.0.0/8):
    /// what it says in X-Forwarded-For is believed. Repeat it, or separate them with a comma
    #[arg(long = "trusted-proxy", env = "STOA_TRUSTED_PROXY", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,
    /// A site whose pages may call this node from a browser (CORS), as `https://shop.example`.
    /// Repeat it, or separate them with a comma
    #[arg(long = "cors-origin", env = "STOA_CORS_ORIGIN", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// How many requests a second this node takes from one API key; 0: any number
    #[arg(long, env = "STOA_RATE_PER_KEY", default_value_t = Rates::PER_KEY)]
    pub rate_per_key: u32,
    /// How many requests a second this node takes from one customer or guest; 0: any number
    #[arg(long, env = "STOA_RATE_PER_CUSTOMER", default_value_t = Rates::PER_CUSTOMER)]
    pub rate_per_customer: u32,
    /// How many requests a second without an API key this node takes from one address (of IPv6:
    /// one /64); 0: any number
    #[arg(long, env = "STOA_RATE_PER_ADDRESS", default_value_t = Rates::PER_ADDRESS)]
    pub rate_per_address: u32,
    /// How many orders this node places at once; what is beyond is refused with 503
    #[arg(long, env = "STOA_ORDERS_AT_ONCE", default_value_t = ORDERS_AT_ONCE,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub orders_at_once: u32,
}

/// How many orders a node places at once, unless the operator says otherwise.
const ORDERS_AT_ONCE: u32 = 32;

impl AccessFlags {
    /// Where customers' tokens come from, if they are taken.
    pub fn tokens(&self) -> Result<Option<Source>, BadSource> {
        let (issuer, audience) = (self.jwt_issuer.as_deref(), self.jwt_audience.as_deref());
        match (self.jwks.as_deref(), issuer, audience) {
            (None, None, None) => Ok(None),
            (Some(place), Some(issuer), Some(audience)) => {
                Source::new(place, issuer, audience).map(Some)
            }
            _ => Err(BadSource::Alone),
        }
    }

    /// How often who may call.
    pub fn rates(&self) -> Rates {
        Rates {
            key: self.rate_per_key,
            customer: self.rate_per_customer,
            address: self.rate_per_address,
        }
    }
}
