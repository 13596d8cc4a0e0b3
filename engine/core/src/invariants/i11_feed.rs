//! I11: the feed has no gap: each entry names the one before it, from the trimmed to the last; and
//! it is as large as it says.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::feed::retention::bytes_of;
use crate::feed::{self, FeedEntry};
use crate::keys::prefixed;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let head = feed::head(view)?;
    let (mut before, mut bytes) = (head.trimmed, 0);
    each(view, prefixed(b"fe"), |key, value| {
        let index = feed::index_of(key)?;
        let entry: FeedEntry = decode(value)?;
        if entry.previous != before || index <= before || entry.events.is_empty() {
            let what = format!("entry {index} names {} before it, not {before}", entry.previous);
            violation(found, "I11", what);
        }
        before = index;
        if index > head.counted_from {
            bytes += bytes_of(key, value);
        }
        Ok(())
    })?;
    if before != head.last {
        violation(found, "I11", format!("the feed ends at {before}, and says {}", head.last));
    }
    if bytes != head.bytes {
        violation(found, "I11", format!("the feed has {bytes} bytes, and says {}", head.bytes));
    }
    Ok(())
}
