//! Asks a Stoa cluster over HTTP: an ask becomes bytes, an answer's bytes become an [`Answer`].
//!
//! [`Answer`]: crate::load::Answer

mod answer;
mod encode;
mod session;

pub(crate) use session::{Nodes, StoaSession, ask_again};
