//! How requests go to Stripe: connections that are used again, a deadline for each attempt, and the
//! key of the call with each of them. async-stripe's own client keeps no connection and no time.
//!
//! A call that is repeated under its key has the same body to the byte, whichever node makes it:
//! Stripe compares the two.

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
    /// A 5xx that was remembered with the key: it will be the answer for as long as the key is.
    Replayed(StatusCode),
    /// Nobody knows what became of it.
    Unknown(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status, _) => write!(f, "refused with {status}"),
            Self::Replayed(status) => write!(f, "{status}, as before"),
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

    fn request(&self, call: CustomizedStripeRequest) -> RequestBuilder {
        let (call, wishes) = call.into_pieces();
        self.http(call, wishes.request_strategy)
    }

    fn http(
        &self,
        call: stripe_client_core::RequestBuilder,
        strategy: Option<RequestStrategy>,
    ) -> RequestBuilder {
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
        if let Some(RequestStrategy::Idempotent(key)) = strategy {
            request = request.header("idempotency-key", key.as_str());
        }
        match call.body {
            Some(form) => {
                let form = in_order(&form);
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
            }
            None => request,
        }
    }
}

impl StripeClient for Calls {
    type Err = Failed;

    async fn execute(&self, call: CustomizedStripeRequest) -> Result<Bytes, Failed> {
        let request = self.request(call);
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

/// A form with its fields in the order of their names. Metadata comes from a hash map, so its order
/// is another one in each process, and in each call.
fn in_order(form: &str) -> String {
    let mut fields: Vec<&str> = form.split('&').collect();
    // Fields of one name are the places of a list: those stay as they are.
    fields.sort_by_key(|field| field.split('=').next().unwrap_or_default());
    fields.join("&")
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
    let replayed = answer.headers().get("idempotent-replayed").is_some_and(|it| it == "true");
    if replayed && status.is_server_error() {
        return Ok(Failed::Replayed(status));
    }
    let body = answer.bytes().await.map_err(|error| unknown(&error))?;
    let text = std::str::from_utf8(&body).map_err(|error| unknown(&error))?;
    let said: stripe_shared::Error = miniserde::json::from_str(text)
        .map_err(|_| unknown(&format_args!("{status} without a reason")))?;
    Ok(Failed::Refused(status, said.error))
}

fn unknown(why: &dyn fmt::Display) -> Failed {
    Failed::Unknown(why.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use engine_core::{Currency, Money, OrderId, Slot};
    use stripe_client_core::StripeRequest as _;

    use super::super::creation;
    use super::*;

    /// Each map of a process has a hasher of its own, as each process has.
    #[test]
    fn a_call_has_the_same_body_each_time() {
        let calls = Calls::new("http://127.0.0.1:1".parse().unwrap(), "sk_test".into()).unwrap();
        let price = Money { amount: 2_999, currency: Currency::USD };
        let order = OrderId { slot: Slot(7), hash: 9 };
        let (mut made, mut sent) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..200 {
            let request = creation(price, order, "shop").unwrap().build();
            made.insert(request.body.clone().unwrap());
            let request = calls.http(request, None).build().unwrap();
            sent.insert(request.body().unwrap().as_bytes().unwrap().to_vec());
        }
        assert!(made.len() > 1, "the library's order is fixed: this test shows nothing");
        assert_eq!(sent.len(), 1);
        let sent = String::from_utf8(sent.pop_first().unwrap()).unwrap();
        let sent = sent.replace("%5B", "[").replace("%5D", "]");
        let wanted = format!(
            "allowed_payment_method_types[0]=card&amount=2999&capture_method=manual&currency=usd\
             &metadata[stoa_cluster]=shop&metadata[stoa_order]={order}"
        );
        assert_eq!(sent, wanted);
    }

    #[test]
    fn places_of_a_list_stay_as_they_are() {
        assert_eq!(in_order("b[]=2&a=1&b[]=1&c"), "a=1&b[]=2&b[]=1&c");
        assert_eq!(in_order(""), "");
    }
}
