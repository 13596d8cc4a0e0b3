//! The node's log: to stderr, for people or for programs, without card numbers.

use std::io::{IsTerminal as _, Stderr, Write};

use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::card_number;
use crate::config::{Args, LogFormat};
use crate::traces::{self, NoTraces, Tracing};

/// What is logged unless `STOA_LOG` says otherwise.
const FILTER: &str = "info,openraft=warn";

/// Starts the log, and traces; `STOA_LOG` filters the log, e.g. `debug` or `raft=debug,info`. Call
/// it where the runtime is known.
pub fn start(args: &Args) -> Result<Tracing, NoTraces> {
    let filter = EnvFilter::try_from_env("STOA_LOG");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(FILTER));
    let log = fmt::layer().with_writer(Scrubbed).with_ansi(std::io::stderr().is_terminal());
    let log = match args.log_format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let (traces, tracing) = traces::layer(args)?;
    tracing_subscriber::registry().with(log.with_filter(filter)).with(traces).init();
    Ok(tracing)
}

/// Makes writers to stderr.
struct Scrubbed;

impl<'a> MakeWriter<'a> for Scrubbed {
    type Writer = Scrubbing<Stderr>;

    fn make_writer(&'a self) -> Self::Writer {
        Scrubbing(std::io::stderr())
    }
}

/// Writes lines, each without card numbers. The subscriber writes a line at a time.
struct Scrubbing<W>(W);

impl<W: Write> Write for Scrubbing<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.0.write_all(card_number::scrub(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_card_number_in_an_event_is_not_in_the_log() {
        let kept = Kept::default();
        let writer = {
            let kept = kept.clone();
            move || Scrubbing(kept.clone())
        };
        let subscriber = tracing_subscriber::fmt().json().with_writer(writer).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(card = 4_242_424_242_424_242_u64, "paid by 5555 5555 5555 4444");
            tracing::info!(as_of_ms = 1_763_872_199_008_u64, "untouched");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("4242") && !text.contains("5555"), "{text}");
        assert_eq!(text.matches("[card number]").count(), 2, "{text}");
        assert!(text.contains("1763872199008"), "{text}");
    }
}
