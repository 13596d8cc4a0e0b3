//! How a verb ends: an exit code, or a failure that says what to type next.

use std::{fmt::Display, process::ExitCode};

use api_client::Error;

/// A verb's end, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok,
    /// It works, but something is not as it should be.
    Degraded,
    /// It failed.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Ok => Self::from(0),
            Exit::Degraded => Self::from(1),
            Exit::Failed => Self::from(2),
        }
    }
}

/// Why a verb could not do its work.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub what: String,
    /// What to type or to do next.
    pub next: Option<String>,
}

impl Failure {
    /// A failure with its next step.
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: Some(next.into()) }
    }

    /// A failure of the file system.
    pub fn io(path: &std::path::Path, error: impl Display) -> Self {
        Self { what: format!("{}: {error}", path.display()), next: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let next = match &error {
            Error::Connect(_) => Some("stoa demo".into()),
            Error::Problem { problem, .. } if problem.status == 401 => Some(
                "--api-key, or STOA_API_KEY, shows a key; `stoa cluster init` makes the first one"
                    .into(),
            ),
            Error::Problem { problem, .. } if problem.retryable => {
                Some("stoa cluster status".into())
            }
            _ => None,
        };
        Self { what: error.to_string(), next }
    }
}
