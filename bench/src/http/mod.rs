//! A small HTTP/1.1 client for one job: send prepared bytes, read the answer into a reused buffer.
//!
//! The generator shares its cores with the nodes it loads, so what it spends per request is taken
//! from what it measures. There is no pool, no header map and no second task per connection here;
//! one [`Connection`] has one request in flight. It speaks what `stoad` speaks: answers with a
//! `Content-Length`. Anything else is an error that says so.

mod api;
mod connection;
mod crew;
mod head;
pub(crate) mod request;
pub(crate) mod stream;

pub(crate) use api::{Api, AskError};
pub(crate) use connection::{Connection, HttpError};
pub(crate) use crew::{Apis, crew};
