//! The simulated provider's books: one file for each intent, in a directory that all local nodes
//! share, so that they survive the nodes as a real provider would.
//!
//! A change reads the file, changes it and renames a new one over it, under a lock of its stripe:
//! a process that dies in between leaves the old one whole. The books survive processes, not the
//! machine: nothing here is fsynced.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use engine_core::h128;
use serde::{Deserialize, Serialize};

/// How many locks the intents share.
const STRIPES: u128 = 64;
/// How many directories the intents are spread over.
const DIRECTORIES: u128 = 256;

/// An intent in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id, `pi_sim_…`.
    pub id: String,
    /// The order it is for.
    pub order: String,
    /// What it is over, in minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Where it stands, by the provider's name.
    pub status: String,
    /// What can be captured.
    pub capturable: i64,
    /// What was captured.
    pub received: i64,
    /// What was given back.
    pub refunded: i64,
    /// The last decline's code.
    pub decline: Option<String>,
    /// That decline allows no other try.
    pub decline_is_final: bool,
    /// Until when it can be captured, in Unix milliseconds.
    pub capture_before: Option<u64>,
    /// Every call by its key: what was called, and what was answered.
    pub calls: BTreeMap<String, Recorded>,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The call with its arguments.
    pub call: String,
    /// The refusal's code; none when it was accepted.
    pub refused: Option<String>,
}

/// The books.
#[derive(Debug, Clone)]
pub struct Ledger {
    dir: PathBuf,
}

impl Ledger {
    /// Opens the books, or begins new ones.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir.join("locks"))?;
        for number in 0..DIRECTORIES {
            fs::create_dir_all(dir.join(format!("{number:02x}")))?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// An intent, if there is one.
    pub fn read(&self, id: &str) -> io::Result<Option<Entry>> {
        match fs::read(self.path(id)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes an intent, or writes a new one. Nobody else changes it meanwhile.
    pub fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Option<Entry>) -> T,
    ) -> io::Result<T> {
        let lock = File::create(self.dir.join(format!("locks/{:02x}", hash(id) % STRIPES)))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
        let before = self.read(id)?;
        let mut after = before.clone();
        let answer = change(&mut after);
        if let Some(entry) = after.filter(|after| before.as_ref() != Some(after)) {
            self.write(&entry)?;
        }
        drop(lock);
        Ok(answer)
    }

    fn write(&self, entry: &Entry) -> io::Result<()> {
        let path = self.path(&entry.id);
        let temporary = path.with_extension("new");
        let mut file = File::create(&temporary)?;
        file.write_all(&serde_json::to_vec(entry).map_err(io::Error::other)?)?;
        drop(file);
        fs::rename(temporary, path)
    }

    fn path(&self, id: &str) -> PathBuf {
        // An id from outside may be any text: only its hash names a file.
        let hash = hash(id);
        self.dir.join(format!("{:02x}/{hash:032x}.json", hash % DIRECTORIES))
    }
}

fn hash(id: &str) -> u128 {
    h128(&[id.as_bytes()])
}
