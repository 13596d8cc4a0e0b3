//! Notices that files have been replaced, by looking at them now and then: no restart, no signal,
//! and no trust in how somebody writes them.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::pair::BadFile;

/// What files held at one look, in their order.
pub type Look = Vec<Vec<u8>>;

/// Looks once.
pub fn look(files: &[PathBuf]) -> Result<Look, BadFile> {
    files
        .iter()
        .map(|file| std::fs::read(file).map_err(|error| BadFile::new(file, error)))
        .collect()
}

/// What to do about files that are looked at again and again.
pub struct Watch<T> {
    /// Which connections they are for, in the log and the metrics.
    pub port: &'static str,
    /// The files.
    pub files: Vec<PathBuf>,
    /// How often they are looked at.
    pub every: Duration,
    /// What was seen of them last.
    pub last: Look,
    /// Until when that is valid, in Unix seconds, if somebody may want to be warned of its end.
    pub not_after_s: Option<u64>,
    /// Takes what is new, and says until when it is valid; or refuses it and keeps what there was.
    pub take: T,
}

impl<T: Fn(&Look) -> Result<Option<u64>, BadFile> + Send> Watch<T> {
    /// Looks until it is dropped. What is refused is told once, with its reason.
    pub async fn run(mut self) {
        let mut looks = interval(self.every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = None;
        loop {
            looks.tick().await;
            if let Some(not_after_s) = self.not_after_s {
                // The recorder may have come after this began: the gauge is found each time.
                metrics::gauge!("stoa_tls_certificate_expires_seconds", "port" => self.port)
                    .set(not_after_s as f64);
            }
            let files = self.files.clone();
            let looked = tokio::task::spawn_blocking(move || look(&files)).await;
            let Ok(looked) = looked else { return };
            let taken = match looked {
                Ok(same) if same == self.last => continue,
                Ok(new) => {
                    self.last = new;
                    (self.take)(&self.last)
                }
                Err(bad) => Err(bad),
            };
            match taken {
                Ok(not_after_s) => {
                    self.not_after_s = not_after_s;
                    told = None;
                    count(self.port, "taken");
                    tracing::info!(port = self.port, "new certificates: new connections use them");
                }
                Err(bad) if told.as_ref() == Some(&bad) => {}
                Err(bad) => {
                    count(self.port, "refused");
                    tracing::error!(
                        port = self.port,
                        error = %bad,
                        "the new certificates cannot be used: the ones in use stay"
                    );
                    told = Some(bad);
                }
            }
        }
    }
}

fn count(port: &'static str, outcome: &'static str) {
    metrics::counter!("stoa_tls_reloads_total", "port" => port, "outcome" => outcome).increment(1);
}
