//! Webhooks: each event to the endpoint, signed (<https://docs.stripe.com/webhooks>), as late, as
//! often and as wrong as the knobs say. Stripe tries for three days; this tries ten times in about
//! two minutes.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use parking_lot::Mutex;
use reqwest::{Certificate, Client};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::knobs::Delivery;
use crate::model::Event;
use crate::render;

/// How long each attempt waits after the one before it, in milliseconds.
const WAITS_MS: [u64; 10] = [0, 100, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000];
/// How long an attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// How much later a reordered one comes, in milliseconds.
const REORDERED_MS: u64 = 300;

/// Where webhooks go: one endpoint, at several URLs perhaps, as behind a load balancer that passes
/// on to the next what one does not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its URL, or several with commas between.
    pub url: String,
    /// What they are signed with: `whsec_…`
    pub secret: String,
}

/// Sends webhooks.
#[derive(Debug)]
pub struct Hooks {
    endpoint: Mutex<Option<Arc<Endpoint>>>,
    client: Client,
    tasks: TaskTracker,
}

impl Hooks {
    /// Sends to nobody yet, and trusts these CAs, PEM, beside the public ones.
    pub fn new(ca: Option<&[u8]>) -> std::io::Result<Self> {
        let mut client = Client::builder().no_proxy();
        for ca in ca
            .map(Certificate::from_pem_bundle)
            .transpose()
            .map_err(std::io::Error::other)?
            .into_iter()
            .flatten()
        {
            client = client.add_root_certificate(ca);
        }
        let client = client.build().map_err(std::io::Error::other)?;
        Ok(Self { endpoint: Mutex::default(), client, tasks: TaskTracker::new() })
    }

    /// Sends to this endpoint from now on, or to none.
    pub fn send_to(&self, endpoint: Option<Endpoint>) {
        *self.endpoint.lock() = endpoint.map(Arc::new);
    }

    /// Sends an event, or does not.
    pub fn send(&self, event: &Event, delivery: Delivery) {
        let Some(endpoint) = self.endpoint.lock().clone() else { return };
        let body = render::event(event).to_string();
        let reordered = if delivery.swapped { REORDERED_MS } else { 0 };
        let late = Duration::from_millis(delivery.late_ms.saturating_add(reordered));
        for _ in 0..delivery.times {
            let (client, endpoint, body) = (self.client.clone(), endpoint.clone(), body.clone());
            self.tasks.spawn(async move {
                if !late.is_zero() {
                    sleep(late).await;
                }
                if delivery.forged {
                    let forged = signature("whsec_forged", &body, clock::now_s());
                    let url = endpoint.url.split(',').next().unwrap_or_default();
                    let _answer = post(&client, url, &body, &forged).await;
                }
                deliver(&client, &endpoint, &body).await;
            });
        }
    }
}

async fn deliver(client: &Client, endpoint: &Endpoint, body: &str) {
    let urls = endpoint.url.split(',').map(str::trim).cycle();
    for (wait, url) in WAITS_MS.into_iter().zip(urls) {
        if wait > 0 {
            sleep(Duration::from_millis(wait)).await;
        }
        let signature = signature(&endpoint.secret, body, clock::now_s());
        if post(client, url, body, &signature).await {
            return;
        }
    }
    tracing::warn!(url = endpoint.url, "a webhook was given up");
}

async fn post(client: &Client, url: &str, body: &str, signature: &str) -> bool {
    let sent = client
        .post(url)
        .timeout(ATTEMPT)
        .header("content-type", "application/json; charset=utf-8")
        .header("stripe-signature", signature)
        .body(body.to_owned())
        .send()
        .await;
    sent.is_ok_and(|answer| answer.status().is_success())
}

/// What `Stripe-Signature` says of a body.
pub fn signature(secret: &str, body: &str, now: u64) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{now}.{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={now},v1={hex}")
}
