//! I14: the audit trail has no gap: rows are numbered from 1 to the last, and time never runs
//! backwards from one to the next.

use super::{Violation, each, violation};
use crate::audit::{AuditRow, rows};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::prefixed;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let last = rows::last(view)?;
    let (mut before, mut time) = (0, 0);
    each(view, prefixed(b"au"), |key, value| {
        let number = rows::number_of(key)?;
        let row: AuditRow = decode(value)?;
        if number != before + 1 {
            violation(found, "I14", format!("audit row {number} comes after {before}"));
        }
        if row.at < time {
            violation(found, "I14", format!("audit row {number} is of {}, after {time}", row.at));
        }
        (before, time) = (number, row.at);
        Ok(())
    })?;
    if before != last {
        violation(found, "I14", format!("the trail ends at {before}, and says {last}"));
    }
    Ok(())
}
