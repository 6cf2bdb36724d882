use super::*;
use crate::log::{Act, NewEntry, Stamp, StoreId};
use crate::store::{StationKey, StoreKind};

fn entry(number: usize) -> NewEntry {
    let at = Stamp { utc_ms: 0, boot_ms: 0, boot_id: "b".into(), clock: crate::log::ClockNote::Steady };
    NewEntry::of_station(at, "er-1".into(), Act::LogSearched { filter: number.to_string().as_str().into() })
}

/// A store with so many entries.
fn store(folder: &std::path::Path, entries: usize) -> Store {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    let key = StationKey::create(&folder.join("station.key")).unwrap();
    let first = |_: StoreId| entry(0);
    let store = Store::create(&folder.join("store.redb"), StoreKind::Training, &key, first).unwrap();
    let filled = store.transact(move |tx| {
        for number in 1..entries {
            tx.log(&entry(number))?;
        }
        Ok::<_, StoreError>(())
    });
    filled.unwrap();
    store
}

#[test]
fn rows_come_in_batches_that_follow_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), BATCH + 7);
    let mut cursor = Cursor::read(&store, "postgres", "here").unwrap();
    let mut seen = Head::default();
    for expected in [BATCH, 7, 0] {
        let parcels = store.read(|tx| cursor.next(tx)).unwrap();
        assert_eq!(parcels.len(), expected);
        for parcel in &parcels {
            assert_eq!(parcel.prev, seen.hash);
            seen = seen.append(&store.store_id(), &parcel.body);
            assert_eq!((parcel.seq, parcel.hash), (seen.seq, seen.hash));
        }
        cursor = cursor.after(&parcels);
    }
    assert_eq!(cursor.seq, seen.seq);
}

#[tokio::test]
async fn a_cursor_is_kept_by_place_and_another_place_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 9);
    let begun = Cursor::read(&store, "postgres", "here").unwrap();
    assert_eq!(begun.seq, 0);
    let after = begun.after(&store.read(|tx| begun.next(tx)).unwrap());
    after.keep(&store, "postgres").await.unwrap();
    assert_eq!(Cursor::read(&store, "postgres", "here").unwrap(), after);
    assert_eq!(Cursor::read(&store, "postgres", "there").unwrap().seq, 0);
    assert_eq!(Cursor::read(&store, "syslog", "here").unwrap().seq, 0);
}

#[test]
fn a_store_that_does_not_hold_what_was_sent_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 9);
    let at = |seq, hash: ChainHash| Cursor { place: "here".into(), seq, hash: hash.to_string() };
    let fifth = store.read(|tx| Ok::<_, StoreError>(tx.log_rows(5..=5)?.next().unwrap()?.hash)).unwrap();
    assert_eq!(store.read(|tx| at(5, fifth).next(tx)).unwrap().len(), 4);
    // Another row there, and a log that ends before.
    for cursor in [at(5, ChainHash([7; 32])), at(4, fifth), at(10, fifth)] {
        let said = store.read(|tx| cursor.next(tx));
        let forked = ShipError::Forked { seq: cursor.seq };
        assert!(matches!(&said, Err(NextError::Forked(error)) if *error == forked), "{said:?}");
    }
}

#[test]
fn a_place_that_lost_rows_goes_on_after_the_last_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 9);
    let begun = Cursor::read(&store, "postgres", "here").unwrap();
    let after = begun.after(&store.read(|tx| begun.next(tx)).unwrap());
    let back = after.back_to(&store, 4).unwrap();
    assert_eq!(store.read(|tx| back.next(tx)).unwrap()[0].seq, 5);
    assert_eq!(after.back_to(&store, 0).unwrap(), begun);
}
