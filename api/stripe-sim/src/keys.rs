//! Idempotency as Stripe has it (<https://docs.stripe.com/api/idempotent_requests>): the same key
//! with the same call gets the same answer, errors included; with another call it is refused; one
//! that is in use is refused until it is not. What was refused before anything was done is not
//! remembered. Keys are forgotten after 24 hours.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::error::Refusal;

/// How long a key is remembered, in seconds.
const REMEMBERED_S: u64 = 24 * 3_600;
/// The longest key, in characters.
pub const KEY_CHARS_MAX: usize = 255;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

/// The keys that were used.
#[derive(Debug, Default)]
pub struct Keys {
    known: BTreeMap<String, Known>,
    /// When they were taken, the oldest first.
    taken: VecDeque<(u64, String)>,
}

#[derive(Debug)]
struct Known {
    call: String,
    at: u64,
    /// None while it is in use.
    answer: Option<Answer>,
}

impl Keys {
    /// Takes a key for a call. An answer is an earlier one's, to be given again.
    pub fn take(&mut self, key: &str, call: &str, now: u64) -> Result<Option<Answer>, Refusal> {
        self.forget(now);
        match self.known.get(key) {
            None => {
                let known = Known { call: call.to_owned(), at: now, answer: None };
                self.known.insert(key.to_owned(), known);
                self.taken.push_back((now, key.to_owned()));
                Ok(None)
            }
            Some(known) if known.call != call => Err(Refusal::other_request()),
            Some(Known { answer: Some(answer), .. }) => Ok(Some(answer.clone())),
            Some(_) => Err(Refusal::key_in_use()),
        }
    }

    /// Remembers a key's answer; none, if nothing was done.
    pub fn settle(&mut self, key: &str, answer: Option<&Answer>) {
        match (answer, self.known.get_mut(key)) {
            (Some(answer), Some(known)) => known.answer = Some(answer.clone()),
            _ => {
                self.known.remove(key);
            }
        }
    }

    /// A key that was used before the simulator was started.
    pub fn restore(&mut self, key: &str, call: &str, at: u64, answer: Answer) {
        let known = Known { call: call.to_owned(), at, answer: Some(answer) };
        self.known.insert(key.to_owned(), known);
        self.taken.push_back((at, key.to_owned()));
    }

    fn forget(&mut self, now: u64) {
        let is_old = |at: u64| at.saturating_add(REMEMBERED_S) <= now;
        while self.taken.front().is_some_and(|(at, _)| is_old(*at)) {
            let Some((at, key)) = self.taken.pop_front() else { break };
            if self.known.get(&key).is_some_and(|known| known.at == at) {
                self.known.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_one_call_and_for_a_day() {
        let mut keys = Keys::default();
        let answer = Answer { status: 402, body: "{}".to_owned() };
        assert_eq!(keys.take("k", "call", 0), Ok(None));
        assert_eq!(keys.take("k", "call", 1).unwrap_err().code, Some("idempotency_key_in_use"));
        keys.settle("k", Some(&answer));
        assert_eq!(keys.take("k", "call", 2), Ok(Some(answer.clone())));
        assert_eq!(keys.take("k", "other", 2).unwrap_err().kind, "idempotency_error");
        assert_eq!(keys.take("k", "other", REMEMBERED_S), Ok(None), "it was forgotten");
        keys.settle("k", None);
        assert_eq!(keys.take("k", "third", REMEMBERED_S), Ok(None), "nothing was done");
        keys.restore("old", "call", 7, answer.clone());
        assert_eq!(keys.take("old", "call", 8), Ok(Some(answer)));
    }
}
