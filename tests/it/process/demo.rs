//! `stoa demo` as a person uses it: `ready`, the four printed commands as they stand, and again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use api_client::Client;
use serde_json::Value;
use tests::{
    cluster, ports,
    process::{Process, binary},
    wait,
};

/// How long a start with its import may take, in seconds.
const READY_S: u64 = 180;
/// How long a node may take to come or go, in seconds.
const NODE_S: u64 = 60;
/// Products of the catalog.
const PRODUCTS: u64 = 3_291;

#[tokio::test(flavor = "multi_thread")]
async fn the_four_commands_work_and_a_second_start_resumes() {
    let _turn = cluster::turn().await;
    let home = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(home.path(), &[]).await;
    let commands = demo.commands();
    let [search, order, kill, start] = &commands[..] else { panic!("{commands:?}") };

    let found: Value = serde_json::from_str(&shell(search)).unwrap();
    assert!(found["hits"].as_array().is_some_and(|hits| !hits.is_empty()), "{found}");
    let placed: Value = serde_json::from_str(&shell(order)).unwrap();
    assert_eq!(placed["status"], "confirmed", "{placed}");

    let client = Client::new(&demo.url(1)).unwrap().with_timeout(Duration::from_secs(1));
    shell(kill);
    wait::until_true("node 1 is gone", Duration::from_secs(NODE_S), || async {
        client.ready().await.is_err()
    })
    .await;
    // It stays down while the others sell.
    let again: Value = serde_json::from_str(&shell(order)).unwrap();
    assert_eq!(again["status"], "confirmed", "{again}");
    assert!(client.ready().await.is_err(), "the demo must not start a killed node");
    shell(&format!("{start} >/dev/null 2>&1"));
    demo.all_ready().await;

    let ended = demo.process.terminate().await;
    assert!(ended.success(), "{ended}: {}", demo.log());
    assert!(Client::new(&demo.url(1)).unwrap().ready().await.is_err(), "it ends with the demo");
    assert!(!demo.runs("stripe"), "the stand-in for Stripe ends with the demo, too");

    let second = Demo::start(home.path(), &[]).await;
    let id = placed["id"].as_str().unwrap();
    let client = Client::new(&second.url(3)).unwrap();
    assert_eq!(client.order(id).await.unwrap().body.id, id);
    let all = client.search(&api_client::SearchQuery::default()).await.unwrap().body;
    assert_eq!(all.total, PRODUCTS, "the catalog is there once");
    assert!(client.audit().await.unwrap().ok);

    let (rows, cursor) = export(&second.url(3), &[]);
    let commands = |name: &str| rows.iter().filter(|row| row["command"] == name).count() as u64;
    assert_eq!(commands("create_product"), PRODUCTS, "the import of the second start repeats");
    assert!(commands("place_order") >= 1);
    let (more, again) = export(&second.url(2), &["--cursor", &cursor]);
    assert!(more.is_empty(), "it goes on at the end: {more:?}");
    assert_eq!(again, cursor);
}

/// What `stoa audit-trail export` prints, and the cursor that it tells.
fn export(url: &str, flags: &[&str]) -> (Vec<Value>, String) {
    let mut export = Command::new(binary("stoa"));
    export.args(["audit-trail", "export", "--url", url]).args(flags);
    let done = export.output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{told}");
    let rows = String::from_utf8(done.stdout).unwrap();
    let rows = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cursor = told.trim().rsplit(' ').next().unwrap_or_default();
    (rows, cursor.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_a_killed_demo_are_taken_over() {
    let _turn = cluster::turn().await;
    let home = tempfile::tempdir().unwrap();
    let flags = ["--no-catalog", "--nodes", "1", "--shards", "1"];
    let mut first = Demo::start(home.path(), &flags).await;
    let (pid, stripe) = (first.pid(1), first.pid_of("stripe"));
    first.process.kill();
    let mut second = Demo::start(home.path(), &flags).await;
    assert_eq!(second.pid(1), pid, "it runs on");
    assert_eq!(second.pid_of("stripe"), stripe, "it runs on, too");
    assert!(second.log().contains("taken over"), "{}", second.log());
    assert!(second.process.terminate().await.success());
    // Whoever adopted it may not have reaped it yet: a process that has ended has no command line.
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    assert!(command.is_empty(), "node 1 was not stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_speaks_tls_works_as_it_prints() {
    let _turn = cluster::turn().await;
    let home = tempfile::tempdir().unwrap();
    let flags = ["--tls", "--no-catalog", "--nodes", "1", "--shards", "1"];
    let mut demo = Demo::start(home.path(), &flags).await;
    let commands = demo.commands();
    let [create, order, ..] = &commands[..] else { panic!("{commands:?}") };
    let placed = shell(&format!("{create} && {order}"));
    let placed: Value = serde_json::from_str(&placed).unwrap();
    assert_eq!(placed["status"], "confirmed", "{placed}");
    let printed = demo.printed();
    let export = printed.split_once("export ").unwrap().1.lines().next().unwrap();
    let stoa = binary("stoa").display().to_string();
    let status = shell(&format!("export {export} && {stoa} cluster status --json"));
    assert!(status.contains("https://127.0.0.1:"), "{status}");
    let without = Command::new(binary("stoa"))
        .args(["cluster", "status", "--url", export.split(['=', ' ']).nth(1).unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(!without.status.success() && said.contains("--ca FILE"), "{said}");
    assert!(demo.process.terminate().await.success(), "{}", demo.log());
}

/// A demo without a terminal.
struct Demo {
    process: Process,
    folder: PathBuf,
    out: PathBuf,
    log: PathBuf,
}

impl Demo {
    /// Starts it and waits until its last line is `ready`.
    async fn start(home: &Path, flags: &[&str]) -> Self {
        let folder = home.join("demo");
        let (out, log) = (home.join("out"), home.join("log"));
        let mut args = vec!["demo".to_string(), "--dir".to_string(), folder.display().to_string()];
        args.extend(flags.iter().map(|flag| (*flag).to_string()));
        if !folder.exists() {
            args.extend(["--http-port".to_string(), ports::free(1)[0].to_string()]);
        }
        let process = Process::start_speaking(&binary("stoa"), &args, &out, &log);
        let mut demo = Self { process, folder, out, log };
        wait::until_true("the demo prints `ready`", Duration::from_secs(READY_S), || {
            let ended = demo.process.ended();
            assert!(ended.is_none(), "{ended:?}: {}", demo.log());
            let ready = demo.printed().lines().last() == Some("ready");
            async move { ready }
        })
        .await;
        demo
    }

    fn printed(&self) -> String {
        fs::read_to_string(&self.out).unwrap_or_default()
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The commands it prints, each after a line that says what it does.
    fn commands(&self) -> Vec<String> {
        let printed = self.printed();
        let lines: Vec<&str> = printed.lines().collect();
        let says = |pair: &&[&str]| pair[0].trim_start().starts_with("# ");
        lines.windows(2).filter(says).map(|pair| pair[1].trim().to_string()).collect()
    }

    fn url(&self, id: usize) -> String {
        let text = fs::read_to_string(self.folder.join("cluster.json")).unwrap();
        let cluster: Value = serde_json::from_str(&text).unwrap();
        format!("http://{}", cluster["nodes"][id - 1]["http"].as_str().unwrap())
    }

    fn pid(&self, id: usize) -> u32 {
        self.pid_of(&format!("node{id}"))
    }

    fn pid_of(&self, name: &str) -> u32 {
        let noted = fs::read_to_string(self.folder.join(name).join("pid")).unwrap();
        noted.trim().parse().unwrap()
    }

    /// Whoever adopted a process may not have reaped it: then it has no command line.
    fn runs(&self, name: &str) -> bool {
        let command = fs::read(format!("/proc/{}/cmdline", self.pid_of(name)));
        command.is_ok_and(|words| !words.is_empty())
    }

    async fn all_ready(&self) {
        let client = Client::new(&self.url(2)).unwrap();
        wait::until_true("all nodes are alive", Duration::from_secs(NODE_S), || async {
            client.cluster_status().await.is_ok_and(|status| status.healthy)
        })
        .await;
    }
}

impl Drop for Demo {
    /// Its nodes would outlive it.
    fn drop(&mut self) {
        self.process.kill();
        for name in ["node1", "node2", "node3", "stripe"] {
            if !self.folder.join(name).join("pid").exists() {
                continue;
            }
            let pid = self.folder.join(name).join("pid").display().to_string();
            let folder = self.folder.display();
            shell(&format!(
                "pid=$(cat {pid}) && grep -qsF {folder} /proc/$pid/cmdline && kill -9 $pid; true"
            ));
        }
    }
}

/// Runs a command line as it was printed; returns what it says on stdout.
fn shell(line: &str) -> String {
    let done = Command::new("sh").arg("-c").arg(line).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{line}\n{said}{}", String::from_utf8_lossy(&done.stderr));
    said
}
