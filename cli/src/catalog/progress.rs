//! How far an import is: a bar where somebody watches, else a line now and then, on stderr.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// A line each time this share of the rows is done, where nobody watches: a quarter.
const PLAIN_STEPS: u64 = 4;
/// How often the bar moves by itself, in milliseconds.
const TICK_MS: u64 = 100;

/// How far an import is.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    output: Output,
    total: u64,
    done: AtomicU64,
}

impl Progress {
    /// At the beginning of `total` rows.
    pub fn new(total: u64, output: Output) -> Self {
        let bar = output.is_live().then(|| {
            let bar = ProgressBar::new(total);
            let template = "{msg} {wide_bar} {pos}/{len} products, {per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message("importing");
            bar.enable_steady_tick(Duration::from_millis(TICK_MS));
            bar
        });
        Self { bar, output, total, done: AtomicU64::new(0) }
    }

    /// One more row is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None if done.is_multiple_of((self.total / PLAIN_STEPS).max(1)) => {
                self.output.note(&format!("importing: {done} of {} products", self.total));
            }
            None => {}
        }
    }

    /// Tells something without breaking the bar.
    pub fn note(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.output.note(line)),
            None => self.output.note(line),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
