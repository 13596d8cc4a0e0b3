//! `node.json`: who this directory belongs to, written at the first start and compared ever after.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What the directory belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFile {
    /// The node's id.
    pub id: u64,
    /// The cluster's name.
    pub cluster_id: String,
    /// How many shards the cluster has.
    pub shards: u16,
    /// The currency of the seeds' prices.
    pub currency: String,
}

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NodeFileError {
    /// It belongs to another node or cluster.
    #[error(
        "{} says this folder belongs to node {}, cluster {}, {} shards, {}; the flags say node {}, \
         cluster {}, {} shards, {}. Start it with its own flags, or use another --dir.",
        .path.display(), .has.id, .has.cluster_id, .has.shards, .has.currency,
        .wants.id, .wants.cluster_id, .wants.shards, .wants.currency
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// What it says.
        has: Box<NodeFile>,
        /// What the flags say.
        wants: Box<NodeFile>,
    },
    /// It cannot be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl NodeFile {
    /// Writes the file at the first start; afterwards checks that it says the same.
    pub fn claim(&self, dir: &Path) -> Result<(), NodeFileError> {
        let path = dir.join("node.json");
        let failed = |error| NodeFileError::Io { path: path.clone(), error };
        match fs::read(&path) {
            Ok(bytes) => {
                let has: Self = serde_json::from_slice(&bytes)
                    .map_err(|error| failed(io::Error::other(error)))?;
                if has == *self {
                    return Ok(());
                }
                let (has, wants) = (Box::new(has), Box::new(self.clone()));
                Err(NodeFileError::Other { path, has, wants })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.write(dir, &path).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Whole or not at all: a crash in between leaves no file.
    fn write(&self, dir: &Path, path: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        let temporary = dir.join("node.json.new");
        let mut file = File::create(&temporary)?;
        file.write_all(&serde_json::to_vec_pretty(self).map_err(io::Error::other)?)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(dir)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_node() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let cluster_id = "c".to_owned();
        let node = NodeFile { id: 1, cluster_id, shards: 4, currency: "USD".to_owned() };
        node.claim(dir.path())?;
        node.claim(dir.path())?;
        let other = NodeFile { id: 2, ..node };
        assert!(matches!(other.claim(dir.path()), Err(NodeFileError::Other { .. })));
        fs::write(dir.path().join("node.json"), b"{")?;
        assert!(matches!(other.claim(dir.path()), Err(NodeFileError::Io { .. })));
        Ok(())
    }
}
