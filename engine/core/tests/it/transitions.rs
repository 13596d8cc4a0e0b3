//! The table of transitions against what happens: nothing else does, and all of it does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

use engine_core::order::{Status, TRANSITIONS, TransitionRow};
use engine_core::{View, read};

/// A transition's name, from where, and where to.
type Way = (String, Option<Status>, Status);

/// How the document begins.
const HEAD: &str = "# The states of an order\n\n\
    Drawn from the code's own table of transitions (`engine/core/src/order/transitions.rs`); a \
    test compares the two, and\nanother compares the table with what hundreds of thousands of \
    random commands do. The status is the headline; what\nleads to it is in \
    [payments](payments.md) and [orders](orders.md). A transition of the history (`GET\n\
    /v1/orders/{id}/history`) has one of these names.\n\n```mermaid\nstateDiagram-v2\n";

/// What has happened in this process.
static SEEN: Mutex<BTreeSet<Way>> = Mutex::new(BTreeSet::new());

/// Notes the ways that a shard's orders have gone.
pub fn note(view: &dyn View) {
    for order in read::orders(view, None, usize::MAX).unwrap() {
        let steps = read::order_history(view, &order).unwrap();
        let ways = steps.into_iter().map(|step| (step.name, step.from, step.to));
        SEEN.lock().unwrap().extend(ways);
    }
}

/// The way, or none where a transition that may leave the status as it was does so.
fn known(way: &Way) -> bool {
    let (name, from, to) = way;
    let row = TRANSITIONS.iter().find(|row| row.name == name);
    row.is_some_and(|row| row.ways.contains(&(*from, *to)) || (row.stays && *from == Some(*to)))
}

fn told(ways: &BTreeSet<Way>) -> String {
    ways.iter().fold(String::new(), |mut told, (name, from, to)| {
        let _ = write!(told, "\n{name}: ({from:?}, {to:?}),");
        told
    })
}

/// Everything that was noted is in the table; with `all`, each transition was noted. Not each of
/// its ways: some are so rare that it depends on the draw.
pub fn check(all: bool) {
    let seen = SEEN.lock().unwrap().clone();
    let unknown: BTreeSet<Way> = seen.iter().filter(|way| !known(way)).cloned().collect();
    assert!(unknown.is_empty(), "not in order/transitions.rs: {}", told(&unknown));
    let happened = |row: &&TransitionRow| seen.iter().any(|(name, _, _)| name == row.name);
    let never: Vec<&str> =
        TRANSITIONS.iter().filter(|row| !happened(row)).map(|row| row.name).collect();
    assert!(!all || never.is_empty(), "in order/transitions.rs, and never seen: {never:?}");
}

/// The document, drawn from the table.
fn drawn() -> String {
    let mut edges = BTreeMap::<(Option<Status>, Status), Vec<&str>>::new();
    for row in TRANSITIONS {
        for way in row.ways {
            edges.entry(*way).or_default().push(row.name);
        }
    }
    let mut text = String::from(HEAD);
    for ((from, to), names) in edges {
        let from = from.map_or("[*]", Status::as_str);
        let _ = writeln!(text, "    {from} --> {}: {}", to.as_str(), names.join(" "));
    }
    text.push_str(
        "```\n\n| transition | what it means | leaves the status as it was |\n|---|---|---|\n",
    );
    for TransitionRow { name, what, stays, ways } in TRANSITIONS {
        let stays = match (stays, ways.is_empty()) {
            (true, true) => "always",
            (true, false) => "sometimes",
            (false, _) => "never",
        };
        let _ = writeln!(text, "| {name} | {what} | {stays} |");
    }
    text
}

#[test]
fn the_diagram_is_the_tables() {
    let path = "../../docs/order-states.md";
    if std::env::var_os("STOA_BLESS").is_some() {
        std::fs::write(path, drawn()).unwrap();
    }
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text == drawn(), "{path} is not as drawn; run with STOA_BLESS=1");
}
