//! Breaks node after node while every shard takes orders all the time, and measures how long each
//! shard that the broken node led took none.
//!
//! A gap is the longest time between two acknowledged orders of customers of that shard, from the
//! last one before the fault to the end of the window: what a shop would see, retries included.
//! Clients stay with a key until they know what became of it, and ask the next node when one does
//! not answer.

mod rounds;
mod script;

pub(crate) use rounds::{Breaker, Round, break_all};
pub(crate) use script::scripts;
