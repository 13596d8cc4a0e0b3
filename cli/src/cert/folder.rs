//! The folder of a cluster's certificates: names, and files written whole or not at all.

use std::{
    fs,
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rcgen::KeyPair;

use super::{
    make::Made,
    read::{self, Certificate},
};
use crate::failure::Failure;

/// Who may read a key: its owner.
const SECRET_MODE: u32 = 0o600;
/// Who may read a certificate: everybody.
const PUBLIC_MODE: u32 = 0o644;

/// The folder of a cluster's certificates.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder, there or not.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The certificates of the cluster's CA.
    pub fn ca_crt(&self) -> PathBuf {
        self.path.join("ca.crt")
    }

    /// The key of the cluster's CA.
    pub fn ca_key(&self) -> PathBuf {
        self.path.join("ca.key")
    }

    /// A node's certificate.
    pub fn node_crt(&self, node: u64) -> PathBuf {
        self.path.join(format!("node-{node}.crt"))
    }

    /// A node's key.
    pub fn node_key(&self, node: u64) -> PathBuf {
        self.path.join(format!("node-{node}.key"))
    }

    /// The nodes that have a certificate here.
    pub fn nodes(&self) -> Result<Vec<u64>, Failure> {
        let failed = |error| Failure::io(&self.path, error);
        let mut nodes = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            let id = name.strip_prefix("node-").and_then(|rest| rest.strip_suffix(".crt"));
            nodes.extend(id.and_then(|id| id.parse::<u64>().ok()));
        }
        nodes.sort_unstable();
        Ok(nodes)
    }

    /// The cluster's CAs, the newest first; more than one while the CA is being changed.
    pub fn cas(&self) -> Result<Vec<Certificate>, Failure> {
        let file = self.ca_crt();
        if !file.exists() {
            let what = format!("there is no {}", file.display());
            return Err(Failure::new(what, "stoa cert init --cluster ID makes a CA"));
        }
        read::certificates(&file)
    }

    /// The CA that signs, with its key.
    pub fn signer(&self) -> Result<(Certificate, KeyPair), Failure> {
        let cas = self.cas()?;
        let key = read::key(&self.ca_key())?;
        let signer = cas.into_iter().find(|ca| ca.has(&key));
        signer.map(|ca| (ca, key)).ok_or_else(|| {
            let (key, crt) = (self.ca_key(), self.ca_crt());
            let what = format!("{} belongs to no CA in {}", key.display(), crt.display());
            Failure { what, next: None }
        })
    }

    /// Writes a node's pair in place of the one that may be there: the key first, so that a node
    /// which looks in between finds a certificate and a foreign key, and waits for its next look.
    pub fn write_node(&self, node: u64, made: &Made) -> Result<[PathBuf; 2], Failure> {
        let (key, crt) = (self.node_key(node), self.node_crt(node));
        write(&key, &made.key, SECRET_MODE)?;
        write(&crt, &made.certificate, PUBLIC_MODE)?;
        Ok([crt, key])
    }

    /// Writes the certificate of a node that has its key itself.
    pub fn write_node_crt(&self, node: u64, pem: &str) -> Result<PathBuf, Failure> {
        let file = self.node_crt(node);
        write(&file, pem, PUBLIC_MODE)?;
        Ok(file)
    }

    /// Makes it, if it is not there.
    pub fn make(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.path).map_err(|error| Failure::io(&self.path, error))
    }

    /// Writes the CA's certificates.
    pub fn write_cas(&self, pem: &str) -> Result<PathBuf, Failure> {
        self.make()?;
        let file = self.ca_crt();
        write(&file, pem, PUBLIC_MODE)?;
        Ok(file)
    }

    /// Writes the CA's key.
    pub fn write_ca_key(&self, pem: &str) -> Result<PathBuf, Failure> {
        let file = self.ca_key();
        write(&file, pem, SECRET_MODE)?;
        Ok(file)
    }
}

/// Whether others than its owner may read a file.
pub fn is_open(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

fn write(file: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let written = || {
        // What a crash left there may have another mode.
        let _absent = fs::remove_file(&fresh);
        let mut options = OpenOptions::new();
        let mut out = options.write(true).create_new(true).mode(mode).open(&fresh)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&fresh, file)?;
        file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    written().map_err(|error| Failure::io(file, error))
}
