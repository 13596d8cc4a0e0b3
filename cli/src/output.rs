//! Where words go: data to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::failure::Failure;

/// How this run speaks.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// Data as text, or as JSON.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether data is to be JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether somebody watches: then views may move and refresh.
    pub fn is_live(&self) -> bool {
        !self.json && io::stdout().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints data: as JSON, or as the lines of `text`.
    pub fn data<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) {
        if self.json {
            match serde_json::to_string_pretty(value) {
                Ok(json) => self.line(&json),
                Err(error) => self.note(&format!("stoa: {error}")),
            }
        } else {
            self.line(text(value).trim_end());
        }
    }

    /// Prints a line of data at once. A reader who has gone away is no failure.
    pub fn line(&self, line: &str) {
        let mut out = io::stdout().lock();
        let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    /// Tells a person something: stderr.
    pub fn note(&self, line: &str) {
        let _gone = writeln!(io::stderr().lock(), "{line}");
    }

    /// Tells why it failed and what to type next.
    pub fn failure(&self, failure: &Failure) {
        self.note(&format!("stoa: {}", failure.what));
        if let Some(next) = &failure.next {
            self.note(&format!("next: {next}"));
        }
    }
}

/// Rows under a header, in columns as wide as their widest cell.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}", width = *width))
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(header.to_vec());
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["1".into(), "http://a".into()], vec!["20".into(), "b".into()]];
        assert_eq!(table(&["node", "url"], &rows), "node  url\n1     http://a\n20    b\n");
    }
}
