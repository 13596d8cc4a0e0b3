//! How fresh a read is: what the request may ask for, and what the answer says of itself.
//!
//! Without a wish the asked node answers from its own replica. `consistency=strong` confirms the
//! leader's commit index with a quorum and waits for it here. `Stoa-Min-Token` waits for the
//! positions named in it; if they do not come in time, the read becomes a strong one.

use std::fmt::Write as _;
use std::time::Duration;

use api_client::header;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use engine_core::ShardId;
use futures::future::try_join_all;
use raft::ReadError;

use crate::errors::{Code, Error};
use crate::extract;
use crate::http::set;
use crate::state::AppState;
use crate::time::now_ms;

/// How long to wait for a token's positions before the read becomes a strong one, in milliseconds.
const TOKEN_WAIT_MS: u64 = 500;
/// How long a strong read may take, in milliseconds.
const STRONG_DEADLINE_MS: u64 = 2_000;
/// The most positions in one token.
const TOKEN_SHARDS_MAX: usize = 512;

/// What the request wishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The latest there is.
    pub strong: bool,
    /// Not older than these positions.
    pub token: Vec<(ShardId, u64)>,
    /// Not older than so many milliseconds.
    pub staleness_ms: Option<u64>,
}

impl<S: Send + Sync> FromRequestParts<S> for Freshness {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let strong = strong(parts.uri.query())?;
        let token = match extract::header(&parts.headers, header::MIN_TOKEN)? {
            Some(text) => token(text)?,
            None => Vec::new(),
        };
        let staleness_ms = match extract::header(&parts.headers, header::MAX_STALENESS)? {
            Some(text) => Some(staleness_ms(text)?),
            None => None,
        };
        Ok(Self { strong, token, staleness_ms })
    }
}

fn staleness_ms(text: &str) -> Result<u64, Error> {
    let ms = text.parse().ok().filter(|ms: &u64| i64::try_from(*ms).is_ok());
    ms.ok_or_else(|| {
        let detail = "Stoa-Max-Staleness takes milliseconds";
        Error::about(Code::InvalidHeader, "Stoa-Max-Staleness", detail)
    })
}

fn strong(query: Option<&str>) -> Result<bool, Error> {
    let value = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("consistency="));
    match value {
        None | Some("local") => Ok(false),
        Some("strong") => Ok(true),
        Some(_) => {
            let detail = "consistency is `strong` or `local`";
            Err(Error::about(Code::InvalidParameter, "consistency", detail))
        }
    }
}

fn token(text: &str) -> Result<Vec<(ShardId, u64)>, Error> {
    let parts: Option<Vec<_>> = text
        .split(',')
        .take(TOKEN_SHARDS_MAX + 1)
        .map(|part| {
            let (shard, index) = part.trim().split_once(':')?;
            Some((ShardId(shard.parse().ok()?), index.parse().ok()?))
        })
        .collect();
    parts.filter(|parts| parts.len() <= TOKEN_SHARDS_MAX).ok_or_else(|| {
        let detail = "a token is what an answer's Stoa-Token said, unchanged";
        Error::about(Code::InvalidHeader, "Stoa-Min-Token", detail)
    })
}

/// Where an answer stands in the logs, and as of when it is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    positions: Vec<(ShardId, u64)>,
    as_of_ms: u64,
}

impl Seen {
    /// A write at this position, just now.
    pub fn write(shard: ShardId, index: u64) -> Self {
        Self { positions: vec![(shard, index)], as_of_ms: now_ms() }
    }

    /// Reads at these positions.
    pub fn at(positions: Vec<(ShardId, u64)>, as_of_ms: u64) -> Self {
        Self { positions, as_of_ms }
    }

    /// The same answer, with what else it has seen.
    pub fn and(mut self, other: Self) -> Self {
        for (shard, index) in other.positions {
            match self.positions.iter_mut().find(|(known, _)| *known == shard) {
                Some((_, known)) => *known = index.max(*known),
                None => self.positions.push((shard, index)),
            }
        }
        self.as_of_ms = self.as_of_ms.min(other.as_of_ms);
        self
    }

    /// The position of one shard, if it was seen.
    pub fn index(&self, shard: ShardId) -> Option<u64> {
        self.positions.iter().find(|(seen, _)| *seen == shard).map(|(_, index)| *index)
    }

    /// The positions.
    pub fn positions(&self) -> &[(ShardId, u64)] {
        &self.positions
    }

    /// As of when the answer is true, in Unix milliseconds.
    pub fn as_of_ms(&self) -> u64 {
        self.as_of_ms
    }

    /// How long ago the answer was true, in milliseconds.
    pub fn age_ms(&self) -> u64 {
        now_ms().saturating_sub(self.as_of_ms)
    }

    /// The positions as `shard:index`, separated by commas.
    pub fn token(&self) -> String {
        let mut text = String::with_capacity(self.positions.len() * 10);
        for (shard, index) in &self.positions {
            let comma = if text.is_empty() { "" } else { "," };
            let _ = write!(text, "{comma}{}:{index}", shard.0);
        }
        text
    }

    /// Writes both into an answer's headers.
    pub fn mark(&self, mut response: Response) -> Response {
        set(&mut response, header::TOKEN, &self.token());
        set(&mut response, header::AS_OF, &self.as_of_ms.to_string());
        response
    }
}

impl AppState {
    /// Waits until the local replicas of these shards are as fresh as was wished.
    pub async fn fresh(&self, shards: &[ShardId], wish: &Freshness) -> Result<Seen, Error> {
        if wish.strong {
            return self.strong(shards).await;
        }
        if !wish.token.is_empty() {
            let wanted = wish.token.iter().filter(|(shard, _)| shards.contains(shard));
            let wait = Duration::from_millis(TOKEN_WAIT_MS);
            let waits = wanted.map(|(shard, index)| self.node.wait_applied(*shard, *index, wait));
            if try_join_all(waits).await.is_err() {
                return self.strong_after(shards, &wish.token).await;
            }
        }
        let seen = self.seen(shards);
        match wish.staleness_ms {
            Some(most) if seen.age_ms() > most => self.strong(shards).await.map_err(too_stale),
            _ => Ok(seen),
        }
    }

    /// Where the local replicas of these shards stand.
    pub fn seen(&self, shards: &[ShardId]) -> Seen {
        let mut as_of_ms = u64::MAX;
        let mut positions = Vec::with_capacity(shards.len());
        for shard in shards {
            let position = self.node.position(*shard);
            positions.push((*shard, position.index));
            as_of_ms = as_of_ms.min(position.as_of_ms);
        }
        Seen { positions, as_of_ms }
    }

    /// Brings the local replicas to what a quorum has committed by now.
    async fn strong(&self, shards: &[ShardId]) -> Result<Seen, Error> {
        let as_of_ms = now_ms();
        let deadline = Duration::from_millis(STRONG_DEADLINE_MS);
        let reads = shards.iter().map(async |shard| {
            let index = self.node.read_index(*shard, deadline).await;
            index.map(|index| (*shard, index)).map_err(not_read)
        });
        Ok(Seen { positions: try_join_all(reads).await?, as_of_ms })
    }

    /// A strong read that must have passed a token's positions.
    pub async fn strong_after(
        &self,
        shards: &[ShardId],
        token: &[(ShardId, u64)],
    ) -> Result<Seen, Error> {
        let seen = self.strong(shards).await.map_err(too_stale)?;
        let passed = |(shard, index): &(ShardId, u64)| {
            seen.index(*shard).is_none_or(|position| position >= *index)
        };
        if token.iter().all(passed) {
            return Ok(seen);
        }
        let detail = "the token is ahead of everything this cluster has committed";
        Err(Error::about(Code::TooStale, "Stoa-Min-Token", detail))
    }
}

fn too_stale(error: Error) -> Error {
    match error.code {
        Code::NoQuorum | Code::OutcomeUnknown => {
            let detail = "the local replica is older than was asked for, and no quorum answers";
            Error::new(Code::TooStale, detail)
        }
        _ => error,
    }
}

/// The error for a strong read that did not come about.
pub fn not_read(error: ReadError) -> Error {
    match error {
        ReadError::NoLeader | ReadError::Behind => {
            let detail = "no majority of the shard's replicas answers; reads without \
                          consistency=strong still work";
            Error::new(Code::NoQuorum, detail)
        }
        ReadError::Stopping => Error::new(Code::Stopping, "the node is stopping; ask another one"),
        ReadError::Faulted(what) => Error::fault(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() -> Result<(), Error> {
        let positions = vec![(ShardId(1), 7), (ShardId(4), u64::MAX)];
        let seen = Seen::at(positions.clone(), 0);
        assert_eq!(seen.token(), "1:7,4:18446744073709551615");
        assert_eq!(token(&seen.token())?, positions);
        for bad in ["", "1", "1:", ":1", "1:2,", "a:1", "1:-2", "65536:1", "1:1;2:2"] {
            assert_eq!(
                token(bad).err().map(|error| error.code),
                Some(Code::InvalidHeader),
                "{bad}"
            );
        }
        Ok(())
    }

    #[test]
    fn consistency_is_strong_or_local() {
        assert_eq!(strong(Some("limit=1&consistency=strong")).ok(), Some(true));
        assert_eq!(strong(Some("consistency=local")).ok(), Some(false));
        assert_eq!(strong(None).ok(), Some(false));
        assert!(strong(Some("consistency=eventual")).is_err());
    }
}
