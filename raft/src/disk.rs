//! What a node does when its disk takes no more: it ends.
//!
//! Invariant: a write that the disk did not take is never tried again, whichever folder it was for.
//! Nobody knows what is on disk after it, and a process that is gone is replaced in a tenth of a
//! second, while one that limps is waited for. Bytes that are wrong are another matter: they stop
//! one replica (`state_machine`).

use std::path::Path;

use engine_store::StoreError;

/// Ends the process with a message that names the folder, what happened and the way out.
pub fn abort(folder: &Path, error: &StoreError) {
    let folder = folder.display();
    tracing::error!(%folder, %error, "a write failed: the node stops");
    eprintln!("stoad stops: a write to {folder} failed, nothing acknowledged is lost: {error}");
    std::process::abort();
}
