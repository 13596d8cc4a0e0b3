//! Pages of a search after the first: which node has seen the first one, and as of when.
//!
//! That node keeps what it was answered from for a while, so that all pages agree; whichever node
//! is asked passes the request on to it.

use std::fmt;

use api_client::{SearchResults, header};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use engine_search::CURSOR_CHARS_MAX;
use hyper::StatusCode;
use raft::NodeId;

use super::cluster::credentials;
use crate::answer;
use crate::errors::{Code, Error};
use crate::http::set;
use crate::state::AppState;
use crate::time::now_ms;

/// Where a page ended.
#[derive(Debug, PartialEq, Eq)]
pub struct PageCursor {
    /// The node that answered the first page.
    pub node: NodeId,
    /// As of when the first page was true, in Unix milliseconds.
    pub as_of_ms: u64,
    /// The index's own cursor.
    pub place: String,
}

impl PageCursor {
    /// Reads what a page's `next_cursor` said.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parts = || {
            let (node, rest) = text.split_once('-')?;
            let (as_of_ms, place) = rest.split_once('-')?;
            let (node, as_of_ms) = (node.parse().ok()?, as_of_ms.parse().ok()?);
            Some(Self { node, as_of_ms, place: place.to_owned() })
        };
        let short = text.len() <= CURSOR_CHARS_MAX;
        parts().filter(|_| short).ok_or_else(|| {
            let detail = "the cursor is damaged; take it from `next_cursor` as it is";
            Error::about(Code::InvalidParameter, "cursor", detail)
        })
    }

    /// Refuses pages that are older than is wished. Other wishes cannot be had: a page is as of the
    /// first one, whatever has happened since.
    pub fn check_age(&self, most_ms: Option<u64>) -> Result<(), Error> {
        let age_ms = now_ms().saturating_sub(self.as_of_ms);
        match most_ms {
            Some(most_ms) if age_ms > most_ms => {
                let detail = format!(
                    "the pages of this search are as of the first one, {age_ms} ms ago; begin again"
                );
                Err(Error::about(Code::CursorExpired, "Stoa-Max-Staleness", detail))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.node, self.as_of_ms, self.place)
    }
}

impl AppState {
    /// The page as the node has it that answered the first one.
    pub async fn page_of(
        &self,
        node: NodeId,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Response, Error> {
        let lost = |why: &str| {
            let detail =
                format!("node {node}, which has the pages of this search, {why}; begin again");
            Error::about(Code::CursorExpired, "cursor", detail)
        };
        let peer = self.fellows.get(node).ok_or_else(|| lost("does not exist"))?;
        let path = uri.path_and_query().map_or("/v1/search", |path| path.as_str());
        let mut with = credentials(headers);
        let most = headers.get(header::MAX_STALENESS).and_then(|value| value.to_str().ok());
        with.extend(most.map(|most| (header::MAX_STALENESS, most)));
        let page = peer.get::<SearchResults>(path, &with).await.map_err(|error| {
            let Some(problem) = error.problem() else { return lost("does not answer") };
            let code = Code::ALL.iter().find(|code| code.name() == problem.code);
            let code = code.copied().unwrap_or(Code::CursorExpired);
            Error { param: problem.param.clone(), ..Error::new(code, &problem.detail) }
        })?;
        let mut response = answer::json(StatusCode::OK, &page.body)?;
        set(&mut response, header::TOKEN, &page.token.unwrap_or_default());
        let as_of_ms = page.as_of_ms.unwrap_or_default();
        set(&mut response, header::AS_OF, &as_of_ms.to_string());
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = PageCursor { node: 3, as_of_ms: u64::MAX, place: "0300ab".to_owned() };
        assert_eq!(PageCursor::parse(&cursor.to_string()).ok(), Some(cursor));
        let long = format!("1-2-{}", "0".repeat(CURSOR_CHARS_MAX));
        for bad in ["", "1", "1-2", "x-2-00", "1-x-00", "-1-2-00", long.as_str()] {
            let refused = PageCursor::parse(bad).err().map(|error| error.code);
            assert_eq!(refused, Some(Code::InvalidParameter), "{bad}");
        }
    }
}
