//! Runs searches off the I/O threads: a bounded number at once, a bounded number waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine_search::{Hits, Query, SearchError, SearchIndex};
use tokio::sync::Semaphore;

use crate::errors::{Code, Error};

/// The most searches that wait for their turn: beyond, the node sheds load.
const WAITING_MAX: usize = 512;

/// Runs searches.
pub struct SearchPool {
    index: Arc<SearchIndex>,
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// One that waits, for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl SearchPool {
    /// A pool that runs as many searches at once as there are processors.
    pub fn new(index: Arc<SearchIndex>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let turns = Arc::new(Semaphore::new(processors));
        Self { index, turns, waiting: AtomicUsize::new(0) }
    }

    /// The index itself, for what takes longer than a search.
    pub fn index(&self) -> Arc<SearchIndex> {
        self.index.clone()
    }

    /// Runs a search when its turn comes.
    pub async fn run(&self, query: Query) -> Result<Hits, Error> {
        self.with(move |index| Ok(index.search(&query)?)).await
    }

    /// Does something with the index when its turn comes.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SearchIndex) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        if before >= WAITING_MAX {
            return Err(Error::new(Code::Overloaded, "too many searches wait; try again soon"));
        }
        let turn = self.turns.clone().acquire_owned().await.map_err(Error::fault)?;
        drop(waiting);
        let index = self.index.clone();
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&index);
            drop(turn);
            done
        });
        done.await.map_err(Error::fault)?
    }
}

impl From<SearchError> for Error {
    fn from(error: SearchError) -> Self {
        let about = |code, param| Self::about(code, param, error.to_string());
        match &error {
            SearchError::TextTooLong => about(Code::OutOfRange, "q"),
            SearchError::LimitTooLarge | SearchError::TooManyCompletions => {
                about(Code::OutOfRange, "limit")
            }
            SearchError::TooManyFacets => about(Code::OutOfRange, "facets"),
            SearchError::CursorExpired => about(Code::CursorExpired, "cursor"),
            SearchError::BadCursor(_) => about(Code::InvalidParameter, "cursor"),
            SearchError::Failed(what) => Self::fault(what),
        }
    }
}
