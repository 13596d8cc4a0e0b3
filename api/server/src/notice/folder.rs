//! A folder as a mail server: one file for each mail, to look at, or for another program to send.
//!
//! A file is written whole or not at all, and named by the mail's `Message-ID`: a mail that is sent
//! again overwrites itself.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use engine_core::notice::NoticeOutcome;
use tokio::task::spawn_blocking;

use super::BadNotices;
use super::letter::Letter;

/// Where mail is put.
pub struct Folder(PathBuf);

impl Folder {
    /// The folder, made if need be.
    pub fn open(path: &Path) -> Result<Self, BadNotices> {
        let made = fs::create_dir_all(path);
        made.map_err(|error| BadNotices::Folder { path: path.to_owned(), error })?;
        Ok(Self(path.to_owned()))
    }

    /// Writes a letter.
    pub async fn put(&self, letter: Letter) -> NoticeOutcome {
        let dir = self.0.clone();
        let written = spawn_blocking(move || write(&dir, &letter.name, &letter.mail.formatted()));
        match written.await.map_err(std::io::Error::other).flatten() {
            Ok(()) => NoticeOutcome::Sent,
            Err(error) => {
                tracing::warn!(%error, "a mail cannot be written into --mail-dir");
                NoticeOutcome::Failed { code: None }
            }
        }
    }
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = dir.join(format!(".{name}.{:016x}", rand::random::<u64>()));
    let mut file = fs::File::create_new(&fresh)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let put = written.and_then(|()| fs::rename(&fresh, dir.join(format!("{name}.eml"))));
    if put.is_err() {
        // What is half written is nobody's mail.
        let _gone = fs::remove_file(&fresh);
    }
    put
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_overwrites_the_same_file_and_leaves_no_other() {
        let dir = tempfile::tempdir().unwrap();
        for text in [b"one".as_slice(), b"two"] {
            write(dir.path(), "ord_1-0@shop", text).unwrap();
        }
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap()).collect();
        assert_eq!(names.len(), 1);
        assert_eq!(names[0].file_name(), "ord_1-0@shop.eml");
        assert_eq!(fs::read(names[0].path()).unwrap(), b"two");
        assert!(write(&dir.path().join("gone"), "a", b"").is_err());
    }
}
