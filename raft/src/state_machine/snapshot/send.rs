//! A thread that holds one RocksDB snapshot and streams a shard's rows from it.

use std::io;
use std::ops::ControlFlow;

use bytes::Bytes;
use engine_core::ShardId;
use engine_core::codec::encode;
use engine_store::{Rows, Store};
use tokio::sync::{mpsc, oneshot};

use super::{Chunk, Head, SnapshotData, Source};
use crate::state_machine::keys::{self, SHARD_BYTES};
use crate::state_machine::{Position, ShardSnapshot};
use crate::types::SnapshotMeta;

/// How many bytes of rows make a chunk, at least.
const CHUNK_BYTES: usize = 256 << 10;
/// How many chunks may wait for the connection.
const CHUNKS_AHEAD: usize = 4;

/// A snapshot of the rows as they are now. Dropping it ends its thread.
pub(crate) async fn live(shard: ShardId, store: Store) -> io::Result<ShardSnapshot> {
    let (meta_to, meta) = oneshot::channel();
    let (chunks_to, chunks) = mpsc::channel(CHUNKS_AHEAD);
    let thread = std::thread::Builder::new().name(format!("snapshot-{shard}"));
    thread.spawn(move || {
        store.with_snapshot(|rows| match Position::read(rows, shard) {
            Err(fault) => drop(meta_to.send(Err(io::Error::other(fault)))),
            Ok(position) => {
                // A receiver that is gone wants no rows either.
                if meta_to.send(Ok(position.meta())).is_ok() {
                    stream(shard, rows, &position, &chunks_to);
                }
            }
        });
    })?;
    let meta: io::Result<SnapshotMeta> = meta.await.map_err(io::Error::other)?;
    Ok(ShardSnapshot { meta: meta?, snapshot: SnapshotData(Source::Live(chunks)) })
}

/// Sends head, rows and end, until done or the receiver is gone.
fn stream(
    shard: ShardId,
    rows: &dyn Rows,
    position: &Position,
    to: &mpsc::Sender<io::Result<Bytes>>,
) {
    let meta = (&position.meta()).into();
    let head = Head { shard: shard.0, meta, applied: position.applied() };
    let mut portion = Portion { to, rows: Vec::new(), bytes: 0, number: 0, total: 0 };
    if portion.send(&Chunk::Head(head)).is_break() {
        return;
    }
    let range = keys::rows(shard);
    let mut gone = false;
    let visited = rows.visit(range.start.as_slice()..range.end.as_slice(), &mut |key, value| {
        let step = portion.row(&key[SHARD_BYTES..], value);
        gone |= step.is_break();
        step
    });
    if let Err(error) = visited {
        // A receiver that is gone need not know.
        drop(to.blocking_send(Err(error.into())));
    } else if !gone && portion.flush().is_continue() {
        let rows = portion.total;
        // The last chunk: whether anybody is there to take it no longer matters.
        let _ = portion.send(&Chunk::End { rows });
    }
}

/// Rows that gather into a chunk.
struct Portion<'a> {
    to: &'a mpsc::Sender<io::Result<Bytes>>,
    rows: Vec<(Bytes, Bytes)>,
    bytes: usize,
    number: u64,
    total: u64,
}

impl Portion<'_> {
    fn row(&mut self, key: &[u8], value: &[u8]) -> ControlFlow<()> {
        self.bytes += key.len() + value.len();
        self.total += 1;
        self.rows.push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
        if self.bytes < CHUNK_BYTES { ControlFlow::Continue(()) } else { self.flush() }
    }

    fn flush(&mut self) -> ControlFlow<()> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() {
            return ControlFlow::Continue(());
        }
        let number = self.number;
        self.number += 1;
        self.send(&Chunk::Rows { number, rows })
    }

    fn send(&self, chunk: &Chunk) -> ControlFlow<()> {
        match self.to.blocking_send(Ok(Bytes::from(encode(chunk)))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}
