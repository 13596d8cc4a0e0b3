//! The names of Stoa's own headers, in the lower case that HTTP libraries want.

/// Names a POST over all its retries.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// `true` on an answer that is an earlier one's.
pub const IDEMPOTENT_REPLAYED: &str = "idempotent-replayed";
/// As of when the answer was true, in Unix milliseconds.
pub const AS_OF: &str = "stoa-as-of";
/// Where the answer stood in the logs: `shard:index`, separated by commas.
pub const TOKEN: &str = "stoa-token";
/// A token the answer must not be older than.
pub const MIN_TOKEN: &str = "stoa-min-token";
/// How old the answer may be, in milliseconds.
pub const MAX_STALENESS: &str = "stoa-max-staleness";
/// Names one request in answers and logs.
pub const REQUEST_ID: &str = "stoa-request-id";
/// How many requests the caller may send at once.
pub const RATE_LIMIT: &str = "ratelimit-limit";
/// How many of them are left now.
pub const RATE_REMAINING: &str = "ratelimit-remaining";
/// In how many seconds all of them are there again.
pub const RATE_RESET: &str = "ratelimit-reset";
