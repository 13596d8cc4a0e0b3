//! What can go wrong, in two types: a search that is refused, and an index that cannot be written.
//!
//! Tantivy's errors end here: the caller learns what to do, and reads the cause as text.

use tantivy::TantivyError;
use tantivy::directory::error::{OpenDirectoryError, OpenReadError, OpenWriteError};

use crate::query::{
    ATTRIBUTE_FACETS_MAX, COMPLETIONS_MAX, CURSOR_CHARS_MAX, HITS_MAX, QUERY_CHARS_MAX,
};

/// Why a search has no answer. All but [`SearchError::Failed`] are the caller's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// The text is too long.
    #[error("the search text has more than {QUERY_CHARS_MAX} characters")]
    TextTooLong,
    /// Too many hits were asked for.
    #[error("a page has at most {HITS_MAX} hits")]
    LimitTooLarge,
    /// Too many completions were asked for.
    #[error("there are at most {COMPLETIONS_MAX} completions")]
    TooManyCompletions,
    /// Too many attributes were to be counted.
    #[error("at most {ATTRIBUTE_FACETS_MAX} attributes are counted")]
    TooManyFacets,
    /// The cursor is not one of ours, or belongs to another search.
    #[error("the cursor cannot be used: {0}")]
    BadCursor(BadCursor),
    /// What the first page was answered from is no longer kept, or was never seen here.
    #[error("the pages of this search are no longer kept as the first one saw them; begin again")]
    CursorExpired,
    /// The index could not be read. The cause is in the text.
    #[error("the search index could not be read: {0}")]
    Failed(String),
}

/// What is wrong with a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCursor {
    /// It is longer than any cursor.
    #[error("it has more than {CURSOR_CHARS_MAX} characters")]
    TooLong,
    /// It was not made by a search.
    #[error("it is damaged; take it from `next_cursor` as it is")]
    Damaged,
    /// It was made by another search.
    #[error("it belongs to another search; repeat text, filters and sort as they were")]
    OtherSearch,
}

/// Why the index could not be opened or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Another process has the index open.
    #[error("the search index in {0} is in use by another process")]
    InUse(String),
    /// The disk failed or is full. What was not committed is to be applied again, from
    /// [`crate::Writer::next`]; it can be tried again at any time.
    #[error("the search index could not be {what}: {why}")]
    Failed {
        /// What was tried, e.g. `committed`.
        what: &'static str,
        /// The cause.
        why: String,
    },
}

impl IndexError {
    pub(crate) fn failed(what: &'static str, why: impl ToString) -> Self {
        Self::Failed { what, why: why.to_string() }
    }
}

/// Whether the files themselves are bad, so that only starting anew helps.
pub(crate) fn is_damage(error: &TantivyError) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput, NotFound, UnexpectedEof};
    let bad = |kind| matches!(kind, InvalidData | InvalidInput | NotFound | UnexpectedEof);
    match error {
        TantivyError::IoError(error) => bad(error.kind()),
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => {
            bad(io_error.kind())
        }
        TantivyError::OpenDirectoryError(
            OpenDirectoryError::IoError { io_error, .. }
            | OpenDirectoryError::FailedToCreateTempDir(io_error),
        ) => bad(io_error.kind()),
        TantivyError::OpenWriteError(OpenWriteError::IoError { .. })
        | TantivyError::LockFailure(..)
        | TantivyError::SystemError(_)
        | TantivyError::Poisoned => false,
        _ => true,
    }
}
