//! Texts that more than one report has: tables, errors, what was spent, what the ledger found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cluster::{Machine, Usage};
use crate::ledger::Verdict;
use crate::load::OpReport;

/// Bytes of a mebibyte.
const MIB: f64 = 1024.0 * 1024.0;
/// How many violations of an audit are shown.
const VIOLATIONS_SHOWN: usize = 5;

/// Lines under one another: columns as wide as their widest cell, numbers to the right.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width - cell.len());
            let parts = if column == 0 {
                [cell, padding.as_str(), ""]
            } else {
                ["  ", padding.as_str(), cell]
            };
            line.push_str(&parts.concat());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Throughput and latencies.
pub(super) fn ops(ops: &[OpReport]) -> String {
    let head = ["", "count", "per s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(ops.iter().map(|op| {
        let times = [op.p50_us, op.p90_us, op.p99_us, op.p999_us, op.max_us];
        let times = times.map(|us| format!("{:.2}", us as f64 / 1e3));
        let counts = [op.op.to_owned(), op.count.to_string(), format!("{:.0}", op.per_second)];
        counts.into_iter().chain(times).collect()
    }));
    table(&rows)
}

/// Errors by code, if there were any.
pub(super) fn errors(errors: &BTreeMap<String, u64>) -> String {
    if errors.is_empty() {
        return "errors: none\n".to_owned();
    }
    let errors = errors.iter().map(|(code, count)| format!("{code} {count}"));
    format!("errors: {}\n", errors.collect::<Vec<_>>().join(", "))
}

/// What processes spent.
pub(super) fn usage(usage: &[Usage], seconds: f64) -> String {
    let head = ["", "cores", "RSS MiB"].map(str::to_owned).to_vec();
    let row = |usage: &Usage| {
        let cores = format!("{:.2}", usage.cpu_seconds / seconds);
        let rss = usage.rss_bytes.map(|bytes| format!("{:.0}", bytes as f64 / MIB));
        vec![usage.process.clone(), cores, rss.unwrap_or_default()]
    };
    let rows: Vec<_> = std::iter::once(head).chain(usage.iter().map(row)).collect();
    table(&rows)
}

/// What the ledger and the audit found.
pub(super) fn verdict(verdict: &Verdict) -> String {
    let word = if verdict.holds() { "holds" } else { "DOES NOT HOLD" };
    let mut text = format!(
        "ledger: {word}; {} orders found, {} asked for again, {} levels compared, in {:.1} s\n",
        verdict.orders,
        verdict.replayed,
        verdict.levels,
        verdict.took_ms as f64 / 1e3,
    );
    if verdict.payments > 0 {
        let _ = writeln!(text, "  {} payments compared with Stripe's books", verdict.payments);
    }
    let (placed, refused) = (verdict.resolved_placed, verdict.resolved_refused);
    if placed + refused > 0 {
        let _ = writeln!(text, "  unclear during the run: {placed} placed, {refused} refused");
    }
    for (name, findings) in verdict.findings().iter().filter(|(_, f)| f.count > 0) {
        let _ = writeln!(text, "  {name}: {}", findings.count);
        for example in &findings.examples {
            let _ = writeln!(text, "    {example}");
        }
    }
    match &verdict.audit {
        Some(audit) if audit.ok => {
            let _ = writeln!(text, "audit: ok, in {} ms", audit.checked.took_ms);
        }
        Some(audit) => {
            let _ = writeln!(text, "audit: {} VIOLATIONS", audit.violations.len());
            for violation in audit.violations.iter().take(VIOLATIONS_SHOWN) {
                let shard = violation.shard.map_or("between shards".to_owned(), |s| s.to_string());
                let _ = writeln!(text, "  {} ({shard}): {}", violation.invariant, violation.what);
            }
        }
        None => text.push_str("audit: not made\n"),
    }
    text
}

/// The machine.
pub(super) fn machine(machine: &Machine) -> String {
    let Machine { processor, cores, sync_p50_us, sync_p99_us, .. } = machine;
    let memory = if machine.data_in_memory { " (IN MEMORY)" } else { "" };
    let (p50, p99) = (*sync_p50_us as f64 / 1e3, *sync_p99_us as f64 / 1e3);
    format!("{processor}, {cores} cores; a sync takes p50 {p50:.2} ms, p99 {p99:.2} ms{memory}\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["", "per s"], vec!["place", "4000"], vec!["x", "12"]];
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        assert_eq!(table(&rows), "       per s\nplace   4000\nx         12\n");
    }
}
