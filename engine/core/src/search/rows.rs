//! Reads and writes the row of the settings of search. Nobody else does.

use super::SearchSettings;
use crate::fault::Fault;
use crate::keys::Key;
use crate::txn::{Txn, View};

/// The settings as they are; those of version 0 before the first change.
pub(crate) fn settings(view: &dyn View) -> Result<SearchSettings, Fault> {
    Ok(view.read(&Key::SearchSettings)?.unwrap_or_default())
}

pub(super) fn put_settings(txn: &mut Txn<'_>, row: &SearchSettings) {
    txn.put(&Key::SearchSettings, row);
}
