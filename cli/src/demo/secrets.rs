//! What only the demo's own processes know: the master key that nodes derive the secrets of
//! webhooks from, and what they and the stand-in for Stripe know one another by.

use std::{
    fs,
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::failure::Failure;

/// Random bytes of a secret.
const BYTES: usize = 32;

/// Makes a secret that begins so, if there is none: for its owner's eyes only.
pub fn ensure(file: &Path, prefix: &str) -> Result<(), Failure> {
    let failed = |error| Failure::io(file, error);
    match fs::metadata(file) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = [0; BYTES];
    fs::File::open("/dev/urandom")
        .and_then(|mut dice| dice.read_exact(&mut bytes))
        .map_err(failed)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let fresh = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&fresh).and_then(|mut file| writeln!(file, "{prefix}{text}"));
    written.and_then(|()| fs::rename(&fresh, file)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("stripe-key");
        ensure(&file, "sk_test_").unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("sk_test_"));
        assert_eq!(text.trim().len(), "sk_test_".len() + 2 * BYTES);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        ensure(&file, "sk_test_").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}
