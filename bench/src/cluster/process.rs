//! One `stoad` process: started, signaled, killed; never left behind.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::Failure;

/// How often a process is asked whether it has ended.
const POLL_EVERY: Duration = Duration::from_millis(2);

/// How one node is started, each time.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) log: PathBuf,
}

/// A node of a local cluster.
#[derive(Debug)]
pub(crate) struct NodeProcess {
    /// Its id.
    pub(crate) id: u64,
    /// Where it takes HTTP.
    pub(crate) http: SocketAddr,
    launch: Launch,
    child: Option<Child>,
}

impl NodeProcess {
    pub(super) fn new(id: u64, http: SocketAddr, launch: Launch) -> Self {
        Self { id, http, launch, child: None }
    }

    /// Starts it.
    pub(crate) fn start(&mut self) -> Result<(), Failure> {
        let log = OpenOptions::new().create(true).append(true).open(&self.launch.log)?;
        let child = Command::new(&self.launch.program)
            .args(&self.launch.args)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| {
                Failure::Cluster(format!("cannot start {}: {error}", self.launch.program.display()))
            })?;
        self.child = Some(child);
        Ok(())
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = self.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let pid =
            pid.ok_or_else(|| Failure::Cluster(format!("node {} is not running", self.id)))?;
        kill_process(pid, signal).map_err(|error| Failure::Io(error.into()))
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self, within: Duration) -> Result<ExitStatus, Failure> {
        let deadline = Instant::now() + within;
        loop {
            let Some(child) = &mut self.child else {
                return Err(Failure::Cluster(format!("node {} is not running", self.id)));
            };
            if let Some(status) = child.try_wait()? {
                self.child = None;
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(Failure::Cluster(format!("node {} does not end", self.id)));
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// Fails when it has ended by itself, with the end of its log.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        let Some(child) = &mut self.child else { return Ok(()) };
        let Some(status) = child.try_wait()? else { return Ok(()) };
        self.child = None;
        let log = std::fs::read_to_string(&self.launch.log).unwrap_or_default();
        let end: Vec<&str> = log.lines().rev().take(LOG_LINES).collect();
        let end: Vec<&str> = end.into_iter().rev().collect();
        let (id, end) = (self.id, end.join("\n"));
        Err(Failure::Cluster(format!("node {id} ended by itself ({status}):\n{end}")))
    }
}

/// How much of a dead node's log is shown.
const LOG_LINES: usize = 15;

impl Drop for NodeProcess {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended already, which is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
