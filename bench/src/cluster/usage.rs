//! What processes spend, from /proc: processor seconds and resident memory.

use std::fs;
use std::time::Duration;

use serde::Serialize;

/// What /proc counts processor time in: the kernel tells every program 100, whatever it uses
/// itself.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    /// What it is in reports.
    pub(crate) name: String,
    /// Its id.
    pub(crate) pid: u32,
}

/// What a process has spent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Usage {
    /// What it is.
    pub(crate) process: String,
    /// Processor seconds between two readings, its ended children included.
    pub(crate) cpu_seconds: f64,
    /// Resident memory at the second one, in bytes; none where processes share it. none where
    /// processes share it.
    pub(crate) rss_bytes: Option<u64>,
}

/// The first reading.
#[derive(Debug)]
pub(crate) struct Meter {
    begun: Vec<(Process, u64)>,
}

impl Meter {
    /// Reads processes for the first time, this one among them.
    pub(crate) fn start(mut processes: Vec<Process>) -> Self {
        processes.push(Process { name: "stoa-bench".to_owned(), pid: std::process::id() });
        let begun = processes.into_iter().map(|process| {
            let ticks = cpu_ticks(process.pid).unwrap_or_default();
            (process, ticks)
        });
        Self { begun: begun.collect() }
    }

    /// Reads processes twice: after a while, and again after another.
    pub(crate) async fn between(
        begin: Duration,
        end: Duration,
        processes: Vec<Process>,
    ) -> Vec<Usage> {
        tokio::time::sleep(begin).await;
        let meter = Self::start(processes);
        tokio::time::sleep(end).await;
        meter.stop()
    }

    /// Reads them for the second time. Who has ended since is left out.
    pub(crate) fn stop(&self) -> Vec<Usage> {
        let usage = |(process, begun): &(Process, u64)| {
            let spent = cpu_ticks(process.pid)?.saturating_sub(*begun);
            Some(Usage {
                process: process.name.clone(),
                cpu_seconds: spent as f64 / TICKS_PER_SECOND,
                rss_bytes: Some(rss_bytes(process.pid)?),
            })
        };
        self.begun.iter().filter_map(usage).collect()
    }
}

/// The children of a process.
pub(crate) fn children_of(pid: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|child| parent_of(*child) == Some(pid)).collect()
}

/// The parent of a process.
pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    u32::try_from(*stat(pid)?.first()?).ok()
}

/// Resident memory, in bytes.
pub(crate) fn rss_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

/// utime, stime, cutime and cstime: fields 14 to 17 of proc(5)'s stat.
fn cpu_ticks(pid: u32) -> Option<u64> {
    Some(stat(pid)?.get(10..14)?.iter().sum())
}

/// The numbers of stat from field 4 (the parent) on. The name before them may hold anything.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    // Negative numbers (priorities) are of no interest here.
    Some(fields.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect())
}

#[cfg(test)]
mod tests {
    use super::{Meter, Process, children_of, rss_bytes};

    #[test]
    fn this_process_spends() {
        let own = std::process::id();
        let meter = Meter::start(vec![Process { name: "nobody".to_owned(), pid: u32::MAX }]);
        let mut spun = 0_u64;
        while meter.stop()[0].cpu_seconds < 0.02 {
            spun = std::hint::black_box(spun + 1);
        }
        let usage = meter.stop();
        assert_eq!((usage.len(), usage[0].process.as_str()), (1, "stoa-bench"));
        assert!(rss_bytes(own).unwrap() > 100_000 && spun > 0);
    }

    #[test]
    fn a_child_is_found() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        assert!(children_of(std::process::id()).contains(&child.id()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
