//! Every metric that the sources name is explained in `docs/metrics.md`, and no other is.

use std::collections::BTreeSet;

use crate::tree::{root, sources};

/// Texts of the same shape that are no metrics: a key's prefix, and what Stripe keeps for us.
const OTHERS: [&str; 4] = ["stoa_sk_", "stoa_order", "stoa_effect", "stoa_cluster"];

#[test]
fn every_metric_is_explained_and_no_other() {
    let mut named = BTreeSet::new();
    for file in sources(".rs") {
        if file.path.starts_with("raft/src/") || file.path.starts_with("api/server/src/") {
            named.extend(quoted(&file.text, '"'));
        }
    }
    let document = std::fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    let rows = document.lines().filter(|line| line.starts_with("| `stoa_"));
    let explained: Vec<_> = rows.filter_map(|row| quoted(row, '`').into_iter().next()).collect();
    let told: BTreeSet<_> = explained.iter().cloned().collect();
    assert_eq!(told.len(), explained.len(), "a metric has two rows");
    assert_eq!(named, told);
    assert!(named.len() > 20, "the sources were not read: {named:?}");
}

/// The texts between two such marks that are shaped like a metric.
fn quoted(text: &str, mark: char) -> Vec<String> {
    let is_name = |text: &&str| {
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        text.starts_with("stoa_") && text.chars().all(is_letter) && !OTHERS.contains(text)
    };
    text.split(mark).filter(is_name).map(str::to_owned).collect()
}
