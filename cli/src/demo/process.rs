//! One process, a node's or the stand-in's for Stripe: found by its `pid` file, known by the folder
//! on its command line.

use std::{
    fs,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};

/// How much of a log's end is told when a node dies, in bytes.
const LOG_TAIL_BYTES: i64 = 1_500;
/// A log larger than this is put aside at a start, in bytes.
const LOG_BYTES_MAX: u64 = 64 << 20;

/// A process, or the place where it would be.
#[derive(Debug)]
pub struct Process {
    program: &'static str,
    folder: PathBuf,
}

impl Process {
    /// The process of this program in this folder.
    pub fn new(program: &'static str, folder: PathBuf) -> Self {
        Self { program, folder }
    }

    /// The script that starts it.
    pub fn start_script(&self) -> PathBuf {
        self.folder.join("start")
    }

    /// Where its process id lies.
    pub fn pid_file(&self) -> PathBuf {
        self.folder.join("pid")
    }

    /// Its process id, while it runs, whoever started it.
    pub fn pid(&self) -> Option<i32> {
        let noted = fs::read_to_string(self.pid_file()).ok()?;
        let pid: i32 = noted.trim().parse().ok()?;
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        is_program(&command, self.program, &self.folder).then_some(pid)
    }

    /// Starts it, out of reach of the terminal's own Ctrl-C: the demo stops it in good order.
    pub fn start(&self) -> io::Result<()> {
        let log = self.folder.join("log");
        if fs::metadata(&log).is_ok_and(|file| file.len() > LOG_BYTES_MAX) {
            fs::rename(&log, self.folder.join("log.old"))?;
        }
        let mut child = tokio::process::Command::new(self.start_script())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        // Nobody waits for the result: it is only taken off the table of processes.
        tokio::spawn(async move { child.wait().await });
        Ok(())
    }

    /// Asks it to stop, also if it is suspended.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
    }

    /// Ends it at once.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        let tail = || -> io::Result<String> {
            let mut file = File::open(self.folder.join("log"))?;
            let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
            file.seek(SeekFrom::End(-length.min(LOG_TAIL_BYTES)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).trim().to_string())
        };
        tail().unwrap_or_else(|error| format!("(no log: {error})"))
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid().and_then(Pid::from_raw) {
            // One that ended in this moment needs no signal.
            let _ended = kill_process(pid, signal);
        }
    }
}

/// Whether a command line, as /proc has it, is that of the program in this folder.
fn is_program(command: &[u8], program: &str, folder: &Path) -> bool {
    let words: Vec<&[u8]> = command.split(|byte| *byte == 0).collect();
    let named = |word: &&[u8]| **word == *folder.as_os_str().as_encoded_bytes();
    words.first().is_some_and(|word| word.ends_with(program.as_bytes()))
        && words.windows(2).any(|pair| pair[0] == b"--dir" && named(&pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_folder() {
        let folder = Path::new("/d/node1");
        let is_node = |command| is_program(command, "stoad", folder);
        assert!(is_node(b"/bin/stoad\0--dir\0/d/node1\0--node-id\x001\0"));
        assert!(!is_node(b"/bin/stoad\0--dir\0/d/node11\0"));
        assert!(!is_node(b"/bin/stoa-stripe-sim\0--dir\0/d/node1\0"));
        assert!(!is_node(b"vi\0/d/node1\0"));
        assert!(!is_node(b""), "a process that has ended and waits to be reaped");
    }

    #[test]
    fn nothing_runs_in_an_empty_folder() {
        let process = Process::new("stoad", "/nonexistent".into());
        assert_eq!(process.pid(), None);
        process.kill();
        assert!(process.log_tail().starts_with("(no log"));
    }
}
