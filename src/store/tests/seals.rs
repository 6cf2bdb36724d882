//! Signed checkpoints in the store, and what its check says when somebody who owns the file changes it.

use super::*;
use crate::log::{Code, LogKey, Outside, SignedCheckpoint, Verdict, VerifierKey, origin};
use crate::store::open_log_key;
use crate::store::table::{CHECKPOINTS, LOG, META};
use redb::{ReadableTable as _, WriteTransaction};
use zeroize::Zeroizing;

pub(super) fn log_key() -> LogKey {
    LogKey::from_seed(&Zeroizing::new([3; 32]))
}

fn verifier(store: &Store) -> VerifierKey {
    log_key().verifier(&origin(&store.store_id())).unwrap()
}

/// Names the key, as the station does at its start.
pub(super) fn adopt(store: &Store) {
    let key = verifier(store);
    store
        .transact(move |tx: &mut Tx<'_>| {
            let text = text(&key.to_string());
            tx.log(&entry(Act::LogKeyCreated { key: text, replaces: None }))?;
            tx.adopt_log_key(&key)
        })
        .unwrap();
}

fn seal(store: &Store) -> Option<SignedCheckpoint> {
    store.transact(|tx: &mut Tx<'_>| tx.checkpoint(&log_key())).unwrap()
}

/// A store of twenty entries, signed at 5, 10, 15 and 20.
fn made(path: &Path) -> Store {
    let store = create(path);
    adopt(&store);
    for n in 3..=20 {
        log_one(&store, n).unwrap();
        if n.is_multiple_of(5) {
            seal(&store).unwrap();
        }
    }
    store
}

/// What was written down on paper, and what is on the stick, at the end.
fn kept_outside(store: &Store) -> [Outside; 2] {
    let (frontier, newest) =
        store.read(|tx| Ok::<_, StoreError>((tx.frontier()?, tx.newest_checkpoint()?))).unwrap();
    let code = Code::of(&store.store_id(), frontier.size(), &frontier.root());
    [Outside::Code(code), Outside::parse(&newest.unwrap().note).unwrap()]
}

/// Changes the file as root would: with redb, without us.
fn tamper(path: &Path, change: impl Fn(&WriteTransaction)) {
    let database = crate::store::medium::settings().open(path).unwrap();
    let txn = database.begin_write().unwrap();
    change(&txn);
    txn.commit().unwrap();
    database.close().unwrap();
}

fn edit(txn: &WriteTransaction, seq: u64) {
    let mut log = txn.open_table(LOG).unwrap();
    let mut row = log.get(seq).unwrap().unwrap().value().to_vec();
    let last = row.len() - 4;
    row[last] ^= 1;
    log.insert(seq, row.as_slice()).unwrap();
}

/// Writes chain and tail anew, as somebody with our source could.
fn rehash(txn: &WriteTransaction, store: crate::log::StoreId) {
    let mut log = txn.open_table(LOG).unwrap();
    let rows: Vec<(u64, Vec<u8>)> = log
        .range(1..)
        .unwrap()
        .map(|row| row.map(|(seq, row)| (seq.value(), row.value()[32..].to_vec())).unwrap())
        .collect();
    let (mut head, mut frontier) = (crate::log::Head::default(), crate::log::Frontier::default());
    for (seq, body) in rows {
        head = head.append(&store, &body);
        assert_eq!(head.seq, seq);
        frontier.append(&head.hash.0);
        log.insert(seq, crate::store::rows::row(&head.hash, &body).as_slice()).unwrap();
    }
    let tail = crate::store::meta::Tail { head, frontier };
    tail.write(txn).unwrap();
}

fn cut(txn: &WriteTransaction, last: u64) {
    txn.open_table(LOG).unwrap().retain(|seq, _| seq <= last).unwrap();
}

fn unseal(txn: &WriteTransaction, last: u64) {
    txn.open_table(CHECKPOINTS).unwrap().retain(|size, _| size <= last).unwrap();
}

/// Signs every checkpoint anew over what is there now.
fn reseal(txn: &WriteTransaction, store: crate::log::StoreId, key: &LogKey) {
    let log = txn.open_table(LOG).unwrap();
    let mut seals = txn.open_table(CHECKPOINTS).unwrap();
    let mut frontier = crate::log::Frontier::default();
    for row in log.range(1..).unwrap() {
        let (seq, row) = row.unwrap();
        frontier.append(&row.value()[..32]);
        if seq.value().is_multiple_of(5) {
            let checkpoint = crate::log::Checkpoint::of(&origin(&store), &frontier).unwrap();
            let note = SignedCheckpoint::sign(checkpoint, key).unwrap().note;
            seals.insert(seq.value(), note.as_bytes()).unwrap();
        }
    }
}

#[test]
fn checkpoints_are_made_kept_and_checked() {
    let (_folder, path) = place();
    let store = made(&path);
    assert_eq!(seal(&store), None, "nothing new to sign");
    let sizes = store.read(|tx| {
        assert_eq!(tx.count_checkpoints(1)?, 4);
        assert_eq!(tx.count_checkpoints(16)?, 1);
        tx.checkpoints(0..=u64::MAX)?.map(|row| row.map(|(size, _)| size)).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(sizes.unwrap(), [5, 10, 15, 20]);
    let checked = store.check_log(None).unwrap();
    assert_eq!((checked.verdict, checked.checkpoints, checked.sealed), (Verdict::Sound, 4, 20));
    assert_eq!(store.read(crate::store::ReadTx::log_key).unwrap(), Some(verifier(&store)));
    for outside in kept_outside(&store) {
        log_one(&store, 99).unwrap();
        assert_eq!(store.check_log(Some(&outside)).unwrap().verdict, Verdict::Sound, "{outside:?}");
    }
    let (unsigned, code) =
        store.transact(|tx: &mut Tx<'_>| Ok::<_, StoreError>((tx.unsigned()?, tx.code()))).unwrap();
    assert_eq!((unsigned, code.size), (2, 22));
}

/// A job that fails leaves no checkpoint, and the next one signs what is really there.
#[test]
fn a_checkpoint_stands_or_falls_with_its_job() {
    let (_folder, path) = place();
    let store = made(&path);
    let failed: Result<(), StoreError> = store.transact(|tx: &mut Tx<'_>| {
        tx.log(&numbered(21))?;
        tx.checkpoint(&log_key())?;
        Err(StoreError::Panicked)
    });
    assert!(failed.is_err());
    assert_eq!(store.read(|tx| tx.count_checkpoints(1)).unwrap(), 4);
    log_one(&store, 22).unwrap();
    assert_eq!(seal(&store).unwrap().checkpoint.size, 21);
    assert_eq!(store.check_log(None).unwrap().verdict, Verdict::Sound);
}

/// What a change of the file is found by: at the start, by the check alone, against a code, against a note.
#[test]
fn which_check_finds_which() {
    use Verdict::{Changed, Forked, OtherKey, RolledBack, Sound, Truncated};
    type Change = fn(&WriteTransaction, crate::log::StoreId);
    let (known, before) = (20, |before| Changed { before });
    let short = RolledBack { known, last: 12 };
    // The first column: whether the start refuses (None), or how many faults it puts on record.
    let table: [(&str, Change, Option<u64>, [Verdict; 3]); 11] = [
        ("untouched", |_, _| (), Some(0), [Sound; 3]),
        ("one entry edited", |txn, _| edit(txn, 8), Some(1), [before(8); 3]),
        (
            "one entry removed",
            |txn, _| drop(txn.open_table(LOG).unwrap().remove(8).unwrap()),
            Some(1),
            [before(9); 3],
        ),
        (
            "two entries exchanged",
            |txn, _| {
                let mut log = txn.open_table(LOG).unwrap();
                let row = |seq: u64| log.get(seq).unwrap().unwrap().value().to_vec();
                let (eight, nine) = (row(8), row(9));
                log.insert(8, nine.as_slice()).unwrap();
                log.insert(9, eight.as_slice()).unwrap();
            },
            Some(7),
            [before(8); 3],
        ),
        (
            "one entry added behind the tail",
            |txn, _| {
                let mut log = txn.open_table(LOG).unwrap();
                let row = log.get(20).unwrap().unwrap().value().to_vec();
                log.insert(21, row.as_slice()).unwrap();
            },
            None,
            [Sound; 3],
        ),
        ("the end cut off", |txn, _| cut(txn, 12), None, [Sound; 3]),
        (
            "edited, chain and tail made anew",
            |txn, store| {
                edit(txn, 8);
                rehash(txn, store);
            },
            Some(3),
            [before(10); 3],
        ),
        (
            "the end cut off, tail made anew",
            |txn, store| {
                cut(txn, 12);
                rehash(txn, store);
            },
            Some(1),
            [Truncated { known, last: 12 }; 3],
        ),
        (
            "an older copy put back",
            |txn, store| {
                cut(txn, 12);
                unseal(txn, 12);
                rehash(txn, store);
            },
            Some(0),
            [Sound, short, short],
        ),
        (
            "edited, everything made anew with the stolen key",
            |txn, store| {
                edit(txn, 8);
                rehash(txn, store);
                reseal(txn, store, &log_key());
            },
            Some(0),
            [Sound, Forked { size: known }, Forked { size: known }],
        ),
        (
            "edited, everything signed anew with another key",
            |txn, store| {
                edit(txn, 8);
                rehash(txn, store);
                reseal(txn, store, &LogKey::from_seed(&Zeroizing::new([4; 32])));
            },
            Some(0),
            [OtherKey, before(known), before(known)],
        ),
    ];
    for (name, change, at_start, [alone, paper, stick]) in table {
        let (_folder, path) = place();
        let store = made(&path);
        let [code, note] = kept_outside(&store);
        let id = store.store_id();
        store.close().unwrap();
        tamper(&path, |txn| change(txn, id));
        let opened = Store::open(&path, &key());
        let Some(faults) = at_start else {
            assert!(matches!(opened, Err(StoreError::Damaged { .. })), "{name}");
            continue;
        };
        let (store, opened) = opened.unwrap();
        assert_eq!(opened.check.fault_count, faults, "{name}: at the start: {:?}", opened.check.faults);
        assert_eq!(store.check_log(None).unwrap().verdict, alone, "{name}: alone");
        assert_eq!(store.check_log(Some(&code)).unwrap().verdict, paper, "{name}: against a code");
        assert_eq!(store.check_log(Some(&note)).unwrap().verdict, stick, "{name}: against a note");
    }
}

#[test]
fn a_store_from_before_gets_its_table_when_it_is_opened() {
    let (_folder, path) = place();
    create(&path).close().unwrap();
    tamper(&path, |txn| {
        txn.delete_table(CHECKPOINTS).unwrap();
        txn.open_table(META).unwrap().remove(crate::store::seals::KEY).unwrap();
    });
    let (store, _) = Store::open(&path, &key()).unwrap();
    assert_eq!(store.read(crate::store::ReadTx::log_key).unwrap(), None);
    adopt(&store);
    assert_eq!(seal(&store).unwrap().checkpoint.size, 2);
    assert_eq!(store.check_log(None).unwrap().verdict, Verdict::Sound);
}

#[test]
fn the_key_file_is_made_once_and_judged() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, _) = place();
    let path = folder.path().join("log.key");
    let (made, new) = open_log_key(&path).unwrap();
    let (read, again) = open_log_key(&path).unwrap();
    assert_eq!((new, again), (true, false));
    assert_eq!(made.verifier("x").unwrap(), read.verifier("x").unwrap());
    let about = std::fs::metadata(&path).unwrap();
    assert_eq!((about.permissions().mode() & 0o7777, about.len()), (0o400, 32));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no half key is left");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(open_log_key(&path), Err(StoreError::Mode { .. })));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "short").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(matches!(open_log_key(&path), Err(StoreError::KeyFile { .. })));
}
