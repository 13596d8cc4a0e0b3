//! Reads and writes the rows of the audit trail. Nobody else does.

use super::AuditRow;
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::Key;
use crate::outbox::Sequence;
use crate::txn::{Txn, View};

/// Appends a row under the next number.
pub(super) fn append(txn: &mut Txn<'_>, row: &AuditRow) -> Result<(), Fault> {
    let number = last(txn)?.saturating_add(1);
    txn.put(&Key::Audit { number }, row);
    txn.put(&Key::AuditHead, &Sequence(number));
    Ok(())
}

/// The number of the last row; 0 when there is none.
pub(crate) fn last(view: &dyn View) -> Result<u64, Fault> {
    let head: Option<Sequence> = view.read(&Key::AuditHead)?;
    Ok(head.map_or(0, |last| last.0))
}

/// The rows from one number to before another, in order, with their numbers.
pub(crate) fn between(
    view: &dyn View,
    first: u64,
    end: u64,
) -> Result<Vec<(u64, AuditRow)>, Fault> {
    let range = Key::Audit { number: first }.encode()..Key::Audit { number: end }.encode();
    let rows = view.scan(range, usize::MAX)?;
    rows.iter().map(|(key, value)| Ok((number_of(key)?, decode(value)?))).collect()
}

/// The number of the first row that is not older than a time; that of the next one to come when
/// all are. Times never run backwards, so half of what is left is ruled out with each look.
pub(crate) fn first_since(view: &dyn View, at: u64) -> Result<u64, Fault> {
    let (mut first, mut end) = (1, last(view)?.saturating_add(1));
    while first < end {
        let middle = first + (end - first) / 2;
        let row: Option<AuditRow> = view.read(&Key::Audit { number: middle })?;
        let row = row.ok_or_else(|| Fault::contradiction(format!("no audit row {middle}")))?;
        if row.at < at {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    Ok(first)
}

/// The number that a key ends with.
pub(crate) fn number_of(key: &[u8]) -> Result<u64, Fault> {
    let number = key.last_chunk::<8>().map(|number| u64::from_be_bytes(*number));
    number.ok_or_else(|| Fault::contradiction("a key without its number"))
}
