//! A store that cannot be trusted is put aside as it is, and a new one goes on.

use super::*;
use crate::store::file::beside;
use crate::store::{Before, Carried, Table, finish_renewal, renew};
use std::cell::Cell;

/// What happens to a file.
type Damage = fn(&Path);

/// Entries in the log of a filled store.
const ENTRIES: u64 = 301;

/// A store with records of every heritage, its copy beside it, and closed.
fn filled(path: &Path) -> StoreId {
    let store = create(path);
    store
        .transact(|tx: &mut Tx<'_>| {
            (2..=ENTRIES).try_for_each(|n| tx.log(&numbered(n)).map(drop))?;
            for n in 0..50 {
                tx.put(Table::Accounts, &format!("user{n}"), &format!("account {n}"))?;
                tx.put(Table::Cases, &format!("case{n}"), &"x".repeat(200))?;
            }
            tx.put(Table::Sessions, "session", &"token")?;
            tx.put(Table::Shipping, "archive", &300)
        })
        .unwrap();
    spare(&store, path);
    let id = store.store_id();
    store.close().unwrap();
    id
}

fn spare(store: &Store, path: &Path) {
    store.read(ReadTx::spare).unwrap().write(path).unwrap();
}

/// Renews it, and gives what was known and carried, and the new store.
fn renewed(path: &Path) -> (Before, Carried, Store) {
    let known = Cell::new(None);
    let first = |id: StoreId, before: &Before| {
        known.set(Some(*before));
        born(id)
    };
    let last = |tx: &mut Tx<'_>, _: &Before, _: &Carried| {
        tx.log(&numbered(2))?;
        tx.put(Table::Settings, "damage", &1)
    };
    let carried = renew(path, &key(), first, last).unwrap();
    let (store, opened) = Store::open(path, &key()).unwrap();
    assert!(opened.check.is_sound());
    assert_sound(&store);
    assert_eq!(numbers(&store), [2], "its log begins anew");
    assert_eq!(get::<u64>(&store, Table::Settings, "damage"), Some(1));
    (known.get().unwrap(), carried, store)
}

fn get<T: serde::de::DeserializeOwned>(store: &Store, table: Table, key: &str) -> Option<T> {
    store.read(|tx| tx.get(table, key)).map_err(|error: StoreError| error).unwrap()
}

fn count(store: &Store, table: Table) -> usize {
    let all: Result<Vec<(String, serde_json::Value)>, StoreError> =
        store.read(|tx| tx.scan_prefix(table, ""));
    all.unwrap().len()
}

#[test]
fn a_readable_store_is_carried_over_whole_and_put_aside_as_it_is() {
    let (_folder, path) = place();
    let id = filled(&path);
    let bytes = std::fs::read(&path).unwrap();
    let (before, carried, store) = renewed(&path);
    assert_eq!(before.store, id);
    assert_eq!(before.head.unwrap().seq, ENTRIES);
    assert_ne!(store.store_id(), id);
    assert!(store.kind().is_training());
    assert_eq!((carried.records, carried.lost, &carried.torn, carried.accounts_of), (100, 0, &vec![], None));
    assert_eq!((count(&store, Table::Accounts), count(&store, Table::Cases)), (50, 50));
    assert_eq!(get(&store, Table::Accounts, "user7"), Some("account 7".to_owned()));
    assert_eq!((count(&store, Table::Sessions), count(&store, Table::Shipping)), (0, 0));
    let aside = carried.aside.unwrap();
    assert!(aside.to_string_lossy().ends_with("store.redb.damaged-1"));
    assert_eq!(std::fs::read(aside).unwrap(), bytes, "the evidence is as it was");
    assert!(!beside(&path, ".epoch").exists());
}

#[test]
fn of_what_cannot_be_read_the_accounts_are_there() {
    let table: [(&str, Damage); 5] = [
        ("emptied", |path| std::fs::write(path, []).unwrap()),
        ("truncated", |path| std::fs::File::options().write(true).open(path).unwrap().set_len(5000).unwrap()),
        ("overwritten", |path| std::fs::write(path, [0x55; 9_000]).unwrap()),
        ("removed", |path| std::fs::remove_file(path).unwrap()),
        ("another's", |path| {
            let (_folder, other) = place();
            Store::create(&other, StoreKind::Real, &StationKey::from_bytes([9; 32]), born)
                .unwrap()
                .close()
                .unwrap();
            std::fs::copy(&other, path).unwrap();
        }),
    ];
    for (what, damage) in table {
        let (_folder, path) = place();
        let id = filled(&path);
        damage(&path);
        let there = std::fs::read(&path).ok();
        let (before, carried, store) = renewed(&path);
        assert_eq!(before, Before { store: id, head: None }, "{what}");
        assert_eq!((count(&store, Table::Accounts), count(&store, Table::Cases)), (50, 0), "{what}");
        assert_eq!((carried.records, carried.accounts_of), (50, Some(ENTRIES)), "{what}");
        assert!(carried.torn.contains(&Table::Cases) && !carried.torn.contains(&Table::Accounts), "{what}");
        assert!(store.kind().is_training(), "{what}");
        assert_eq!(carried.aside.map(|aside| std::fs::read(aside).unwrap()), there, "{what}");
    }
}

#[test]
fn damaged_pages_cost_what_was_on_them_and_never_show_anything_else() {
    let (_folder, whole) = place();
    filled(&whole);
    let bytes = std::fs::read(&whole).unwrap();
    let (mut partly, mut random) = (0, super::simulated::Random(5));
    for round in 0..40 {
        let (_folder, path) = place();
        let mut damaged = bytes.clone();
        let page = random.below(damaged.len()) & !4095;
        let end = (page + 4096).min(damaged.len());
        damaged[page..end].iter_mut().for_each(|byte| *byte ^= 0xff);
        std::fs::write(&path, &damaged).unwrap();
        std::fs::copy(beside(&whole, ".accounts"), beside(&path, ".accounts")).unwrap();
        let carried = renew(&path, &key(), |id, _| born(id), |_, _, _| Ok(())).unwrap();
        let (store, _) = Store::open(&path, &key()).unwrap();
        assert_eq!(count(&store, Table::Accounts), 50, "round {round}");
        assert_eq!(get(&store, Table::Accounts, "user7"), Some("account 7".to_owned()), "round {round}");
        let cases = count(&store, Table::Cases);
        let told = carried.torn.contains(&Table::Cases) || carried.lost > 0;
        assert!(cases == 50 || told, "round {round}: {carried:?}");
        partly += usize::from(cases < 50);
        assert_eq!(std::fs::read(carried.aside.unwrap()).unwrap(), damaged, "round {round}");
    }
    assert!(partly > 0, "no damage hit the records");
}

#[test]
fn an_older_copy_does_not_bring_back_accounts_that_were_taken_away() {
    let (_folder, path) = place();
    filled(&path);
    let older = std::fs::read(&path).unwrap();
    let (store, _) = Store::open(&path, &key()).unwrap();
    let taken = store.transact(|tx: &mut Tx<'_>| {
        tx.log(&numbered(9))?;
        tx.put(Table::Cases, "late", &"x")?;
        tx.remove(Table::Accounts, "user7")
    });
    assert!(taken.map_err(|error: StoreError| error).unwrap());
    spare(&store, &path);
    store.close().unwrap();
    std::fs::write(&path, older).unwrap();
    let (before, carried, store) = renewed(&path);
    assert_eq!(before.head.unwrap().seq, ENTRIES);
    assert_eq!(carried.accounts_of, Some(ENTRIES + 1));
    assert_eq!((count(&store, Table::Accounts), count(&store, Table::Cases)), (49, 50));
}

#[test]
fn another_store_of_the_same_key_is_not_believed() {
    let (_folder, path) = place();
    let id = filled(&path);
    let (_other_folder, other) = place();
    filled(&other);
    std::fs::copy(&other, &path).unwrap();
    let (before, carried, store) = renewed(&path);
    assert_eq!(before, Before { store: id, head: None });
    assert_eq!((carried.records, count(&store, Table::Cases)), (50, 0));
}

#[test]
fn where_nobody_knows_what_it_was_nothing_is_done() {
    let (_folder, path) = place();
    filled(&path);
    let copy = std::fs::read(beside(&path, ".accounts")).unwrap();
    std::fs::write(&path, b"damaged").unwrap();
    let spoilt: [&dyn Fn(); 4] = [
        &|| std::fs::remove_file(beside(&path, ".accounts")).unwrap(),
        &|| std::fs::write(beside(&path, ".accounts"), &copy[..copy.len() / 2]).unwrap(),
        &|| {
            // One account taken out of the copy.
            let mut written: serde_json::Value = serde_json::from_slice(&copy).unwrap();
            written["rows"].as_array_mut().unwrap().pop().unwrap();
            std::fs::write(beside(&path, ".accounts"), written.to_string()).unwrap();
        },
        &|| {
            std::fs::write(beside(&path, ".accounts"), String::from_utf8_lossy(&copy).replace('A', "B"))
                .unwrap();
        },
    ];
    for spoil in spoilt {
        spoil();
        let refused = renew(&path, &key(), |id, _| born(id), |_, _, _| Ok(())).unwrap_err();
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused:?}");
        assert_eq!(std::fs::read(&path).unwrap(), b"damaged", "in its place");
    }
    std::fs::write(beside(&path, ".accounts"), &copy).unwrap();
    assert!(renew(&path, &StationKey::from_bytes([8; 32]), |id, _| born(id), |_, _, _| Ok(())).is_err());
    renewed(&path);
}

#[test]
fn what_a_crash_left_is_kept_and_what_fails_changes_nothing() {
    let (_folder, path) = place();
    filled(&path);
    let bytes = std::fs::read(&path).unwrap();
    // A crash after the exchange: the old store lies under the other name.
    std::fs::write(beside(&path, ".epoch"), b"the one before").unwrap();
    let failed = renew(&path, &key(), |id, _| born(id), |_, _, _| Err(StoreError::Closed));
    assert!(matches!(failed, Err(StoreError::Closed)));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(std::fs::read(beside(&path, ".damaged-1")).unwrap(), b"the one before");
    let (_, carried, _store) = renewed(&path);
    assert_eq!(carried.aside, Some(beside(&path, ".damaged-2")), "what could not be made whole is not kept");
    let busy = renew(&path, &key(), |id, _| born(id), |_, _, _| Ok(()));
    assert!(matches!(busy, Err(StoreError::AlreadyRunning { .. })));
}

#[test]
fn a_record_that_does_not_open_is_taken_from_the_copy_and_one_that_was_removed_is_not() {
    let (_folder, path) = place();
    let store = create(&path);
    let put = store.transact(|tx: &mut Tx<'_>| {
        (1..=3).try_for_each(|n| tx.put(Table::Accounts, &format!("user{n}"), &format!("account {n}")))
    });
    put.map_err(|error: StoreError| error).unwrap();
    spare(&store, &path);
    let removed: Result<bool, StoreError> = store.transact(|tx: &mut Tx<'_>| {
        tx.log(&numbered(1))?;
        tx.put(Table::Cases, "case1", &"x")?;
        tx.remove(Table::Accounts, "user3")
    });
    assert!(removed.unwrap());
    store.close().unwrap();
    let database = crate::store::medium::settings().open(&path).unwrap();
    let txn = database.begin_write().unwrap();
    for (table, key) in [(Table::Accounts, "user1"), (Table::Cases, "case1")] {
        txn.open_table(table.definition()).unwrap().insert(key, b"garbage".as_slice()).unwrap();
    }
    txn.commit().unwrap();
    database.close().unwrap();
    let (_, carried, store) = renewed(&path);
    assert_eq!(get(&store, Table::Accounts, "user1"), Some("account 1".to_owned()));
    assert_eq!((count(&store, Table::Accounts), count(&store, Table::Cases)), (2, 0));
    assert_eq!((carried.records, carried.lost, carried.accounts_of), (2, 1, Some(1)));
    assert!(carried.torn.is_empty());
}

/// Between two renames, where the file system cannot exchange two names; and after the exchange, where it can.
#[test]
fn what_a_crash_broke_off_is_ended() {
    let (_folder, path) = place();
    filled(&path);
    let old = std::fs::read(&path).unwrap();
    let (_, _, store) = renewed(&path);
    let id = store.store_id();
    store.close().unwrap();
    let new = std::fs::read(&path).unwrap();
    let evidence = || {
        std::fs::read_dir(path.parent().unwrap())
            .unwrap()
            .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains("damaged"))
            .count()
    };
    assert_eq!(evidence(), 1);

    std::fs::rename(&path, beside(&path, ".epoch")).unwrap();
    finish_renewal(&path, &key()).unwrap();
    assert_eq!(Store::open(&path, &key()).unwrap().0.store_id(), id);
    assert_eq!(evidence(), 1);

    std::fs::write(beside(&path, ".epoch"), &old).unwrap();
    finish_renewal(&path, &key()).unwrap();
    assert!(std::fs::read(beside(&path, ".damaged-2")).unwrap() == old);

    // Half a new store: its first transaction, and not yet the rest.
    std::fs::remove_file(&path).unwrap();
    let half = create(&beside(&path, ".other"));
    half.close().unwrap();
    std::fs::rename(beside(&path, ".other"), beside(&path, ".epoch")).unwrap();
    finish_renewal(&path, &key()).unwrap();
    assert!(!path.exists());
    assert_eq!(evidence(), 3);
    std::fs::write(&path, new).unwrap();
    finish_renewal(&path, &key()).unwrap();
    assert_eq!(evidence(), 3);
}

/// A crash just behind a renewal: the copy beside the store is still of the one before, and nothing is lost by that.
#[test]
fn a_store_that_follows_another_is_not_taken_for_a_stranger() {
    let (_folder, path) = place();
    let id = filled(&path);
    let stale = std::fs::read(beside(&path, ".accounts")).unwrap();
    let follow = |new: StoreId, before: &Before| {
        let store_id = text(&before.store.to_string());
        let previous = crate::log::PreviousStore { store_id, seq: 1, hash: None, witnessed: None };
        entry(Act::StoreCreated { store_id: text(&new.to_string()), previous: Some(previous) })
    };
    renew(&path, &key(), follow, |_, _, _| Ok(())).unwrap();
    let (store, _) = Store::open(&path, &key()).unwrap();
    let second = store.store_id();
    store.close().unwrap();
    assert!(std::fs::read(beside(&path, ".accounts")).unwrap() == stale);
    let (before, carried, store) = renewed(&path);
    assert_eq!(before.store, second);
    assert_ne!(before.store, id);
    assert_eq!((carried.records, count(&store, Table::Cases)), (100, 50));
}
