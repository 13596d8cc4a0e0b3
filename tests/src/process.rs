//! One process of ours, in its own process group: killed when the test is done with it.

use std::{
    fs::{File, OpenOptions},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// How long a process may take to end after it was asked to, in seconds.
const END_S: u64 = 30;

/// A binary of this workspace, as `make test` builds it before the tests.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.parent().and_then(Path::parent).expect("target/release/deps");
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is missing: `make test` builds it, or cargo build --release --workspace --bins",
        path.display()
    );
    path
}

/// A running process.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts it with further environment variables, and both outputs appended to `log`.
    pub fn start(
        program: &Path,
        args: &[String],
        environment: &[(String, String)],
        log: &Path,
    ) -> Self {
        let log = OpenOptions::new().create(true).append(true).open(log).expect("the log opens");
        let child = Command::new(program)
            .args(args)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone().expect("the log is shared")))
            .stderr(Stdio::from(log))
            .process_group(0)
            .spawn();
        Self { child: child.unwrap_or_else(|error| panic!("{}: {error}", program.display())) }
    }

    /// Starts it with stdout into `out` and stderr into `log`.
    pub fn start_speaking(program: &Path, args: &[String], out: &Path, log: &Path) -> Self {
        let child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::from(File::create(out).expect("the output opens")))
            .stderr(Stdio::from(File::create(log).expect("the log opens")))
            .process_group(0)
            .spawn();
        Self { child: child.unwrap_or_else(|error| panic!("{}: {error}", program.display())) }
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("Linux's process ids are small")
    }

    /// Whether it still runs; a suspended one does.
    pub fn runs(&mut self) -> bool {
        self.ended().is_none()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked for")
    }

    /// Sends a signal, if it still runs.
    pub fn signal(&mut self, signal: Signal) {
        if self.runs() {
            let pid = Pid::from_raw(self.pid()).expect("a process id is not 0");
            kill_process(pid, signal).expect("a child takes signals");
        }
    }

    /// Kills it, and returns when it is gone.
    pub fn kill(&mut self) -> ExitStatus {
        self.signal(Signal::KILL);
        self.child.wait().expect("a killed child ends")
    }

    /// Asks it to end, and says how it did.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait().await
    }

    /// Waits until it ends by itself.
    pub async fn wait(&mut self) -> ExitStatus {
        let what = format!("process {} ends", self.pid());
        wait::until(&what, Duration::from_secs(END_S), || {
            let ended = self.ended();
            async move { ended }
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
