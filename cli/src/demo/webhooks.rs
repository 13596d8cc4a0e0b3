//! The master key that the demo's nodes derive the secrets of webhooks from.

use std::{
    fs,
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::failure::Failure;

/// Random bytes of the key.
const BYTES: usize = 32;

/// Makes the key if there is none: for its owner's eyes only.
pub fn ensure(file: &Path) -> Result<(), Failure> {
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
    let written = options.open(&fresh).and_then(|mut file| writeln!(file, "{text}"));
    written.and_then(|()| fs::rename(&fresh, file)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("webhook-master");
        ensure(&file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.trim().len(), 2 * BYTES);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        ensure(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}
