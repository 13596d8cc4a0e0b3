//! The simulator as Stripe's own library meets it, over HTTP.

mod faults;
mod harness;
mod hooks;
mod keys;
mod payments;
mod refunds;
