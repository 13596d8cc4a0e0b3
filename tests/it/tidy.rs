//! The rules of style which a machine can hold: sizes, module docs, and words which mean that
//! something is not finished. A broken rule names the file and the line.

use crate::tree::{Source, numbered, sources};

/// Production lines of the largest file.
const FILE_LINES_MAX: usize = 500;
/// Production lines of the file in the middle, by size.
const FILE_LINES_P50: usize = 120;
/// Production lines which at most every twentieth file exceeds.
const FILE_LINES_P95: usize = 350;
/// Lines between a function's braces.
const FUNCTION_LINES_MAX: usize = 70;
/// Characters of a line.
const LINE_CHARS_MAX: usize = 100;

/// Flat lists and generated code, by path: exempt from the limit on file sizes.
const SIZE_EXEMPT: [&str; 0] = [];

/// Words which say that something is not there. Split, so that this file does not hold them.
const UNFINISHED: [&str; 6] = [
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("#[ig", "nore"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("not impl", "emented"),
];

/// Shortcuts past an error, forbidden outside tests.
const SHORTCUTS: [&str; 2] = [".unwrap()", ".expect("];

#[test]
fn every_file_says_what_it_is_for() {
    hold(&sources(".rs"), |file| {
        let opens = file.text.starts_with("//! ");
        if opens { Vec::new() } else { vec![(1, "does not open with `//! …`".to_string())] }
    });
}

#[test]
fn lines_are_short() {
    hold(&sources(".rs"), |file| {
        numbered(&file.text)
            .map(|(at, line)| (at, line.chars().count()))
            .filter(|(_, chars)| *chars > LINE_CHARS_MAX)
            .map(|(at, chars)| (at, format!("{chars} characters, at most {LINE_CHARS_MAX}")))
            .collect()
    });
}

#[test]
fn functions_are_short() {
    hold(&sources(".rs"), |file| {
        functions(&file.text)
            .into_iter()
            .filter(|(_, _, lines)| *lines > FUNCTION_LINES_MAX)
            .map(|(at, name, lines)| {
                (at, format!("fn {name} has {lines} lines, at most {FUNCTION_LINES_MAX}"))
            })
            .collect()
    });
}

#[test]
fn nothing_is_left_unfinished() {
    hold(&sources(".rs"), |file| found(numbered(&file.text), &UNFINISHED, "is not finished work"));
}

#[test]
fn production_code_does_not_unwrap() {
    let production: Vec<Source> =
        sources(".rs").into_iter().filter(|file| !file.is_test()).collect();
    hold(&production, |file| {
        let code = file.production().filter(|(_, line)| !line.trim_start().starts_with("//"));
        found(code, &SHORTCUTS, "is for tests only")
    });
}

#[test]
fn tests_wait_on_conditions() {
    hold(&sources(".rs"), |file| {
        found(file.tests(), &[concat!("sle", "ep(")], "in a test: wait on a condition instead")
    });
}

#[test]
fn files_are_small() {
    let files = sources(".rs");
    let mut sizes: Vec<(usize, &str)> = files
        .iter()
        .filter(|file| !SIZE_EXEMPT.contains(&file.path.as_str()))
        .map(|file| (file.production().count(), file.path.as_str()))
        .collect();
    sizes.sort_unstable();
    let (p50, p95) = (percentile(&sizes, 50), percentile(&sizes, 95));
    let (largest, path) = sizes[sizes.len() - 1];
    println!("{} files: p50 {p50}, p95 {p95}, largest {largest} ({path})", sizes.len());
    assert!(p50 <= FILE_LINES_P50, "the median file has {p50} lines, at most {FILE_LINES_P50}");
    assert!(p95 <= FILE_LINES_P95, "the 95th percentile is {p95} lines, at most {FILE_LINES_P95}");
    let over: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > FILE_LINES_MAX).collect();
    assert!(over.is_empty(), "over {FILE_LINES_MAX} production lines: {over:?}");
}

#[test]
fn the_measures_measure() {
    let text =
        "//! x\n\nfn short() {}\n\npub async fn two(\n    a: u8,\n) -> u8 {\n    a;\n    a\n}\n";
    assert_eq!(functions(text), [(5, "two".to_string(), 2)]);
    assert_eq!(found(numbered("a\nb.unwrap()"), &SHORTCUTS, "!"), [(2, "`.unwrap()` !".into())]);
    assert_eq!(percentile(&[(1, "a"), (2, "b"), (9, "c")], 50), 2);
}

/// Fails with every broken place, if there is one.
fn hold(files: &[Source], rule: impl Fn(&Source) -> Vec<(usize, String)>) {
    assert!(files.len() > 10, "the tree was not found");
    let broken: Vec<String> = files
        .iter()
        .flat_map(|file| {
            rule(file).into_iter().map(|(at, what)| format!("{}:{at}: {what}", file.path))
        })
        .collect();
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

/// The lines which hold one of `words`.
fn found<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    words: &[&str],
    why: &str,
) -> Vec<(usize, String)> {
    lines
        .filter_map(|(at, line)| {
            let word = words.iter().find(|word| line.contains(**word))?;
            Some((at, format!("`{word}` {why}")))
        })
        .collect()
}

/// Every function with a body of its own lines: where it starts, its name, the body's lines.
/// Relies on rustfmt: the closing brace stands alone at the indentation of its `fn`.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut all = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let opens = |at: &usize| {
            let line = lines[*at];
            line.ends_with('{')
                && line.starts_with(indent)
                && !line[indent.len()..].starts_with(' ')
        };
        let ends = |line: &&str| line.ends_with(';') || line.ends_with('}');
        let Some(open) = (at..lines.len()).take_while(|at| !ends(&lines[*at])).find(opens) else {
            continue;
        };
        let close = format!("{indent}}}");
        let body = lines[open + 1..].iter().take_while(|line| **line != close).count();
        all.push((at + 1, name.to_string(), body));
    }
    all
}

/// The name of the function which this line begins.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let modifiers = ["pub", "pub(crate)", "pub(super)", "async", "const", "unsafe"];
    let first = words.find(|word| !modifiers.contains(word))?;
    if first != "fn" {
        return None;
    }
    words.next()?.split(['(', '<']).next()
}

/// The size which `percent` of the files do not exceed. `sizes` is sorted.
fn percentile(sizes: &[(usize, &str)], percent: usize) -> usize {
    let at = (sizes.len() * percent).div_ceil(100).max(1) - 1;
    sizes[at].0
}
