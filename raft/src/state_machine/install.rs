//! Replacing a shard's rows by a snapshot's, so that a crash at any step is made good.
//!
//! First the received file gets its final name, durably: the mark. Then the shard's rows are
//! deleted and the file's rows written; how far they have come is written with the last batch; the
//! store is flushed; and only then the mark goes. A mark found at a start means: do it again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use engine_core::ShardId;
use engine_core::codec::encode;
use engine_store::{Batch, Store};

use super::keys;
use super::snapshot::{Chunk, Chunks, SnapshotFolder};
use crate::records::SnapshotMetaRecord;
use crate::types::SnapshotMeta;

/// One shard's install.
pub(super) struct Install {
    pub shard: ShardId,
    pub store: Store,
    pub folder: SnapshotFolder,
}

impl Install {
    /// Installs a received file.
    pub(super) fn run(&self, meta: &SnapshotMeta, file: PathBuf) -> io::Result<()> {
        self.check(meta, &file)?;
        self.mark(&file)?;
        self.replace_rows()?;
        self.store.flush()?;
        self.unmark()
    }

    /// Reads the whole file before anything is touched.
    fn check(&self, meta: &SnapshotMeta, file: &Path) -> io::Result<()> {
        let mut chunks = Chunks::open(file, self.shard)?;
        let head = chunks.head()?;
        if head.meta != SnapshotMetaRecord::from(meta) || head.applied.last != head.meta.last {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a snapshot's rows are not of the moment that its meta names",
            ));
        }
        while chunks.next()?.is_some() {}
        Ok(())
    }

    fn mark(&self, file: &Path) -> io::Result<()> {
        fs::rename(file, self.folder.install(self.shard))?;
        self.folder.sync()
    }

    fn replace_rows(&self) -> io::Result<()> {
        let mut chunks = Chunks::open(&self.folder.install(self.shard), self.shard)?;
        let head = chunks.head()?;
        let mut writes = Batch::new();
        writes.delete_range(keys::everything(self.shard));
        while let Some(chunk) = chunks.next()? {
            if let Chunk::Rows { rows, .. } = chunk {
                for (key, value) in rows {
                    writes.put(keys::row(self.shard, &key), value.into());
                }
                self.store.write(std::mem::take(&mut writes))?;
            }
        }
        writes.put(keys::members(self.shard), encode(&head.meta.membership));
        writes.put(keys::applied(self.shard), encode(&head.applied));
        self.store.write(writes)?;
        Ok(())
    }

    fn unmark(&self) -> io::Result<()> {
        fs::remove_file(self.folder.install(self.shard))?;
        self.folder.sync()
    }
}

/// Does an install again that a crash interrupted, if there is one.
pub(super) fn redo(shard: ShardId, store: &Store, folder: &SnapshotFolder) -> io::Result<()> {
    if !folder.install(shard).try_exists()? {
        return Ok(());
    }
    tracing::warn!(%shard, "a crash interrupted the install of a snapshot: doing it again");
    let install = Install { shard, store: store.clone(), folder: folder.clone() };
    install.replace_rows()?;
    store.flush()?;
    install.unmark()
}
