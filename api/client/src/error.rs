//! Why a call did not give what was asked for.

use std::time::Duration;

use crate::problem::Problem;

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The node answered with a problem.
    #[error("{}: {}", problem.code, problem.detail)]
    Problem {
        /// The document.
        problem: Box<Problem>,
        /// How long to wait before the next try, if the node said so.
        retry_after: Option<Duration>,
    },
    /// The key or token cannot be sent: it has characters that no header takes.
    #[error("the API key or token has characters that cannot be sent; copy it once more")]
    Credentials,
    /// The CA to trust is not one.
    #[error("the CA cannot be used: {0}")]
    Ca(String),
    /// Nobody listens there: the request was not sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// No answer in time: the request may have been carried out.
    #[error("no answer in time: {0}")]
    Timeout(String),
    /// The connection broke: the request may have been carried out.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is not what this client understands.
    #[error("an answer that is not understood (status {status}): {why}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        why: String,
    },
}

impl Error {
    /// The problem's code, if the node answered with one.
    pub fn code(&self) -> Option<&str> {
        self.problem().map(|problem| problem.code.as_str())
    }

    /// The problem, if the node answered with one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// The same call may succeed later (a POST: under the same idempotency key).
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Problem { problem, .. } => problem.retryable,
            Self::Connect(_) | Self::Timeout(_) | Self::Broken(_) => true,
            Self::Unreadable { .. } | Self::Credentials | Self::Ca(_) => false,
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        if error.is_connect() {
            Self::Connect(text)
        } else if error.is_timeout() {
            Self::Timeout(text)
        } else {
            Self::Broken(text)
        }
    }
}
