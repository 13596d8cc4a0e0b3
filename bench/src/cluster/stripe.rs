//! The stand-in for Stripe of a cluster of our own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::process::{Launch, NodeProcess};
use crate::error::Failure;
use crate::http::Api;

/// Its program, beside the node's.
const PROGRAM: &str = "stoa-stripe-sim";
/// The key that it takes.
const KEY: &str = "sk_test_of_the_bench";
/// How long it may take to listen.
const LISTENS_WITHIN: Duration = Duration::from_secs(30);
/// How often is asked.
const POLL_EVERY: Duration = Duration::from_millis(20);

/// A stand-in that runs. It ends with this.
#[derive(Debug)]
pub(crate) struct StripeProcess {
    /// Where it is.
    pub(crate) addr: SocketAddr,
    key_file: PathBuf,
    process: NodeProcess,
}

impl StripeProcess {
    /// Starts it below a folder, and waits until it listens.
    pub(super) async fn start(stoad: &Path, dir: &Path, addr: SocketAddr) -> Result<Self, Failure> {
        let folder = dir.join("stripe");
        std::fs::create_dir_all(&folder)?;
        let key_file = folder.join("key");
        std::fs::write(&key_file, KEY)?;
        let launch = Launch {
            program: stoad.with_file_name(PROGRAM),
            args: vec![
                format!("--listen={addr}"),
                format!("--key-file={}", key_file.display()),
                format!("--dir={}", folder.display()),
            ],
            log: folder.join("log"),
        };
        let mut process = NodeProcess::new(0, addr, launch);
        process.start()?;
        let begun = Instant::now();
        while !Api::new(addr).is_ok("/_sim/knobs").await {
            process.check()?;
            if begun.elapsed() > LISTENS_WITHIN {
                let what = format!("the stand-in for Stripe does not listen at {addr}");
                return Err(Failure::Cluster(what));
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
        Ok(Self { addr, key_file, process })
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// The flags of a node that pays by it.
    pub(super) fn flags(&self) -> [String; 2] {
        let Self { addr, key_file, .. } = self;
        [format!("--stripe-key={}", key_file.display()), format!("--stripe-url=http://{addr}")]
    }
}
