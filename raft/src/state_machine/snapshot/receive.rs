//! Received snapshots, as files: checked chunk by chunk, whole or not at all.
//!
//! In the folder, `N.incoming.K` is being received (and worthless after a crash), `N.install` is
//! whole and replaces the rows of shard N: as long as it is there, the install is not finished.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine_core::ShardId;
use engine_core::codec::{BODY_BYTES_MAX, decode};

use super::{Chunk, Head, SnapshotData, Source};

/// Where received snapshots lie.
#[derive(Clone)]
pub struct SnapshotFolder {
    path: Arc<PathBuf>,
    received: Arc<AtomicU64>,
}

impl SnapshotFolder {
    /// Opens the folder and clears away what was being received when the node stopped.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().contains(".incoming.") {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { path: Arc::new(path.to_owned()), received: Arc::default() })
    }

    /// Begins to receive a snapshot of a shard.
    pub fn receive(&self, shard: ShardId) -> io::Result<SnapshotSink> {
        let number = self.received.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{}.incoming.{number}", shard.0));
        let file = Some(BufWriter::new(File::create(&path)?));
        Ok(SnapshotSink { file, path, sequence: Sequence::of(shard) })
    }

    /// The file whose being there means that its install is not finished.
    pub(in crate::state_machine) fn install(&self, shard: ShardId) -> PathBuf {
        self.path.join(format!("{}.install", shard.0))
    }

    /// Makes a file's new name, or its removal, durable.
    pub(in crate::state_machine) fn sync(&self) -> io::Result<()> {
        File::open(&*self.path)?.sync_all()
    }
}

/// A snapshot being received. Dropped before [`SnapshotSink::finish`], it leaves nothing.
pub struct SnapshotSink {
    file: Option<BufWriter<File>>,
    path: PathBuf,
    sequence: Sequence,
}

impl SnapshotSink {
    /// Takes in the next chunk. One that is damaged or out of place is refused.
    pub fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.sequence.check(&decode(chunk).map_err(invalid)?)?;
        let Some(file) = &mut self.file else {
            return Err(io::Error::other("the snapshot is finished"));
        };
        file.write_all(&(chunk.len() as u64).to_be_bytes())?;
        file.write_all(chunk)
    }

    /// Accepts the snapshot if it is whole, and makes it durable.
    pub fn finish(mut self) -> io::Result<SnapshotData> {
        self.sequence.check_ended()?;
        if let Some(file) = self.file.take() {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        Ok(SnapshotData(Source::File(std::mem::take(&mut self.path))))
    }
}

impl Drop for SnapshotSink {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // Opening the folder clears it away too.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// What may come next in a snapshot.
struct Sequence {
    shard: ShardId,
    head: bool,
    number: u64,
    rows: u64,
    ended: bool,
}

impl Sequence {
    fn of(shard: ShardId) -> Self {
        Self { shard, head: false, number: 0, rows: 0, ended: false }
    }

    fn check(&mut self, chunk: &Chunk) -> io::Result<()> {
        let in_place = match chunk {
            Chunk::Head(head) => !self.head && head.shard == self.shard.0,
            Chunk::Rows { number, .. } => self.head && *number == self.number,
            Chunk::End { rows } => self.head && *rows == self.rows,
        };
        if self.ended || !in_place {
            return Err(invalid("a snapshot's chunk is missing, or out of its place"));
        }
        match chunk {
            Chunk::Head(_) => self.head = true,
            Chunk::Rows { rows, .. } => {
                self.number += 1;
                self.rows += rows.len() as u64;
            }
            Chunk::End { .. } => self.ended = true,
        }
        Ok(())
    }

    fn check_ended(&self) -> io::Result<()> {
        if self.ended { Ok(()) } else { Err(invalid("a snapshot is cut short")) }
    }
}

/// Reads a received snapshot back, with every check again.
pub(in crate::state_machine) struct Chunks {
    file: BufReader<File>,
    sequence: Sequence,
}

impl Chunks {
    pub(in crate::state_machine) fn open(path: &Path, shard: ShardId) -> io::Result<Self> {
        let file = BufReader::new(File::open(path)?);
        Ok(Self { file, sequence: Sequence::of(shard) })
    }

    /// The first chunk.
    pub(in crate::state_machine) fn head(&mut self) -> io::Result<Head> {
        match self.next()? {
            Some(Chunk::Head(head)) => Ok(head),
            _ => Err(invalid("a snapshot has no head")),
        }
    }

    /// The next chunk, or nothing after the end.
    pub(in crate::state_machine) fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut length = [0; 8];
        match self.file.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                self.sequence.check_ended()?;
                return Ok(None);
            }
            other => other?,
        }
        let length = usize::try_from(u64::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > BODY_BYTES_MAX {
            return Err(invalid("a snapshot's chunk is too long"));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact(&mut bytes)?;
        let chunk = decode(&bytes).map_err(invalid)?;
        self.sequence.check(&chunk)?;
        Ok(Some(chunk))
    }
}

fn invalid(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
