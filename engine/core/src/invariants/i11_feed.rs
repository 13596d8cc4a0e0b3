//! I11: the feed has no gap: each entry names the one before it, from the trimmed to the last.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::feed::{self, FeedEntry};
use crate::keys::prefixed;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let head = feed::head(view)?;
    let mut before = head.trimmed;
    each(view, prefixed(b"fe"), |key, value| {
        let index = feed::index_of(key)?;
        let entry: FeedEntry = decode(value)?;
        if entry.previous != before || index <= before || entry.events.is_empty() {
            let what = format!("entry {index} names {} before it, not {before}", entry.previous);
            violation(found, "I11", what);
        }
        before = index;
        Ok(())
    })?;
    if before != head.last {
        violation(found, "I11", format!("the feed ends at {before}, and says {}", head.last));
    }
    Ok(())
}
