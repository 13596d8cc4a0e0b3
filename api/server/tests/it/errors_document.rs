//! `docs/errors.md` has a heading for each code, with its status, and no other.

use std::collections::BTreeMap;

use api_server::errors::Code;

use crate::harness::Tested;

#[test]
fn the_document_and_the_table_agree() -> Tested {
    let path = "../../docs/errors.md";
    let text = std::fs::read_to_string(path)?;
    let sections = text.split("\n## ").skip(1).filter_map(|section| section.split_once("\n\n"));
    let documented: BTreeMap<&str, &str> = sections.collect();
    let table: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    for code in Code::ALL {
        let retry = if code.is_retryable() { ", retryable" } else { "" };
        let begins = format!("{}{retry}. {}. ", code.status(), code.title());
        let section = documented.get(code.name()).copied().unwrap_or("(no heading)");
        assert!(section.starts_with(&begins), "{}: {section}\nnot: {begins}", code.name());
    }
    for name in documented.keys() {
        assert!(table.contains(name), "{name} is documented, and no code");
    }
    Ok(())
}
