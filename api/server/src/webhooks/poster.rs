//! One attempt: a signed POST, and what came of it.

use std::error::Error as _;
use std::time::Duration;

use axum::http::HeaderMap;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::Client;
use reqwest::redirect::Policy;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use super::guard::{Guard, Refused};

/// How long an attempt may take in all.
const ATTEMPT: Duration = Duration::from_secs(15);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next delivery.
const IDLE: Duration = Duration::from_secs(30);
/// How many connections are kept for one host.
const IDLE_PER_HOST: usize = 8;
/// How much of an answer is read, in bytes, so that its connection can be used again.
const ANSWER_BYTES_MAX: usize = 16 << 10;
/// Who calls.
const AGENT: &str = concat!("Stoa/", env!("CARGO_PKG_VERSION"));

/// A message, signed.
pub struct Message {
    /// `webhook-id`
    pub id: String,
    /// `webhook-timestamp`, in Unix seconds.
    pub at_s: i64,
    /// `webhook-signature`: one for each secret that signs now.
    pub signatures: String,
    /// The text that was signed.
    pub body: String,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was taken (2xx).
    Taken,
    /// The endpoint wants no more (410).
    Gone,
    /// Webhooks may not go there.
    Refused,
    /// Anything else.
    Failed {
        /// What it was answered with, if it was.
        status: Option<u16>,
        /// For how long the endpoint asks to be left alone.
        after: Option<Duration>,
    },
}

impl Answer {
    /// Its name, as a label.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Taken => "delivered",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Sends messages.
pub struct Poster {
    guard: Guard,
    tls: Client,
    plain: Client,
}

impl Poster {
    /// One that goes where the guard lets it.
    pub fn new(guard: Guard) -> Result<Self, reqwest::Error> {
        let client = |tls: bool| {
            Client::builder()
                .dns_resolver(guard.resolver(tls))
                .https_only(tls)
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .user_agent(AGENT)
                .tcp_nodelay(true)
                .connect_timeout(CONNECT)
                .timeout(ATTEMPT)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(IDLE_PER_HOST)
                .build()
        };
        Ok(Self { tls: client(true)?, plain: client(false)?, guard })
    }

    /// Sends a message to a URL, once.
    pub async fn post(&self, url: &str, message: Message) -> Answer {
        // What may be reached can have changed since the URL was written.
        let Ok(url) = self.guard.url(url) else { return Answer::Refused };
        let client = if url.scheme() == "https" { &self.tls } else { &self.plain };
        let sent = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, message.id)
            .header(HEADER_WEBHOOK_TIMESTAMP, message.at_s)
            .header(HEADER_WEBHOOK_SIGNATURE, message.signatures)
            .body(message.body)
            .send()
            .await;
        match sent {
            Ok(mut response) => {
                let answer = judged(response.status(), response.headers());
                let mut read = 0;
                while let Ok(Some(chunk)) = response.chunk().await {
                    read += chunk.len();
                    if read > ANSWER_BYTES_MAX {
                        break;
                    }
                }
                answer
            }
            Err(error) if is_refused(&error) => Answer::Refused,
            Err(_) => Answer::Failed { status: None, after: None },
        }
    }
}

fn judged(status: StatusCode, headers: &HeaderMap) -> Answer {
    if status.is_success() {
        return Answer::Taken;
    }
    if status == StatusCode::GONE {
        return Answer::Gone;
    }
    let asks = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
    let after = headers.get(RETRY_AFTER).filter(|_| asks).and_then(|text| text.to_str().ok());
    let after = after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    Answer::Failed { status: Some(status.as_u16()), after }
}

/// Whether the guard has refused the address.
fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<Refused>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged_by_their_status() {
        let with = |after: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            headers
        };
        let failed = |status: u16, after: Option<u64>| Answer::Failed {
            status: Some(status),
            after: after.map(Duration::from_secs),
        };
        for (status, headers, answer) in [
            (200, HeaderMap::new(), Answer::Taken),
            (204, HeaderMap::new(), Answer::Taken),
            (301, with("5"), failed(301, None)),
            (404, HeaderMap::new(), failed(404, None)),
            (410, HeaderMap::new(), Answer::Gone),
            (429, with("5"), failed(429, Some(5))),
            (503, with(" 7 "), failed(503, Some(7))),
            (503, with("tomorrow"), failed(503, None)),
            (500, with("5"), failed(500, None)),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(judged(status, &headers), answer, "{status}");
        }
    }
}
