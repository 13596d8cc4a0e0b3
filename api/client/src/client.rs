//! A typed client of one node. It retries nothing: who calls knows what a second try means.

mod search;
mod stock;

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, ETAG, HeaderMap, HeaderValue, IF_MATCH, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::*;

/// How long a call may take unless the caller says otherwise, in milliseconds.
const TIMEOUT_MS: u64 = 10_000;
/// How long connecting may take, in milliseconds.
const CONNECT_TIMEOUT_MS: u64 = 2_000;
/// How much longer than `Prefer: wait` the client waits, in milliseconds.
pub(crate) const WAIT_MARGIN_MS: u64 = 5_000;
/// How long an audit may take, in milliseconds.
const AUDIT_TIMEOUT_MS: u64 = 300_000;

/// Where endpoints of webhooks are.
const ENDPOINTS: &str = "/v1/webhook-endpoints";

/// A client of one node.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    pub(crate) timeout: Duration,
    credentials: Option<HeaderValue>,
}

/// An answer and what its headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The body.
    pub body: T,
    /// As of when it was true, in Unix milliseconds.
    pub as_of_ms: Option<u64>,
    /// Where it stood in the logs; pass it on to read what you have written.
    pub token: Option<String>,
    /// The version tag, with its quotes.
    pub etag: Option<String>,
    /// The answer is that of an earlier request with this idempotency key.
    pub replayed: bool,
}

impl Client {
    /// A client of the node at `base`, e.g. `http://127.0.0.1:7001`.
    pub fn new(base: &str) -> Result<Self, Error> {
        let http = builder().build()?;
        let base = base.trim_end_matches('/').to_owned();
        let timeout = Duration::from_millis(TIMEOUT_MS);
        Ok(Self { http, base, timeout, credentials: None })
    }

    /// The same client with another deadline for each call.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same client trusting these CAs, PEM, beside the public ones.
    pub fn with_ca(mut self, pem: &[u8]) -> Result<Self, Error> {
        let unusable = |error: reqwest::Error| Error::Ca(error.to_string());
        let cas = reqwest::Certificate::from_pem_bundle(pem).map_err(unusable)?;
        if cas.is_empty() {
            return Err(Error::Ca("there is no certificate (PEM) in it".to_owned()));
        }
        let trusting = cas.into_iter().fold(builder(), |it, ca| it.add_root_certificate(ca));
        self.http = trusting.build().map_err(unusable)?;
        Ok(self)
    }

    /// The same client showing an API key, a customer's token or a guest's with each call.
    pub fn with_credentials(mut self, token: &str) -> Result<Self, Error> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Error::Credentials)?;
        value.set_sensitive(true);
        self.credentials = Some(value);
        Ok(self)
    }

    /// Where the node is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET` of any path, with any headers: what the typed calls are made of.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer<T>, Error> {
        answer(with(self.request(Method::GET, path), headers)).await
    }

    /// A request with a body and any headers: what the typed calls are made of.
    pub async fn send<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &B,
    ) -> Result<Answer<T>, Error> {
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|error| Error::Unreadable { status: 0, why: error.to_string() })?;
        answer(with(self.request(method, path), headers).json(body)).await
    }

    /// Creates a product. With a key, a retry creates no second one.
    pub async fn create_product(
        &self,
        key: Option<&str>,
        product: &NewProduct,
    ) -> Result<Answer<Product>, Error> {
        self.post("/v1/products", key, product).await
    }

    /// A product, from the asked node's replica.
    pub async fn product(&self, id: &str) -> Result<Answer<Product>, Error> {
        self.get(&format!("/v1/products/{id}"), &[]).await
    }

    /// A page of products in the order of their ids.
    pub async fn products(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<Product>>, Error> {
        self.page("/v1/products", &[], limit, cursor).await
    }

    /// Changes a product whose version the caller saw.
    pub async fn update_product(
        &self,
        id: &str,
        version: u64,
        patch: &PatchProduct,
    ) -> Result<Answer<Product>, Error> {
        let request = self.request(Method::PATCH, &format!("/v1/products/{id}"));
        answer(request.header(IF_MATCH, format!("\"{version}\"")).json(patch)).await
    }

    /// Archives a product whose version the caller saw.
    pub async fn archive_product(&self, id: &str, version: u64) -> Result<Answer<Product>, Error> {
        let request = self.request(Method::DELETE, &format!("/v1/products/{id}"));
        answer(request.header(IF_MATCH, format!("\"{version}\""))).await
    }

    /// Creates a collection. With a key, a retry creates no second one.
    pub async fn create_collection(
        &self,
        key: Option<&str>,
        collection: &NewCollection,
    ) -> Result<Answer<Collection>, Error> {
        self.post("/v1/collections", key, collection).await
    }

    /// A page of collections in the order of their ids.
    pub async fn collections(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<Collection>>, Error> {
        self.page("/v1/collections", &[], limit, cursor).await
    }

    /// Places an order. `wait` answers once its payment is decided or the seconds are over.
    pub async fn place_order(
        &self,
        key: &str,
        order: &NewOrder,
        wait: Option<u32>,
    ) -> Result<Answer<Order>, Error> {
        let mut request = self.request(Method::POST, "/v1/orders");
        if let Some(seconds) = wait {
            let deadline = u64::from(seconds) * 1_000 + WAIT_MARGIN_MS;
            request = request.header("prefer", format!("wait={seconds}"));
            request = request.timeout(self.timeout.max(Duration::from_millis(deadline)));
        }
        answer(request.header(header::IDEMPOTENCY_KEY, key).json(order)).await
    }

    /// An order, from the asked node's replica.
    pub async fn order(&self, id: &str) -> Result<Answer<Order>, Error> {
        self.get(&format!("/v1/orders/{id}"), &[]).await
    }

    /// What happened to an order, oldest first.
    pub async fn order_history(&self, id: &str) -> Result<Answer<List<OrderTransition>>, Error> {
        self.get(&format!("/v1/orders/{id}/history"), &[]).await
    }

    /// A page of a customer's orders, newest first.
    pub async fn orders(
        &self,
        customer_id: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<Order>>, Error> {
        self.page("/v1/orders", &[("customer_id", customer_id)], limit, cursor).await
    }

    /// Cancels an order.
    pub async fn cancel_order(&self, key: Option<&str>, id: &str) -> Result<Answer<Order>, Error> {
        let request = self.request(Method::POST, &format!("/v1/orders/{id}/cancel"));
        answer(keyed(request, key)).await
    }

    /// The cluster as the asked node sees it.
    pub async fn cluster_status(&self) -> Result<ClusterStatus, Error> {
        Ok(self.get("/v1/cluster/status", &[]).await?.body)
    }

    /// What the asked node says of itself.
    pub async fn node_self(&self) -> Result<NodeSelf, Error> {
        Ok(self.get("/v1/cluster/self", &[]).await?.body)
    }

    /// Makes the first key, which may do everything, if there is none yet: from the node's own
    /// machine only.
    pub async fn init(&self) -> Result<ShownKey, Error> {
        Ok(answer(self.request(Method::POST, "/v1/cluster/init")).await?.body)
    }

    /// Creates an API key. Its secret is in the answer, and never again.
    pub async fn create_key(&self, key: Option<&str>, new: &NewKey) -> Result<ShownKey, Error> {
        Ok(self.post("/v1/keys", key, new).await?.body)
    }

    /// An API key, without its secret.
    pub async fn key(&self, id: &str) -> Result<Answer<ApiKey>, Error> {
        self.get(&format!("/v1/keys/{id}"), &[]).await
    }

    /// A page of API keys in the order of their ids.
    pub async fn keys(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<ApiKey>>, Error> {
        self.page("/v1/keys", &[], limit, cursor).await
    }

    /// Gives a key a new secret.
    pub async fn rotate_key(&self, id: &str, rotate: &RotateKey) -> Result<ShownKey, Error> {
        Ok(self.post(&format!("/v1/keys/{id}/rotate"), None, rotate).await?.body)
    }

    /// Revokes a key for good.
    pub async fn revoke_key(&self, id: &str) -> Result<ApiKey, Error> {
        let request = self.request(Method::POST, &format!("/v1/keys/{id}/revoke"));
        Ok(answer(request).await?.body)
    }

    /// A new guest.
    pub async fn create_guest(&self) -> Result<Guest, Error> {
        Ok(answer(self.request(Method::POST, "/v1/guests")).await?.body)
    }

    /// Hands the leadership of a shard to a node.
    pub async fn transfer_leader(&self, transfer: &TransferLeader) -> Result<ClusterShard, Error> {
        let answer = self.post("/v1/cluster/leaders/transfer", None, transfer).await?;
        Ok(answer.body)
    }

    /// Checks every invariant over all shards.
    pub async fn audit(&self) -> Result<Audit, Error> {
        let request = self.request(Method::GET, "/v1/audit");
        Ok(answer(request.timeout(Duration::from_millis(AUDIT_TIMEOUT_MS))).await?.body)
    }

    /// A page of the audit trail.
    pub async fn audit_trail(&self, query: &TrailQuery) -> Result<Answer<List<TrailRow>>, Error> {
        answer(self.request(Method::GET, "/v1/audit-trail").query(query)).await
    }

    /// Creates an endpoint that is told of events. Its secret is in the answer.
    pub async fn create_webhook(
        &self,
        key: Option<&str>,
        new: &NewWebhookEndpoint,
    ) -> Result<ShownWebhookEndpoint, Error> {
        Ok(self.post(ENDPOINTS, key, new).await?.body)
    }

    /// An endpoint, without its secret.
    pub async fn webhook(&self, id: &str) -> Result<Answer<WebhookEndpoint>, Error> {
        self.get(&format!("{ENDPOINTS}/{id}"), &[]).await
    }

    /// A page of endpoints in the order of their ids.
    pub async fn webhooks(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<WebhookEndpoint>>, Error> {
        self.page(ENDPOINTS, &[], limit, cursor).await
    }

    /// Changes an endpoint whose version the caller saw.
    pub async fn update_webhook(
        &self,
        id: &str,
        version: u64,
        patch: &PatchWebhookEndpoint,
    ) -> Result<Answer<WebhookEndpoint>, Error> {
        let request = self.request(Method::PATCH, &format!("{ENDPOINTS}/{id}"));
        answer(request.header(IF_MATCH, format!("\"{version}\"")).json(patch)).await
    }

    /// Deletes an endpoint whose version the caller saw, with all that it has not taken.
    pub async fn delete_webhook(&self, id: &str, version: u64) -> Result<WebhookEndpoint, Error> {
        let request = self.request(Method::DELETE, &format!("{ENDPOINTS}/{id}"));
        Ok(answer(request.header(IF_MATCH, format!("\"{version}\""))).await?.body)
    }

    /// Gives an endpoint a new secret.
    pub async fn rotate_webhook_secret(
        &self,
        id: &str,
        rotate: &RotateWebhookSecret,
    ) -> Result<ShownWebhookEndpoint, Error> {
        Ok(self.post(&format!("{ENDPOINTS}/{id}/rotate-secret"), None, rotate).await?.body)
    }

    /// A page of what an endpoint has never taken.
    pub async fn dead_letters(
        &self,
        id: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<DeadLetter>>, Error> {
        self.page(&format!("{ENDPOINTS}/{id}/dead-letters"), &[], limit, cursor).await
    }

    /// Sends what an endpoint has never taken once more.
    pub async fn replay_dead_letters(&self, id: &str) -> Result<ReplayedWebhooks, Error> {
        let request = self.request(Method::POST, &format!("{ENDPOINTS}/{id}/replay"));
        Ok(answer(request).await?.body)
    }

    /// The node is ready to serve.
    pub async fn ready(&self) -> Result<(), Error> {
        let response = self.request(Method::GET, "/readyz").send().await?;
        checked(response).await.map(|_| ())
    }

    /// Counts, times and levels of the node, as Prometheus reads them.
    pub async fn metrics(&self) -> Result<String, Error> {
        let response = self.request(Method::GET, "/metrics").send().await?;
        Ok(checked(response).await?.text().await?)
    }

    pub(crate) async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        key: Option<&str>,
        body: &B,
    ) -> Result<Answer<T>, Error> {
        answer(keyed(self.request(Method::POST, path), key).json(body)).await
    }

    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Answer<List<T>>, Error> {
        let mut request = self.request(Method::GET, path).query(query).query(&[("limit", limit)]);
        if let Some(cursor) = cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        answer(request).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match &self.credentials {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        };
        request.timeout(self.timeout)
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tcp_nodelay(true)
        .connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS))
        .no_proxy()
}

pub(crate) fn keyed(request: RequestBuilder, key: Option<&str>) -> RequestBuilder {
    match key {
        Some(key) => request.header(header::IDEMPOTENCY_KEY, key),
        None => request,
    }
}

fn with(mut request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
}

pub(crate) async fn answer<T: DeserializeOwned>(
    request: RequestBuilder,
) -> Result<Answer<T>, Error> {
    let response = checked(request.send().await?).await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes)
        .map_err(|error| Error::Unreadable { status, why: error.to_string() })?;
    Ok(Answer {
        body,
        as_of_ms: text(&headers, header::AS_OF).and_then(|as_of| as_of.parse().ok()),
        token: text(&headers, header::TOKEN),
        etag: text(&headers, ETAG.as_str()),
        replayed: text(&headers, header::IDEMPOTENT_REPLAYED).as_deref() == Some("true"),
    })
}

async fn checked(response: Response) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = text(response.headers(), RETRY_AFTER.as_str())
        .and_then(|seconds| seconds.parse().ok())
        .map(Duration::from_secs);
    let bytes = response.bytes().await?;
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => Err(Error::Problem { problem: Box::new(problem), retry_after }),
        Err(error) => Err(unreadable(status, &error)),
    }
}

fn unreadable(status: StatusCode, error: &serde_json::Error) -> Error {
    Error::Unreadable { status: status.as_u16(), why: error.to_string() }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
