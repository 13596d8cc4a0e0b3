//! Bytes are forever: every kind of record and every variant has a sample whose bytes are checked
//! in.
//!
//! `tests/golden` has a file for each record, a line for each sample: its name and its envelope in
//! hexadecimal digits. A line that differs means that a node of this build cannot read what an
//! older one wrote. `STOA_BLESS=1` writes lines for new samples and never changes an old one.

mod carts;
mod commands;
mod damage;
mod feed;
mod fulfillment;
mod locations;
mod notices;
mod pricing;
mod rows;
mod search;
mod values;
mod variants;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;

use engine_core::codec::{RECORDS, Record, decode, encode};

use self::variants::Seen;

/// Collects what the samples show, record by record.
#[derive(Default)]
pub struct Golden {
    seen: Seen,
    types: BTreeSet<u16>,
    wrong: Vec<String>,
}

#[test]
fn bytes_are_forever() {
    let mut golden = Golden::default();
    commands::hold(&mut golden);
    rows::hold(&mut golden);
    webhooks::hold(&mut golden);
    carts::hold(&mut golden);
    notices::hold(&mut golden);
    pricing::hold(&mut golden);
    locations::hold(&mut golden);
    search::hold(&mut golden);
    feed::hold(&mut golden);
    let all: BTreeSet<u16> = RECORDS.iter().map(|(number, _)| *number).collect();
    assert_eq!(golden.types, all, "every record has samples");
    assert!(golden.wrong.is_empty(), "{}", golden.wrong.join("\n"));
    golden.seen.assert_complete();
}

impl Golden {
    /// Holds the samples of one record against the file of their bytes.
    pub fn hold<R: Record + Debug + PartialEq>(&mut self, samples: Vec<(String, R)>) {
        self.types.insert(R::TYPE);
        let path = path_of::<R>();
        let mut lines: BTreeMap<String, String> = read(&path);
        let old = lines.clone();
        for (name, sample) in &samples {
            self.seen.visit(sample);
            let bytes = hex(&encode(sample));
            match lines.get(name) {
                Some(golden) if *golden == bytes => {}
                Some(golden) => self.wrong.push(format!("{path}: {name}\n  {golden}\n  {bytes}")),
                None => {
                    lines.insert(name.clone(), bytes);
                }
            }
            if let Some(golden) = old.get(name) {
                let decoded: R = decode(&unhex(golden)).expect("old bytes can be read");
                assert_eq!(decoded, *sample, "{path}: {name} reads as it was written");
            }
        }
        let names: BTreeSet<_> = samples.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), samples.len(), "{path}: each sample has a name of its own");
        let gone = old.keys().filter(|name| !names.contains(name));
        self.wrong.extend(gone.map(|name| format!("{path}: {name} has lost its sample")));
        if lines != old {
            if std::env::var_os("STOA_BLESS").is_some() {
                let text = lines.iter().map(|(name, bytes)| format!("{name} {bytes}\n"));
                fs::write(&path, text.collect::<String>()).unwrap();
            } else {
                self.wrong.push(format!("{path}: samples without bytes; run with STOA_BLESS=1"));
            }
        }
    }
}

fn path_of<R: Record>() -> String {
    let (number, name) = RECORDS.iter().find(|(number, _)| *number == R::TYPE).unwrap();
    let name = name.rsplit("::").next().unwrap().trim_end_matches('>');
    format!("tests/golden/{number:02}-{name}")
}

fn read(path: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(|line| line.rsplit_once(' ').expect("a name and bytes"));
    lines.map(|(name, bytes)| (name.to_owned(), bytes.to_owned())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

/// A sample named by the variant it shows.
pub fn named<T: Debug>(sample: T) -> (String, T) {
    let text = format!("{sample:?}");
    let name = text.split(|char: char| !char.is_alphanumeric()).next().unwrap_or_default();
    (name.to_owned(), sample)
}
