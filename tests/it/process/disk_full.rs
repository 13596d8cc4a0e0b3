//! A node whose disk is full: it says so and ends, whichever folder the disk is under; the others
//! go on, and nothing acknowledged is lost.
//!
//! The disk is a small tmpfs, which only root may mount. Without that right the test says so and
//! checks nothing.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use api_client::NewProduct;
use tests::{Cluster, Load, load::Plan, wait};

/// The size of the disk, in mebibytes: enough for a start, too little for long.
const DISK_MIB: u64 = 96;
/// What is left of it when orders flow, in bytes.
const LEFT_BYTES: u64 = 512 << 10;
/// Orders confirmed while a disk is full.
const ORDERS: u64 = 200;
/// The longest description, in bytes.
const DESCRIPTION_BYTES: usize = 32_768;
/// Bulky products between two looks at the log.
const BULKY_AT_ONCE: usize = 16;
/// How long the node may take to notice and end, in seconds.
const NOTICED_S: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_log_ends_the_node_and_loses_nothing() {
    fill("raft").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_rows_ends_the_node_and_loses_nothing() {
    fill("state").await;
}

/// Fills the disk under a folder of node 2.
async fn fill(folder: &str) {
    let mut cluster = Cluster::prepare(3, 4).await;
    let folder = cluster.folder_of(2).join(folder);
    fs::create_dir_all(&folder).expect("the folder is made before the node starts");
    let Some(disk) = Disk::mount(folder.clone()) else {
        eprintln!("not checked: mounting a tmpfs needs root");
        return;
    };
    cluster.start_all();
    cluster.ready().await;
    let load = Load::start(&cluster, Plan::default()).await;
    load.goes_on(ORDERS).await;
    disk.fill();
    // Files are laid out ahead, and rows gather in memory: bulky writes get to the end soon.
    let client = cluster.client(1);
    let noticed = "node 2 says that its disk is full";
    wait::until_true(noticed, Duration::from_secs(NOTICED_S), || async {
        for _ in 0..BULKY_AT_ONCE {
            // One that node 2 coordinates may fail with it.
            let _answer = client.create_product(None, &bulky()).await;
        }
        cluster.log(2).contains("stoad stops")
    })
    .await;
    let ended = cluster.ended(2).await;
    assert!(!ended.success(), "{ended}");
    let log = cluster.log(2);
    let told = log.lines().find(|line| line.contains("stoad stops")).unwrap_or_default();
    let way_out = "free space, then start the node again";
    for part in [&*folder.to_string_lossy(), way_out, "nothing acknowledged is lost"] {
        assert!(told.contains(part), "{part} is not in: {told}");
    }
    load.goes_on(ORDERS).await;
    disk.free();
    cluster.start_node(2);
    cluster.ready().await;
    load.goes_on(ORDERS).await;
    load.end().await.holds(&cluster).await;
    assert!(!cluster.log(2).contains("panicked"), "a full disk is no panic");
}

/// A product with the longest description.
fn bulky() -> NewProduct {
    NewProduct {
        name: "a long story".to_string(),
        description: Some("x".repeat(DESCRIPTION_BYTES)),
        price: 100,
        currency: "USD".to_string(),
        ..NewProduct::default()
    }
}

/// A small disk, mounted on a folder until it is dropped.
struct Disk {
    at: PathBuf,
}

impl Disk {
    fn mount(at: PathBuf) -> Option<Self> {
        let size = format!("size={DISK_MIB}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "stoa-test"])
            .arg(&at)
            .output()
            .is_ok_and(|done| done.status.success());
        mounted.then_some(Self { at })
    }

    /// Leaves next to no room.
    fn fill(&self) {
        let disk = rustix::fs::statvfs(&self.at).expect("a mounted disk tells its size");
        let free = disk.f_bavail * disk.f_frsize;
        let filler = fs::File::create(self.filler()).expect("a file");
        let size = free.saturating_sub(LEFT_BYTES);
        rustix::fs::fallocate(filler, rustix::fs::FallocateFlags::empty(), 0, size)
            .expect("the disk takes what is free");
    }

    fn free(&self) {
        fs::remove_file(self.filler()).expect("the filler can be removed");
    }

    fn filler(&self) -> PathBuf {
        self.at.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: the node may still be ending.
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.at).output();
        if !unmounted.is_ok_and(|done| done.status.success()) {
            eprintln!("{} stays mounted", self.at.display());
        }
    }
}
