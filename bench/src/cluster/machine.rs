//! The machine a figure was measured on: without it the figure says nothing.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::error::Failure;

/// How many syncs are timed.
const SYNCS: usize = 200;
/// What is written before each, in bytes.
const SYNC_BYTES: usize = 4096;
/// The file system in memory, by its magic number: there a sync costs nothing.
const TMPFS: i64 = 0x0102_1994;

/// The machine.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) processor: String,
    /// How many of them this process may use.
    pub(crate) cores: usize,
    /// The kernel.
    pub(crate) kernel: String,
    /// Half of the syncs of 4 KiB took at most this long, in microseconds.
    pub(crate) sync_p50_us: u64,
    /// 99 of 100.
    pub(crate) sync_p99_us: u64,
    /// The data lies in memory: the figures are of no worth.
    pub(crate) data_in_memory: bool,
}

impl Machine {
    /// Looks at the machine, and at the disk that a folder is on.
    pub(crate) fn look(dir: &Path) -> Result<Self, Failure> {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let syncs = time_syncs(dir)?;
        let data_in_memory = rustix::fs::statfs(dir).is_ok_and(|disk| disk.f_type == TMPFS);
        if data_in_memory {
            eprintln!("warning: {} is in memory, so a sync costs nothing there", dir.display());
        }
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Ok(Self {
            processor: name.map_or("unknown", |(_, name)| name).trim().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: release.trim().to_owned(),
            sync_p50_us: us(syncs[SYNCS / 2]),
            sync_p99_us: us(syncs[SYNCS * 99 / 100]),
            data_in_memory,
        })
    }
}

/// The times of appends with a sync each, the shortest first.
fn time_syncs(dir: &Path) -> Result<Vec<Duration>, Failure> {
    let path = dir.join("sync-probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&[1; SYNC_BYTES])?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times)
}
