//! `stoa cert` as an operator types it, and a cluster of processes that runs on what it makes.

use std::{
    fs,
    io::BufReader,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tests::{Cluster, Load, load::Plan, process::binary};

/// Runs `stoa cert …` in a folder: its exit code, and what it prints as JSON or says on stderr.
fn cert(folder: &Path, words: &str) -> (i32, Value, String) {
    let words: Vec<&str> = words.split_whitespace().collect();
    let run = Command::new(binary("stoa"))
        .args(["cert"].iter().chain(&words).chain(&["--json"]))
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    (run.status.code().unwrap(), serde_json::from_slice(&run.stdout).unwrap_or_default(), said)
}

/// The same, which must succeed.
fn done(folder: &Path, words: &str) -> Value {
    let (code, data, said) = cert(folder, words);
    assert_eq!(code, 0, "stoa cert {words}: {said}");
    data
}

/// What `stoa cert status` finds wrong, in all.
fn problems(folder: &Path) -> (i32, String) {
    let (code, status, _) = cert(folder, "status");
    let entries = status["certificates"].as_array().cloned().unwrap_or_default();
    let all = entries.iter().flat_map(|entry| entry["problems"].as_array().cloned().unwrap());
    let texts: Vec<String> = all.map(|problem| problem.as_str().unwrap().to_string()).collect();
    (code, texts.join("\n"))
}

#[test]
fn certificates_are_made_once_and_what_does_not_fit_is_told() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    let (code, _, said) = cert(dir, "issue --node 1 --host 10.0.0.1");
    assert_eq!(code, 2);
    assert!(said.contains("stoa cert init"), "{said}");
    done(dir, "init --cluster shop");
    assert_eq!(cert(dir, "init --cluster shop").0, 2, "a CA is not overwritten");
    for id in 1..=3 {
        done(dir, &format!("issue --node {id} --host 10.0.0.{id} --host db{id}.example.com"));
    }
    assert_eq!(cert(dir, "issue --node 2 --host 10.0.0.2").0, 2, "nor is a node's pair");
    for bad in ["issue --node 0 --host a", "issue --node 9 --host a/b", "rotate", "rotate --node 9"]
    {
        assert_eq!(cert(dir, bad).0, 2, "{bad}");
    }
    assert_eq!(cert(dir, "init --dir other --cluster a/b").0, 2, "no name for a certificate");
    let (code, status, _) = cert(dir, "status");
    assert_eq!((code, &status["ok"]), (0, &Value::Bool(true)), "{status}");
    let second = &status["certificates"][2];
    assert_eq!((&second["file"], &second["node"]), (&"node-2.crt".into(), &2.into()));
    let hosts: Vec<&str> =
        second["hosts"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(hosts, ["10.0.0.2", "db2.example.com", "localhost", "127.0.0.1", "::1"]);
    for key in ["ca.key", "node-1.key"] {
        let mode = fs::metadata(dir.join("certs").join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }

    let certs = dir.join("certs");
    fs::set_permissions(certs.join("node-1.key"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::copy(certs.join("node-1.key"), certs.join("node-2.key")).unwrap();
    fs::copy(certs.join("node-1.crt"), certs.join("node-3.crt")).unwrap();
    let (code, all) = problems(dir);
    assert_eq!(code, 1, "{all}");
    for part in ["others may read node-1.key", "node-2.key is the key of another", "name node 3"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    for id in 1..=3 {
        done(dir, &format!("rotate --node {id} --host 10.0.0.{id}"));
    }
    assert_eq!(problems(dir), (0, String::new()));
    done(dir, "rotate --node 3 --days 20");
    assert_eq!(problems(dir), (1, "it ends soon".to_string()));

    done(dir, "rotate --ca");
    let (code, _, said) = cert(dir, "rotate --ca");
    assert_eq!(code, 2);
    assert!(said.contains("under way"), "{said}");
    let (code, _, said) = cert(dir, "rotate --ca --finish");
    assert_eq!(code, 2);
    assert!(said.contains("signed by the old CA"), "{said}");
    for id in 1..=3 {
        done(dir, &format!("rotate --node {id}"));
    }
    done(dir, "rotate --ca --finish");
    let (code, status, _) = cert(dir, "status");
    assert_eq!((code, &status["ca_is_being_changed"]), (0, &Value::Bool(false)));
    assert_eq!(status["certificates"].as_array().unwrap().len(), 4, "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_takes_orders_while_its_ca_and_its_pairs_are_replaced() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    done(dir, "init --cluster test");
    for id in 1..=3 {
        done(dir, &format!("issue --node {id} --host 127.0.0.1"));
    }
    let certs = dir.join("certs").display().to_string();
    let flags = [
        format!("--peer-ca={certs}/ca.crt"),
        format!("--peer-cert={certs}/node-{{id}}.crt"),
        format!("--peer-key={certs}/node-{{id}}.key"),
        "--tls-look-ms=20".to_string(),
    ];
    let mut cluster = Cluster::prepare(3, 4).await;
    cluster.flags(&flags.each_ref().map(String::as_str));
    cluster.start_all();
    cluster.ready().await;
    let load = Load::start(&cluster, Plan::default()).await;
    load.goes_on(20).await;
    done(dir, "rotate --ca");
    for id in 1..=3 {
        done(dir, &format!("rotate --node {id}"));
    }
    // It comes back with a pair of the new CA, which only those take that have read it.
    cluster.kill9(2);
    cluster.start_node(2);
    load.goes_on(20).await;
    cluster.ready().await;
    done(dir, "rotate --ca --finish");
    cluster.kill9(3);
    cluster.start_node(3);
    cluster.ready().await;
    let ledger = load.end().await;
    ledger.holds(&cluster).await;

    // A node with another cluster's certificates gets nowhere, and its log says why.
    cluster.kill9(1);
    let other = home.path().join("other");
    fs::create_dir(&other).unwrap();
    done(&other, "init --cluster test");
    done(&other, "issue --node 1 --host 127.0.0.1");
    let foreign = other.join("certs").display().to_string();
    cluster.flags(&flags.map(|flag| flag.replace(&certs, &foreign)).each_ref().map(String::as_str));
    cluster.start_node(1);
    let told = |log: &str| log.contains("not signed by a CA in --peer-ca");
    tests::wait::until_true("both sides say why", std::time::Duration::from_secs(30), || {
        let both = told(&cluster.log(1)) && told(&cluster.log(2));
        async move { both }
    })
    .await;
}

#[test]
fn a_token_gets_a_node_its_certificate_once() {
    let home = tempfile::tempdir().unwrap();
    let (operator, node) = (home.path().join("operator"), home.path().join("node"));
    fs::create_dir_all(&operator).unwrap();
    fs::create_dir_all(&node).unwrap();
    done(&operator, "init --cluster shop");
    let mut desk = Command::new(binary("stoa"))
        .args(["cert", "invite", "--node", "4", "--host", "10.0.0.4"])
        .args(["--listen", "127.0.0.1:0", "--json"])
        .current_dir(&operator)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(desk.stdout.take().unwrap());
    let invitation = serde_json::Deserializer::from_reader(said).into_iter::<Value>().next();
    let invitation = invitation.unwrap().unwrap();
    let from = invitation["from"].as_str().unwrap();
    let token = invitation["token"].as_str().unwrap();

    // Another secret, another CA, and no token at all.
    let (head, pin) = token.rsplit_once('_').unwrap();
    let other_secret = format!("stoa_join_{}_{pin}", "0".repeat(32));
    let other_ca = format!("{head}_{}", "0".repeat(64));
    for (token, why) in
        [(&*other_secret, "the token is another"), (&*other_ca, "UnknownIssuer"), ("x", "whole")]
    {
        let (code, _, said) = cert(&node, &format!("join --from {from} --token {token}"));
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(why), "{why}: {said}");
    }
    assert!(!node.join("certs").exists(), "nothing was written");

    let written = done(&node, &format!("join --from {from} --token {token}"));
    assert_eq!(written["files"].as_array().map(Vec::len), Some(3));
    assert!(desk.wait().unwrap().success(), "the token has served");
    assert_eq!(cert(&node, &format!("join --from {from} --token {token}")).0, 2);
    let at = |path: &str| fs::read(node.join("certs").join(path)).unwrap();
    assert_eq!(at("ca.crt"), fs::read(operator.join("certs/ca.crt")).unwrap());
    assert_eq!(at("node-4.crt"), fs::read(operator.join("certs/node-4.crt")).unwrap());
    assert!(!operator.join("certs/node-4.key").exists(), "the key has not left its node");
    let mode = fs::metadata(node.join("certs/node-4.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for folder in [&operator, &node] {
        let (code, status, said) = cert(folder, "status");
        assert_eq!(code, 0, "{status} {said}");
        let hosts = &status["certificates"][1]["hosts"];
        assert_eq!(hosts[0], "10.0.0.4", "{status}");
    }
}
