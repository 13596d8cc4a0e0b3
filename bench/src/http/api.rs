//! Questions of the harness itself, outside the measured path: typed, one connection each, patient.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::connection::{Connection, HttpError};
use super::request::{self, Post};

/// How long the harness waits for one answer. An audit reads every row there is.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// How long a patient question waits before it is asked again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Why a question has no answer of the type that was wanted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// There was no answer.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// The answer was an error.
    #[error("status {status}: {body}")]
    Status {
        /// Its status.
        status: u16,
        /// Its body.
        body: String,
    },
    /// The answer has another shape.
    #[error("an answer of another shape: {0}")]
    Shape(#[from] serde_json::Error),
}

/// A node, for questions that are not measured.
#[derive(Debug)]
pub(crate) struct Api {
    addr: SocketAddr,
    connection: Option<Connection>,
    request: Vec<u8>,
}

impl Api {
    /// A node by its address. It connects when it is first asked.
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { addr, connection: None, request: Vec::new() }
    }

    /// GETs a JSON document.
    pub(crate) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, AskError> {
        request::get(&mut self.request, path);
        Ok(serde_json::from_slice(&self.exchange().await?.1)?)
    }

    /// GETs a JSON document of a cluster that may be busy or without a leader for a moment: asks
    /// again until there is an answer, for at most so long.
    pub(crate) async fn get_patiently<T: DeserializeOwned>(
        &mut self,
        path: &str,
        within: Duration,
    ) -> Result<T, AskError> {
        let begun = Instant::now();
        loop {
            match self.get(path).await {
                Err(error) if begun.elapsed() < within && !matches!(error, AskError::Shape(_)) => {
                    tokio::time::sleep(ASK_AGAIN_AFTER).await;
                }
                answered => return answered,
            }
        }
    }

    /// POSTs a JSON document; says whether the answer is an earlier one's.
    pub(crate) async fn post<T: DeserializeOwned>(
        &mut self,
        route: Post<'_>,
        body: &impl Serialize,
    ) -> Result<(bool, T), AskError> {
        request::post(&mut self.request, route, &serde_json::to_vec(body)?);
        let (replayed, answer) = self.exchange().await?;
        Ok((replayed, serde_json::from_slice(&answer)?))
    }

    /// Whether a GET is answered with a success.
    pub(crate) async fn is_ok(&mut self, path: &str) -> bool {
        request::get(&mut self.request, path);
        self.exchange().await.is_ok()
    }

    /// Sends a prepared request: status, whether the answer is an earlier one's, and body.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<(u16, bool, Vec<u8>), HttpError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.addr).await?,
        };
        let answered = tokio::time::timeout(ANSWER_WITHIN, connection.send(request)).await;
        let response = answered.map_err(|_| HttpError::Timeout)??;
        let (status, replayed, body) = (response.status, response.replayed, response.body.to_vec());
        self.connection = Some(connection);
        Ok((status, replayed, body))
    }

    async fn exchange(&mut self) -> Result<(bool, Vec<u8>), AskError> {
        let request = std::mem::take(&mut self.request);
        let answered = self.send(&request).await;
        self.request = request;
        let (status, replayed, body) = answered?;
        if (200..300).contains(&status) {
            Ok((replayed, body))
        } else {
            let body = String::from_utf8_lossy(&body).into_owned();
            Err(AskError::Status { status, body })
        }
    }
}
