//! Why a measurement could not be made. What it measured and found wrong is a report, not a
//! failure.

use crate::http::{AskError, HttpError};

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line asks for what does not go together.
    #[error("{0}")]
    Usage(String),
    /// The cluster did not come up, or did not do what it was told.
    #[error("cluster: {0}")]
    Cluster(String),
    /// A node did not answer a question of the harness.
    #[error("{what}: {error}")]
    Ask {
        /// Which question.
        what: String,
        /// What came instead of an answer.
        error: AskError,
    },
    /// A connection failed.
    #[error("connection: {0}")]
    Http(#[from] HttpError),
    /// A file or a process.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The baskets cannot be read.
    #[error("baskets: {0}")]
    Csv(#[from] csv::Error),
    /// A document cannot be read or written.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// The peer failed.
    #[error("postgres: {}", describe(.0))]
    Peer(#[from] tokio_postgres::Error),
    /// A client ended early.
    #[error("a client ended early: {0}")]
    Client(#[from] tokio::task::JoinError),
}

impl Failure {
    /// Says which question had no answer.
    pub(crate) fn ask(what: impl Into<String>) -> impl FnOnce(AskError) -> Self {
        let what = what.into();
        move |error| Self::Ask { what, error }
    }
}

/// The driver's own text leaves out what the server said.
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => format!("{server}"),
        None => error.to_string(),
    }
}
