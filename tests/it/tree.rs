//! The source tree as the rules see it: every file of a kind, with its path from the root.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders which hold no source of ours.
const SKIPPED: [&str; 3] = ["target", ".git", "node_modules"];

/// One text file of the tree.
pub struct Source {
    /// Its path from the root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// Lines above the unit tests at the file's end.
    pub fn production(&self) -> impl Iterator<Item = (usize, &str)> {
        numbered(&self.text).take_while(|(_, line)| *line != "#[cfg(test)]")
    }

    /// Lines of tests: the whole file in a `tests` folder, else what follows `#[cfg(test)]`.
    pub fn tests(&self) -> impl Iterator<Item = (usize, &str)> {
        let whole = self.is_test();
        numbered(&self.text).skip_while(move |(_, line)| !whole && *line != "#[cfg(test)]")
    }

    /// Whether the file is a test as a whole.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests")
    }
}

/// Lines with their numbers, from 1.
pub fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

/// The project's top folder: tests run in the folder of their crate. Where that was when they were
/// compiled says nothing: a target folder may serve several checkouts.
pub fn root() -> PathBuf {
    fs::canonicalize("..").unwrap()
}

/// Every file whose name ends with `ending`, in the order of their paths.
pub fn sources(ending: &str) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &mut found);
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found.sort();
    let read = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"),
    };
    found.into_iter().map(read).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, into);
        } else {
            into.push(path);
        }
    }
}
