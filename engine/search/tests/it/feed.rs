//! Entries of the feed: once or often, with gaps, over restarts; stock at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine_core::ShardId;
use engine_search::{COMMIT_DOCUMENTS, Config, Digest, Progress, Query, SearchIndex};

use crate::support::{SHARD, changed, entry, fill, ids, open, product, stock, text};

/// How long to wait for what must come, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_product_is_found_after_the_commit_and_its_position_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let kettle = product(1, "Copper kettle");
    writer.apply(SHARD, 5, &entry(0, vec![changed(&kettle)])).unwrap();
    assert_eq!(index.search(&text("kettle")).unwrap().total, 0);
    assert_eq!(index.positions().get(&SHARD), None);
    writer.commit().unwrap();
    let hits = index.search(&text("KETTLES")).unwrap();
    assert_eq!((ids(&hits), hits.total), (vec![1], 1));
    assert_eq!(index.positions().get(&SHARD), Some(&5));
}

#[test]
fn an_entry_applied_twice_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let first = entry(0, vec![changed(&product(1, "Kettle")), changed(&product(2, "Kettle"))]);
    let mut sold = product(2, "Kettle");
    sold.archived_at = Some(9);
    let second = entry(3, vec![changed(&sold)]);
    for _ in 0..2 {
        assert_eq!(writer.apply(SHARD, 3, &first).unwrap(), Progress::Applied);
        assert_eq!(writer.apply(SHARD, 8, &second).unwrap(), Progress::Applied);
        writer.commit().unwrap();
        assert_eq!(ids(&index.search(&text("kettle")).unwrap()), vec![1]);
    }
    assert_eq!(writer.next(SHARD), 8);
}

#[test]
fn stock_counts_at_once_without_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Kettle"), product(2, "Kettle")]);
    let available = Query { in_stock: true, ..text("kettle") };
    assert_eq!(index.search(&available).unwrap().total, 0);
    writer.apply(SHARD, 2, &entry(1, vec![stock(1, 3), stock(2, 1)])).unwrap();
    assert_eq!(index.search(&available).unwrap().total, 2);
    assert_eq!(index.positions().get(&SHARD), Some(&2), "nothing waits for a commit");
    writer.apply(SHARD, 3, &entry(2, vec![stock(1, 0)])).unwrap();
    let hits = index.search(&available).unwrap();
    assert_eq!((ids(&hits), hits.hits[0].available), (vec![2], 1));
}

#[test]
fn a_gap_is_told_and_a_rebuild_closes_it() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let other = ShardId(2);
    fill(&mut writer, &[product(1, "Old kettle"), product(2, "Old pan")]);
    writer.apply(other, 1, &entry(0, vec![changed(&product(3, "Other kettle"))])).unwrap();
    writer.commit().unwrap();
    let late = entry(7, vec![changed(&product(4, "Late kettle"))]);
    assert_eq!(writer.apply(SHARD, 9, &late).unwrap(), Progress::Gap);
    assert_eq!(index.search(&text("late")).unwrap().total, 0);

    let mut rebuild = writer.begin_rebuild(SHARD).unwrap();
    rebuild.add(&product(5, "New kettle"), 4).unwrap();
    drop(rebuild);
    writer.commit().unwrap();
    assert_eq!(index.search(&text("old")).unwrap().total, 2, "a dropped rebuild never happened");

    let mut rebuild = writer.begin_rebuild(SHARD).unwrap();
    rebuild.add(&product(5, "New kettle"), 4).unwrap();
    rebuild.finish(8).unwrap();
    assert_eq!(ids(&index.search(&text("kettle")).unwrap()), vec![3, 5]);
    assert_eq!(index.positions().get(&SHARD), Some(&8));
    assert_eq!(writer.apply(SHARD, 9, &late).unwrap(), Progress::Applied);
    writer.commit().unwrap();
    assert_eq!(index.search(&text("kettle")).unwrap().total, 3);
}

#[test]
fn a_restart_goes_on_from_the_last_commit() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Kettle")]);
    writer.apply(SHARD, 2, &entry(1, vec![changed(&product(2, "Kettle"))])).unwrap();
    drop((index, writer));

    let (index, mut writer) = open(dir.path());
    assert_eq!(index.positions().get(&SHARD), Some(&1));
    assert_eq!(index.search(&text("kettle")).unwrap().total, 1);
    assert_eq!(writer.next(SHARD), 0, "stock is not known before it is loaded");
    index.stock().load(SHARD, 2, [(engine_core::ProductId(1), 6)]);
    assert_eq!(writer.next(SHARD), 1);
    writer.apply(SHARD, 2, &entry(1, vec![changed(&product(2, "Kettle"))])).unwrap();
    writer.commit().unwrap();
    let hits = index.search(&text("kettle")).unwrap();
    assert_eq!(hits.total, 2);
    assert_eq!(hits.hits[0].available, 6);
}

#[test]
fn a_commit_is_due_by_number_and_by_time() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    writer.apply(SHARD, 1, &entry(0, vec![stock(1, 1)])).unwrap();
    assert!(!writer.is_due(), "levels alone need no commit");
    let many = (0..COMMIT_DOCUMENTS as u128).map(|id| changed(&product(id, "Kettle"))).collect();
    writer.apply(SHARD, 2, &entry(1, many)).unwrap();
    assert!(writer.is_due());
    writer.tick().unwrap();
    assert!(!writer.is_due());
    assert_eq!(index.search(&text("kettle")).unwrap().total, COMMIT_DOCUMENTS as u64);

    writer.apply(SHARD, 3, &entry(2, vec![changed(&product(7, "Pan"))])).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while index.search(&text("pan")).unwrap().total == 0 {
        assert!(Instant::now() < deadline, "never committed");
        writer.tick().unwrap();
        std::thread::yield_now();
    }
}

#[test]
fn searches_take_up_merged_segments() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    for id in 1..30 {
        fill(&mut writer, &[product(id, "Kettle")]);
    }
    let deadline = Instant::now() + PATIENCE;
    while index.stats().segments > 6 {
        assert!(Instant::now() < deadline, "{:?}", index.stats());
        writer.tick().unwrap();
        std::thread::yield_now();
    }
    assert_eq!(index.search(&text("kettle")).unwrap().total, 29);
}

#[test]
fn every_move_of_a_position_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let told = Arc::new(AtomicU64::new(0));
    let count = told.clone();
    let on_publish = Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let (cluster_id, dir) = ("cluster".to_owned(), dir.path().to_owned());
    let config = Config { dir, cluster_id, on_publish: Some(on_publish) };
    let (index, mut writer) = SearchIndex::open(config).unwrap();
    writer.apply(SHARD, 1, &entry(0, vec![stock(1, 1)])).unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 1);
    writer.apply(SHARD, 2, &entry(1, vec![changed(&product(1, "Kettle"))])).unwrap();
    writer.apply(SHARD, 3, &entry(2, vec![stock(1, 2)])).unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 1, "entry 3 is behind entry 2, which waits");
    assert_eq!(index.positions().get(&SHARD), Some(&1));
    writer.commit().unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 2);
    assert_eq!(index.positions().get(&SHARD), Some(&3));
}

#[test]
fn the_digest_of_a_shard_is_that_of_its_rows_and_of_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let rows = |products: &[engine_core::catalog::Product]| {
        let mut digest = Digest::default();
        products.iter().for_each(|product| digest.add(product));
        digest
    };
    assert_eq!(index.digest(SHARD).unwrap(), (rows(&[]), 0));
    let mut products: Vec<_> = (1..40).map(|id| product(id, "Kettle")).collect();
    fill(&mut writer, &products[..20]);
    fill(&mut writer, &products[20..]);
    let other = ShardId(2);
    writer.apply(other, 1, &entry(0, vec![changed(&product(99, "Pan"))])).unwrap();
    writer.commit().unwrap();
    assert_eq!(index.digest(SHARD).unwrap(), (rows(&products), 2));
    assert_eq!(index.digest(other).unwrap(), (rows(&[product(99, "Pan")]), 1));

    products[3].details.description = "Now with a spout".to_owned();
    assert_ne!(index.digest(SHARD).unwrap().0, rows(&products), "a row has changed");
    products[7].archived_at = Some(1);
    writer.apply(SHARD, 3, &entry(2, vec![changed(&products[3])])).unwrap();
    writer.apply(SHARD, 4, &entry(3, vec![changed(&products[7])])).unwrap();
    assert_eq!(index.digest(SHARD).unwrap().1, 2, "what searches do not see is not in it");
    writer.commit().unwrap();
    let digest = index.digest(SHARD).unwrap();
    assert_eq!(digest, (rows(&products), 4));
    assert_eq!(digest.0.products, 38);
    products.rotate_left(5);
    assert_eq!(digest.0, rows(&products), "the order does not matter");

    drop((index, writer));
    let (index, _writer) = open(dir.path());
    assert_eq!(index.digest(SHARD).unwrap(), digest, "nor does a restart");
}
