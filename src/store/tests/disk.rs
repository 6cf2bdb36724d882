//! A disk that fails without losing power.

use super::simulated::{Disk, Fate, Random};
use super::*;
use std::io::ErrorKind;

#[test]
fn one_io_error_is_told_and_outlived() {
    for operation in 1..40 {
        let disk = Disk::with_store();
        let store = disk.open().unwrap();
        log_one(&store, 1).unwrap();
        disk.light(operation, Fate::FailOnce(ErrorKind::Other));
        let mut acknowledged = vec![1];
        let mut failed = 0;
        for n in 2..8 {
            match log_one(&store, n) {
                Ok(_) => acknowledged.push(n),
                Err(StoreError::Io { .. }) => failed += 1,
                Err(other) => panic!("operation {operation}: {other:?}"),
            }
        }
        assert!(failed <= 1, "operation {operation}: {failed} failures of one error");
        let kept = numbers(&store);
        assert!(acknowledged.iter().all(|n| kept.contains(n)), "operation {operation}: {kept:?}");
        assert_sound(&store);
    }
}

/// A failed fsync is not asked again (the kernel would say yes and have thrown the pages away): the file is opened anew,
/// what it was for is told as not done, and what came later holds even when the power fails.
#[test]
fn a_sync_that_fails_once_acknowledges_nothing_and_is_not_tried_again() {
    // A commit syncs twice: each of ten is met in either.
    for after in 0..20 {
        let disk = Disk::with_store();
        let store = disk.open().unwrap();
        disk.fail_sync(after);
        let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
        for n in 1..=10 {
            match log_one(&store, n) {
                Ok(_) => acknowledged.push(n),
                Err(StoreError::Io { .. }) => refused.push(n),
                Err(other) => panic!("sync {after}: {other:?}"),
            }
        }
        assert_eq!(refused.len(), 1, "sync {after}: {refused:?} of one error");
        assert!(acknowledged.contains(&10) || refused == [10], "sync {after}: it goes on");
        assert!(disk.sync_failed() && !disk.sync_retried(), "sync {after}");
        disk.light(1, Fate::PowerOff);
        drop(store);
        disk.restore_power(&mut Random(after + 1));
        let store = disk.open().unwrap();
        let kept = numbers(&store);
        assert!(acknowledged.iter().all(|n| kept.contains(n)), "sync {after}: {acknowledged:?} {kept:?}");
        assert_sound(&store);
    }
}

#[test]
fn a_reader_that_meets_an_error_does_not_spoil_the_store() {
    let disk = Disk::with_store();
    let store = disk.open().unwrap();
    let long = entry(Act::DocumentDeleted {
        document: text(&"a".repeat(3_000)),
        sha256: text(&"b".repeat(3_000)),
        why: text("more than the cache holds"),
    });
    store.transact(move |tx: &mut Tx<'_>| (0..3_000).try_for_each(|_| tx.log(&long).map(drop))).unwrap();
    disk.light(1, Fate::FailOnce(ErrorKind::Other));
    assert!(matches!(store.verify_log(&[]), Err(StoreError::Io { .. })));
    assert_eq!(log_one(&store, 1).unwrap(), 3_002);
    assert_eq!(store.read(ReadTx::log_len).unwrap(), 3_002);
}

#[test]
fn a_full_disk_is_refused_noted_and_recovered_from() {
    let disk = Disk::with_store();
    let store = disk.open().unwrap();
    log_one(&store, 1).unwrap();
    disk.light(1, Fate::Full);
    let refused = log_one(&store, 2).unwrap_err();
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused:?}");
    assert!(store.short_of_space() && disk.ballast_given());

    // What matters can still be written down; what does not, has to wait.
    let noted: Result<u64, StoreError> = store.transact_essential(|tx| tx.log(&numbered(3)));
    noted.unwrap();
    assert!(matches!(log_one(&store, 4), Err(StoreError::DiskFull { .. })));

    disk.free_space();
    log_one(&store, 5).unwrap();
    assert!(!store.short_of_space());
    let kept = numbers(&store);
    assert!([1, 3, 5].iter().all(|n| kept.contains(n)) && !kept.contains(&4), "{kept:?}");
    assert_sound(&store);
}
