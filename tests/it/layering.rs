//! Who may know whom: the drawing in docs/ARCHITECTURE.md, read from every Cargo.toml.
//!
//! An edge that is not in these tables is not there. To add one, change the design first.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::tree::sources;

/// Each crate and the crates of ours which it may name, dev-dependencies included.
const EDGES: [(&str, &[&str]); 10] = [
    ("engine-core", &[]),
    ("engine-store", &["engine-core"]),
    ("engine-search", &["engine-core"]),
    ("raft", &["engine-core", "engine-store"]),
    ("api-client", &[]),
    (
        "api-server",
        &["engine-core", "engine-store", "engine-search", "raft", "api-client", "stripe-sim"],
    ),
    ("stripe-sim", &[]),
    ("cli", &["api-client"]),
    ("bench", &["api-client"]),
    (
        "tests",
        &["engine-core", "engine-store", "engine-search", "raft", "api-client", "api-server"],
    ),
];

/// Third-party crates which only the crates beside them may name.
const ONLY_IN: [(&str, &[&str]); 28] = [
    ("rocksdb", &["engine-store"]),
    ("tantivy", &["engine-search"]),
    ("openraft", &["raft"]),
    ("openraft-rt", &["raft"]),
    ("openraft-rt-tokio", &["raft"]),
    ("openraft-macros", &["raft"]),
    ("bincode", &["engine-core"]),
    ("axum", &["api-server"]),
    ("tower", &["api-server"]),
    ("tower-http", &["api-server"]),
    ("metrics-exporter-prometheus", &["api-server"]),
    ("reqwest", &["api-client", "api-server", "stripe-sim", "tests"]),
    ("async-stripe", &["stripe-sim"]),
    ("lettre", &["api-server"]),
    ("tokio-postgres", &["bench"]),
    ("indicatif", &["cli", "bench"]),
    ("utoipa", &["api-client", "api-server"]),
    ("jsonschema", &["api-server"]),
    ("rustls", &["raft", "api-server", "bench", "cli"]),
    ("tokio-rustls", &["raft", "api-server", "bench", "cli"]),
    ("x509-parser", &["raft", "cli"]),
    ("opentelemetry", &["raft", "api-server"]),
    ("tracing-opentelemetry", &["raft", "api-server"]),
    ("opentelemetry_sdk", &["api-server"]),
    ("opentelemetry-otlp", &["api-server"]),
    ("opentelemetry-http", &["api-server"]),
    ("opentelemetry-proto", &["tests"]),
    // Certificates are made by the operator's command and by tests.
    ("rcgen", &["cli", "raft", "api-server"]),
];

/// All that the pure state machine may be built from.
const CORE_MAY_USE: [&str; 6] = ["serde", "bincode", "crc32c", "sha2", "xxhash-rust", "thiserror"];

/// What the pure state machine must not reach: time, disk, threads, the net, chance.
const CORE_MUST_NOT_SAY: [&str; 8] = [
    "std::fs",
    "std::thread",
    "std::net",
    "std::process",
    "SystemTime",
    "Instant::now",
    "HashMap",
    "async fn",
];

/// What may lie beside the README.
const TOP_LEVEL: [&str; 22] = [
    ".cargo",
    ".ci",
    ".git",
    ".gitignore",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "api",
    "bench",
    "cli",
    "clippy.toml",
    "deny.toml",
    "deploy",
    "docs",
    "engine",
    "raft",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "tests",
];

#[test]
fn crates_know_only_those_below() {
    for (name, allowed) in EDGES {
        let ours: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
        for dependency in manifests()[name].all() {
            assert!(
                !ours.contains(dependency.as_str()) || allowed.contains(&dependency.as_str()),
                "{name} must not know {dependency}"
            );
        }
    }
}

#[test]
fn every_crate_has_its_place() {
    let named: BTreeSet<String> = EDGES.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(manifests().into_keys().collect::<BTreeSet<_>>(), named);
}

#[test]
fn libraries_stay_behind_their_crate() {
    let manifests = manifests();
    for (library, owners) in ONLY_IN {
        for (name, manifest) in &manifests {
            assert!(
                owners.contains(&name.as_str()) || !manifest.all().contains(library),
                "{name} must not know {library}: it belongs to {owners:?}"
            );
        }
        let used = owners.iter().any(|owner| manifests[*owner].all().contains(library));
        assert!(used, "nobody uses {library}: take it out of this table");
    }
}

#[test]
fn the_state_machine_is_pure() {
    let manifests = manifests();
    for dependency in &manifests["engine-core"].normal {
        assert!(CORE_MAY_USE.contains(&dependency.as_str()), "engine-core uses {dependency}");
    }
    for file in sources(".rs") {
        if !file.path.starts_with("engine/core/src/") {
            continue;
        }
        let said: Vec<_> = file
            .production()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .filter(|(_, line)| CORE_MUST_NOT_SAY.iter().any(|word| line.contains(word)))
            .collect();
        assert!(said.is_empty(), "{} is not pure: {said:?}", file.path);
    }
}

#[test]
fn the_one_profile_checks_our_own_crates() {
    let root = workspace();
    let packages = &root["profile"]["release"]["package"];
    for (name, _) in EDGES {
        for check in ["debug-assertions", "overflow-checks"] {
            let on = packages.get(name).and_then(|package| package.get(check));
            assert_eq!(on.and_then(Value::as_bool), Some(true), "{name}: {check} is off");
        }
        assert!(manifests()[name].inherits_lints, "{name} does not inherit the workspace's lints");
    }
}

#[test]
fn versions_stand_in_one_place() {
    for (name, manifest) in manifests() {
        assert!(manifest.own_versions.is_empty(), "{name}: {:?}", manifest.own_versions);
    }
}

#[test]
fn the_top_level_is_fixed() {
    let root = crate::tree::root();
    for entry in std::fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            name == "target" || TOP_LEVEL.contains(&name.as_str()),
            "{name} does not belong beside the README"
        );
    }
}

/// What a Cargo.toml says of its dependencies.
struct Manifest {
    normal: BTreeSet<String>,
    others: BTreeSet<String>,
    own_versions: Vec<String>,
    inherits_lints: bool,
}

impl Manifest {
    fn all(&self) -> BTreeSet<String> {
        self.normal.union(&self.others).cloned().collect()
    }

    fn parse(table: &Table) -> Self {
        let section = |name: &str| match table.get(name) {
            Some(Value::Table(entries)) => entries.clone(),
            _ => Table::new(),
        };
        let (dev, build) = (section("dev-dependencies"), section("build-dependencies"));
        let normal = section("dependencies");
        let everything = normal.iter().chain(&dev).chain(&build);
        let inherited = |value: &Value| {
            value.get("workspace").and_then(Value::as_bool).is_some_and(|inherits| inherits)
        };
        Self {
            own_versions: everything
                .filter(|(_, value)| !inherited(value))
                .map(|(name, _)| name.clone())
                .collect(),
            normal: normal.keys().cloned().collect(),
            others: dev.keys().chain(build.keys()).cloned().collect(),
            inherits_lints: table.get("lints").is_some_and(inherited),
        }
    }
}

fn workspace() -> Table {
    let path = crate::tree::root().join("Cargo.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// Every member's manifest, by the crate's name.
fn manifests() -> BTreeMap<String, Manifest> {
    let mut all = BTreeMap::new();
    for file in sources("/Cargo.toml") {
        let table: Table = file.text.parse().unwrap();
        let Some(package) = table.get("package") else { continue };
        let name = package["name"].as_str().unwrap().to_string();
        all.insert(name, Manifest::parse(&table));
    }
    all
}
