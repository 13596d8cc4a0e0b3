//! One set of tests for every kind of store: what holds on RocksDB holds in memory.

#![allow(clippy::unwrap_used, reason = "a test may")]
use engine_store::{Batch, Cache, Options, Rows, Step, Store};

fn options(logged: bool) -> Options {
    Options {
        logged,
        cache: Cache::new(1 << 20),
        write_buffer_bytes: 1 << 20,
        write_buffers: 2,
        on_disk_error: |path, error| panic!("{}: {error}", path.display()),
    }
}

/// Runs a test on a store of each kind.
fn on_each(test: impl Fn(&Store)) {
    test(&Store::in_memory());
    for logged in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        test(&Store::open(dir.path(), &options(logged)).unwrap());
    }
}

fn put(store: &Store, rows: &[(&str, &str)]) {
    let mut batch = Batch::new();
    for (key, value) in rows {
        batch.put(key.as_bytes().to_vec(), value.as_bytes().to_vec());
    }
    store.write(batch).unwrap();
}

fn keys(rows: &dyn Rows, from: &str, to: &str, limit: usize) -> Vec<String> {
    let rows = rows.scan(from.as_bytes()..to.as_bytes(), limit).unwrap();
    rows.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect()
}

#[test]
fn rows_come_back_in_the_order_of_their_keys() {
    on_each(|store| {
        put(store, &[("b", "2"), ("a", "1"), ("c", "3"), ("d", "4")]);
        assert_eq!(store.get(b"b").unwrap(), Some(b"2".to_vec()));
        assert_eq!(store.get(b"x").unwrap(), None);
        let asked = [b"c".to_vec(), b"x".to_vec(), b"a".to_vec()];
        let found = store.multi_get(&asked).unwrap();
        assert_eq!(found, [Some(b"3".to_vec()), None, Some(b"1".to_vec())]);
        assert_eq!(keys(store, "a", "c", 9), ["a", "b"]);
        assert_eq!(keys(store, "b", "", 2), ["b", "c"]);
        assert_eq!(keys(store, "b", "", 0), Vec::<String>::new());
        assert_eq!(keys(store, "c", "a", 9), Vec::<String>::new());
        let last = store.last(b"a".as_slice()..b"d".as_slice()).unwrap();
        assert_eq!(last, Some((b"c".to_vec(), b"3".to_vec())));
        assert_eq!(store.last(b"x".as_slice()..b"".as_slice()).unwrap(), None);
    });
}

#[test]
fn a_visit_ends_where_it_is_told_to() {
    on_each(|store| {
        put(store, &[("a", "1"), ("b", "2"), ("c", "3")]);
        let mut seen = 0;
        store
            .visit(b"".as_slice()..b"".as_slice(), &mut |key, _| {
                seen += 1;
                if key == b"b" { Step::Break(()) } else { Step::Continue(()) }
            })
            .unwrap();
        assert_eq!(seen, 2);
    });
}

#[test]
fn a_batch_takes_effect_in_its_order() {
    on_each(|store| {
        put(store, &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
        let mut batch = Batch::new();
        batch.put(b"b".to_vec(), b"9".to_vec());
        batch.delete_range(b"a".to_vec()..b"c".to_vec());
        batch.put(b"a".to_vec(), b"5".to_vec());
        batch.delete(b"d".to_vec());
        batch.delete_range(b"z".to_vec()..b"c".to_vec());
        store.write(batch).unwrap();
        assert_eq!(keys(store, "", "", 9), ["a", "c"]);
        assert_eq!(store.get(b"a").unwrap(), Some(b"5".to_vec()));
    });
}

#[test]
fn a_snapshot_does_not_see_later_writes() {
    on_each(|store| {
        put(store, &[("a", "1"), ("b", "2")]);
        store.with_snapshot(|snapshot| {
            put(store, &[("a", "9"), ("c", "3")]);
            assert_eq!(snapshot.get(b"a").unwrap(), Some(b"1".to_vec()));
            assert_eq!(keys(snapshot, "", "", 9), ["a", "b"]);
            let last = snapshot.last(b"".as_slice()..b"".as_slice()).unwrap();
            assert_eq!(last, Some((b"b".to_vec(), b"2".to_vec())));
        });
        assert_eq!(keys(store, "", "", 9), ["a", "b", "c"]);
    });
}

#[test]
fn what_was_made_durable_is_there_after_opening_again() {
    for logged in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &options(logged)).unwrap();
        put(&store, &[("a", "1")]);
        if logged { store.sync_log() } else { store.flush() }.unwrap();
        assert!(!store.pressure().stopped);
        drop(store);
        let store = Store::open(dir.path(), &options(logged)).unwrap();
        assert_eq!(keys(&store, "", "", 9), ["a"]);
    }
}

#[test]
fn a_folder_that_is_open_elsewhere_is_said_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let _open = Store::open(dir.path(), &options(true)).unwrap();
    let error = Store::open(dir.path(), &options(true)).err().unwrap();
    assert!(matches!(error, engine_store::StoreError::Locked(_)), "{error}");
}
