//! The log in the store: marks, pages, verification.

use super::*;
use crate::log::{Checkpoint, Head};

#[test]
fn entries_carry_the_kind_of_the_store() {
    for kind in [StoreKind::Real, StoreKind::Training] {
        let (_folder, path) = place();
        let store = Store::create(&path, kind, &key(), born).unwrap();
        log_one(&store, 1).unwrap();
        let page = store.read(|tx| tx.log_page(None, 10, |_| true)).unwrap();
        assert!(page.entries.iter().all(|entry| entry.training == kind.is_training()));
        assert_eq!(page.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [2, 1]);
        let Act::StoreCreated { store_id, .. } = &page.entries[1].act else { panic!("not the first") };
        assert_eq!(store_id.as_str(), store.store_id().to_string());
    }
}

#[test]
fn pages_from_the_end() {
    let (_folder, path) = place();
    let store = create(&path);
    store.transact(|tx: &mut Tx<'_>| (2..=25).try_for_each(|n| tx.log(&numbered(n)).map(drop))).unwrap();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = store.read(|tx| tx.log_page(before, 10, |_| true)).unwrap();
        assert!(page.unreadable.is_empty());
        seen.extend(page.entries.iter().map(|entry| entry.seq));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<u64>>());
    let odd = store.read(|tx| tx.log_page(Some(8), 2, |entry| entry.seq % 2 == 1)).unwrap();
    assert_eq!(odd.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [7, 5]);
    assert_eq!(odd.next, Some(5));
}

#[test]
fn verification_against_what_others_have_kept() {
    let (_folder, path) = place();
    let store = create(&path);
    for n in 1..=5 {
        log_one(&store, n).unwrap();
    }
    let (head, frontier) = store.read(|tx| Ok::<_, StoreError>((tx.head()?, tx.frontier()?))).unwrap();
    let report = store.verify_log(&[head]).unwrap();
    assert_eq!((report.entries, report.head, report.is_sound()), (6, head, true));
    assert_eq!(report.root, Some(frontier.root()));
    assert_eq!(Checkpoint::of("kyukyu.test/er", &frontier).unwrap().size, 6);

    let later = Head { seq: 9, ..head };
    let report = store.verify_log(&[later]).unwrap();
    let sentence = report.faults[0].to_string();
    assert!(sentence.contains("末尾の3件がありません"), "{sentence}");
}

/// Everything that is possible for a program with the file but without the key.
#[test]
fn an_entry_changed_in_the_file_is_found_at_start() {
    let (_folder, path) = place();
    let store = create(&path);
    for n in 1..=5 {
        log_one(&store, n).unwrap();
    }
    store.close().unwrap();
    let database = crate::store::medium::settings().open(&path).unwrap();
    let txn = database.begin_write().unwrap();
    {
        use redb::ReadableTable as _;
        let mut log = txn.open_table(crate::store::table::LOG).unwrap();
        let mut row = log.get(3).unwrap().unwrap().value().to_vec();
        let last = row.len() - 4;
        row[last] = b'9';
        log.insert(3, row.as_slice()).unwrap();
    }
    txn.commit().unwrap();
    database.close().unwrap();
    let (_store, opened) = Store::open(&path, &key()).unwrap();
    assert!(opened.whole && !opened.ended_in_order);
    assert_eq!(opened.check.faults.len(), 1, "{:?}", opened.check);
    assert_eq!(opened.check.faults[0].seq, Some(3));
}

#[test]
fn how_the_station_ended_is_told() {
    let (_folder, path) = place();
    create(&path);
    let (store, opened) = Store::open(&path, &key()).unwrap();
    assert!(opened.ended_in_order, "a store that was only made");
    log_one(&store, 1).unwrap();
    drop(store);
    let (store, opened) = Store::open(&path, &key()).unwrap();
    assert!(!opened.ended_in_order);
    store.transact(|tx: &mut Tx<'_>| tx.log(&entry(Act::StoreClosed { cause: text("test") }))).unwrap();
    drop(store);
    assert!(Store::open(&path, &key()).unwrap().1.ended_in_order);
}
