//! How requests go to Stripe: connections that are used again, a deadline for each attempt, and the
//! key of the call with each of them. async-stripe's own client keeps no connection and no time.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url};
use stripe_client_core::{
    CustomizedStripeRequest, RequestStrategy, StripeClient, StripeClientErr, StripeMethod,
};
use stripe_shared::ApiErrors;
use tokio::time::sleep;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(8);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How often a call is made in all, where Stripe says that it did nothing.
const ATTEMPTS: u32 = 3;
/// How long to wait before the second attempt; twice as long before each further one.
const WAIT: Duration = Duration::from_millis(500);
/// The longest wait that Stripe may ask for.
const WAIT_MAX: Duration = Duration::from_secs(4);

/// Why there is no answer.
#[derive(Debug)]
pub enum Failed {
    /// Stripe refused, with this status.
    Refused(StatusCode, Box<ApiErrors>),
    /// Nobody knows what became of it.
    Unknown(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status, _) => write!(f, "refused with {status}"),
            Self::Unknown(why) => f.write_str(why),
        }
    }
}

impl StripeClientErr for Failed {
    fn deserialize_err(why: impl fmt::Display) -> Self {
        Self::Unknown(format!("the answer cannot be read: {why}"))
    }
}

/// Makes calls.
pub struct Calls {
    http: Client,
    base: Url,
    secret: String,
}

impl Calls {
    /// To an address, with a secret or restricted key.
    pub fn new(base: Url, secret: String) -> Result<Self, reqwest::Error> {
        let mut http = Client::builder().connect_timeout(CONNECT).timeout(ATTEMPT);
        if is_here(&base) {
            http = http.no_proxy();
        }
        Ok(Self { http: http.build()?, base, secret })
    }

    fn request(&self, call: CustomizedStripeRequest) -> Result<RequestBuilder, Failed> {
        let (call, wishes) = call.into_pieces();
        let mut url = self.base.clone();
        url.set_path(&format!("{}/v1{}", self.base.path().trim_end_matches('/'), call.path));
        url.set_query(call.query.as_deref());
        let request = match call.method {
            StripeMethod::Get => self.http.get(url),
            StripeMethod::Post => self.http.post(url),
            StripeMethod::Delete => self.http.delete(url),
        };
        let mut request = request
            .bearer_auth(&self.secret)
            .header("stripe-version", stripe_shared::version::VERSION.as_str());
        if let Some(RequestStrategy::Idempotent(key)) = wishes.request_strategy {
            request = request.header("idempotency-key", key.as_str());
        }
        Ok(match call.body {
            Some(form) => {
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
            }
            None => request,
        })
    }
}

impl StripeClient for Calls {
    type Err = Failed;

    async fn execute(&self, call: CustomizedStripeRequest) -> Result<Bytes, Failed> {
        let request = self.request(call)?;
        let mut wait = WAIT;
        for attempt in 1.. {
            let this = request.try_clone().ok_or_else(|| unknown(&"a body of unknown length"))?;
            let answer = this.send().await.map_err(|error| unknown(&error))?;
            let status = answer.status();
            if status.is_success() {
                return answer.bytes().await.map_err(|error| unknown(&error));
            }
            let after = asked_wait(&answer).unwrap_or(wait).min(WAIT_MAX);
            let refused = refusal(status, answer).await?;
            if attempt >= ATTEMPTS || !did_nothing(&refused) {
                return Err(refused);
            }
            sleep(after.mul_f64(1.0 + rand::random::<f64>() / 2.0)).await;
            wait = wait.saturating_mul(2);
        }
        Err(unknown(&"no attempt"))
    }
}

/// Whether an address is this machine's, which no proxy leads to.
fn is_here(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default();
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether Stripe says that it has done nothing, and may do it later.
fn did_nothing(failed: &Failed) -> bool {
    let Failed::Refused(status, error) = failed else { return false };
    let in_use = error.code.as_ref().is_some_and(|it| it.as_str() == "idempotency_key_in_use");
    *status == StatusCode::TOO_MANY_REQUESTS || *status == StatusCode::CONFLICT && in_use
}

fn asked_wait(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What Stripe says against it. An answer that says nothing that can be read is no refusal.
async fn refusal(status: StatusCode, answer: Response) -> Result<Failed, Failed> {
    let body = answer.bytes().await.map_err(|error| unknown(&error))?;
    let text = std::str::from_utf8(&body).map_err(|error| unknown(&error))?;
    let said: stripe_shared::Error = miniserde::json::from_str(text)
        .map_err(|_| unknown(&format_args!("{status} without a reason")))?;
    Ok(Failed::Refused(status, said.error))
}

fn unknown(why: &dyn fmt::Display) -> Failed {
    Failed::Unknown(why.to_string())
}
