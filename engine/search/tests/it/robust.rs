//! Bad files, other clusters, a second process, a disk that fails.

use std::path::{Path, PathBuf};

use engine_search::{Config, IndexError, Progress, SearchIndex};

use crate::support::{SHARD, changed, entry, fill, ids, open, open_as, product, text};

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn another_clusters_index_is_started_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Kettle")]);
    drop((index, writer));
    let (index, mut writer) = open_as(dir.path(), "other");
    assert!(index.positions().is_empty());
    assert_eq!(index.stats().documents, 0);
    assert_eq!(writer.next(SHARD), 0);
    fill(&mut writer, &[product(2, "Kettle")]);
    assert_eq!(ids(&index.search(&text("kettle")).unwrap()), vec![2]);
}

#[test]
fn a_damaged_file_leads_to_an_empty_index_that_works() {
    let template = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(template.path());
    let products: Vec<_> = (1..50).map(|id| product(id, "Copper kettle")).collect();
    fill(&mut writer, &products);
    drop(index);
    writer.close().unwrap();
    for file in files(template.path()) {
        let bytes = std::fs::read(&file).unwrap();
        let cut = bytes[..bytes.len() / 2].to_vec();
        let mut flipped = bytes.clone();
        let half = bytes.len() / 2;
        if let Some(byte) = flipped.get_mut(half) {
            *byte ^= 0x41;
        }
        for damage in [None, Some(cut), Some(flipped)] {
            let dir = tempfile::tempdir().unwrap();
            for file in files(template.path()) {
                std::fs::copy(&file, dir.path().join(file.file_name().unwrap())).unwrap();
            }
            let target = dir.path().join(file.file_name().unwrap());
            match &damage {
                Some(bytes) => std::fs::write(&target, bytes).unwrap(),
                None => std::fs::remove_file(&target).unwrap(),
            }
            let (index, mut writer) = open(dir.path());
            let total = index.search(&text("kettle")).unwrap().total;
            let position = index.positions().get(&SHARD).copied().unwrap_or(0);
            let whole = (49, 1);
            assert!([(0, 0), whole].contains(&(total, position)), "{target:?}: {total}");
            if damage.is_none() {
                continue;
            }
            let new = entry(position, vec![changed(&product(99, "Pan"))]);
            index.stock().load(SHARD, position, []);
            assert_eq!(writer.apply(SHARD, 7, &new).unwrap(), Progress::Applied);
            writer.commit().unwrap();
            assert_eq!(ids(&index.search(&text("pan")).unwrap()), vec![99]);
        }
    }
}

#[test]
fn an_index_in_use_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &[product(1, "Kettle")]);
    let config = Config { dir: dir.path().into(), cluster_id: "other".into(), on_publish: None };
    let second = SearchIndex::open(config).err();
    assert!(matches!(second, Some(IndexError::InUse(_))), "{second:?}");
    assert_eq!(index.search(&text("kettle")).unwrap().total, 1);
}

#[test]
fn after_a_failed_commit_indexing_goes_on_where_it_was() {
    let parent = tempfile::tempdir().unwrap();
    let (dir, away) = (parent.path().join("search"), parent.path().join("away"));
    let (index, mut writer) = open(&dir);
    fill(&mut writer, &[product(1, "Kettle")]);
    let second = entry(1, vec![changed(&product(2, "Kettle"))]);
    writer.apply(SHARD, 2, &second).unwrap();

    std::fs::rename(&dir, &away).unwrap();
    std::fs::write(&dir, b"no directory").unwrap();
    let failed = writer.commit();
    assert!(matches!(failed, Err(IndexError::Failed { .. })), "{failed:?}");
    assert_eq!(writer.next(SHARD), 1, "what was not committed is read again");
    assert!(writer.apply(SHARD, 2, &second).is_err());
    assert_eq!(index.search(&text("kettle")).unwrap().total, 1);
    assert_eq!(index.positions().get(&SHARD), Some(&1));

    std::fs::remove_file(&dir).unwrap();
    std::fs::rename(&away, &dir).unwrap();
    assert_eq!(writer.apply(SHARD, 2, &second).unwrap(), Progress::Applied);
    writer.commit().unwrap();
    assert_eq!(ids(&index.search(&text("kettle")).unwrap()), vec![1, 2]);
    assert_eq!(index.positions().get(&SHARD), Some(&2));
}
