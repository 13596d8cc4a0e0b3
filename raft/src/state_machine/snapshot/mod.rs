//! Snapshots of a shard, as a stream of checked chunks.
//!
//! Invariant: meta and rows come from the same moment, a RocksDB snapshot that one thread holds
//! while it streams ([`live`]). A receiver puts the chunks into a file ([`SnapshotSink`]) and
//! accepts it only whole: head, rows in sequence, and an end that counts them.

mod chunk;
mod receive;
mod send;

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use engine_core::ShardId;
use tokio::sync::mpsc;

pub(super) use chunk::{Chunk, Head};
pub(super) use receive::Chunks;
pub use receive::{SnapshotFolder, SnapshotSink};
pub(super) use send::live;

/// A snapshot's rows: a stream that is to be sent, or a file that was received.
pub struct SnapshotData(Source);

enum Source {
    Live(mpsc::Receiver<io::Result<Bytes>>),
    File(PathBuf),
}

impl SnapshotData {
    /// The next chunk to send, or nothing after the last one.
    pub async fn next_chunk(&mut self) -> io::Result<Option<Bytes>> {
        match &mut self.0 {
            Source::Live(chunks) => chunks.recv().await.transpose(),
            Source::File(_) => Err(io::Error::other("a received snapshot is not sent on")),
        }
    }

    /// The file to install; a stream is put into one first.
    pub(super) async fn into_file(
        mut self,
        folder: &SnapshotFolder,
        shard: ShardId,
    ) -> io::Result<PathBuf> {
        if let Source::File(path) = self.0 {
            return Ok(path);
        }
        let mut sink = folder.receive(shard)?;
        while let Some(chunk) = self.next_chunk().await? {
            sink.write(&chunk)?;
        }
        match sink.finish()?.0 {
            Source::File(path) => Ok(path),
            Source::Live(_) => Err(io::Error::other("a finished sink is a file")),
        }
    }
}
