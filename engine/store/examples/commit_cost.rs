//! What a commit costs: rows with and without a write-ahead log, and a sync of the log.
//!
//! `cargo run --release -p engine-store --example commit_cost -- DIR` prints one line for each;
//! docs/adr/0002-two-rocksdbs.md quotes it.

use std::path::Path;
use std::time::{Duration, Instant};

use engine_store::{Batch, Cache, Options, Store, StoreError};

/// What applying an entry of ten orders writes, roughly.
const ROWS_PER_BATCH: u64 = 120;
const ROW_BYTES: usize = 160;
const BATCHES: u64 = 10_000;
/// What an entry of ten orders takes in the log, in bytes.
const ENTRY_BYTES: usize = 4 << 10;
const SYNCS: u32 = 1_000;

fn open(dir: &Path, logged: bool) -> Result<Store, StoreError> {
    let cache = Cache::new(64 << 20);
    let options = Options {
        logged,
        cache,
        write_buffer_bytes: 32 << 20,
        write_buffers: 3,
        on_disk_error: |_, _| {},
    };
    Store::open(dir, &options)
}

/// The processor time this process has used, background threads included.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = |at| stat.split(' ').nth(at).and_then(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(10 * (ticks(13).unwrap_or(0) + ticks(14).unwrap_or(0)))
}

/// Bytes that compress about as badly as rows full of hashes do.
fn value(number: u64) -> Vec<u8> {
    let mut state = number | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8 & 0x3f
    };
    (0..ROW_BYTES).map(|_| next()).collect()
}

/// Spreads rows over the key space, as ids that are hashes do.
fn key(number: u64) -> Vec<u8> {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().to_vec()
}

fn rows(dir: &Path, logged: bool) -> Result<(), StoreError> {
    let store = open(dir, logged)?;
    let begin = cpu();
    let mut slowest = Duration::ZERO;
    for number in 0..BATCHES {
        let mut batch = Batch::new();
        for row in 0..ROWS_PER_BATCH {
            let row = number * ROWS_PER_BATCH + row;
            batch.put(key(row), value(row));
        }
        let started = Instant::now();
        store.write(batch)?;
        slowest = slowest.max(started.elapsed());
    }
    store.flush()?;
    let each = (cpu() - begin) / BATCHES as u32;
    let log = if logged { "on, unsynced" } else { "off" };
    println!(
        "rows, log {log}: {each:?} of processor time per batch of {ROWS_PER_BATCH} rows, \
         slowest write {slowest:?}"
    );
    Ok(())
}

fn syncs(dir: &Path) -> Result<(), StoreError> {
    let store = open(dir, true)?;
    let mut times = Vec::new();
    for number in 0..SYNCS {
        let mut batch = Batch::new();
        batch.put(u64::from(number).to_be_bytes().to_vec(), vec![7; ENTRY_BYTES]);
        let started = Instant::now();
        store.write(batch)?;
        store.sync_log()?;
        times.push(started.elapsed());
    }
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("log, {ENTRY_BYTES} bytes and a sync: p50 {:?}, p99 {:?}", at(50), at(99));
    Ok(())
}

fn main() -> Result<(), StoreError> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| "commit-cost".to_owned());
    let dir = Path::new(&dir);
    for round in 0..2 {
        rows(&dir.join(format!("off{round}")), false)?;
        rows(&dir.join(format!("on{round}")), true)?;
    }
    syncs(&dir.join("log"))
}
