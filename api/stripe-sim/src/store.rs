//! The journal: a line for each call that has changed something, read again at the next start. It
//! survives a kill -9 of the simulator, not a crash of the machine: nothing is synced.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::book::{Book, Changes};
use crate::keys::{Answer, Keys};

/// The journal's file in the simulator's folder.
const FILE: &str = "journal.ndjson";

/// A line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    changes: Option<Changes>,
    key: Option<UsedKey>,
}

/// A key that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedKey {
    /// The key.
    pub key: String,
    /// For which call.
    pub call: String,
    /// When, in Unix seconds.
    pub at: u64,
    /// And what it was answered.
    pub answer: Answer,
}

/// The journal, if there is one.
#[derive(Debug, Default)]
pub struct Store(Option<File>);

impl Store {
    /// Opens the journal in a folder, and reads what it says. A last line that was cut off by the
    /// simulator's end counts as not written: nobody was answered.
    pub fn open(folder: &Path) -> io::Result<(Self, Book, Keys)> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(FILE);
        let (mut book, mut keys) = (Book::default(), Keys::default());
        let mut whole = 0;
        if path.exists() {
            let mut lines = BufReader::new(File::open(&path)?);
            let mut text = Vec::new();
            loop {
                text.clear();
                let read = lines.read_until(b'\n', &mut text)?;
                if read == 0 || text.last() != Some(&b'\n') {
                    break;
                }
                let Line { changes, key } = serde_json::from_slice(&text)?;
                if let Some(changes) = changes {
                    book.restore(changes);
                }
                if let Some(UsedKey { key, call, at, answer }) = key {
                    keys.restore(&key, &call, at, answer);
                }
                whole += read as u64;
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(whole)?;
        Ok((Self(Some(file)), book, keys))
    }

    /// Writes what a call has changed, before anybody is told.
    pub fn write(&mut self, changes: Option<Changes>, key: Option<UsedKey>) -> io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        if changes.is_none() && key.is_none() {
            return Ok(());
        }
        let mut line = serde_json::to_vec(&Line { changes, key })?;
        line.push(b'\n');
        file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Call, NewIntent};

    #[test]
    fn what_was_written_is_there_again_and_half_a_line_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (mut store, mut book, _) = Store::open(dir.path()).unwrap();
        let new = || NewIntent { amount: 500, currency: "usd".to_owned(), ..NewIntent::default() };
        let intent = book.create(Call::default(), new()).unwrap();
        let answer = Answer { status: 200, body: "{}".to_owned() };
        let used = |key: &str| UsedKey {
            key: key.to_owned(),
            call: "c".to_owned(),
            at: 5,
            answer: answer.clone(),
        };
        store.write(book.changes(), Some(used("k"))).unwrap();
        drop(store);
        let file = dir.path().join(FILE);
        let text = std::fs::read(&file).unwrap();
        std::fs::write(&file, [&text[..], &text[..text.len() / 2]].concat()).unwrap();
        let (_, mut book, mut keys) = Store::open(dir.path()).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), text, "half a line is cut off");
        assert_eq!(book.intent(&intent.id), Ok(&intent));
        assert_eq!(keys.take("k", "c", 6), Ok(Some(answer)));
        assert_ne!(book.create(Call::default(), new()).unwrap().id, intent.id);
    }
}
