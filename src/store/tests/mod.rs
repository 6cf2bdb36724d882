//! The store as the station meets it, and as bad days treat it.

mod batch;
mod damage;
mod disk;
mod full;
mod index;
mod kill;
mod log;
mod owner;
mod power;
mod records;
mod renew;
mod seals;
mod simulated;

use super::{ReadTx, StationKey, Store, StoreError, StoreKind, Tx};
use crate::domain::SafeText;
use crate::log::{Act, ClockNote, NewEntry, Stamp, StoreId};
use std::path::{Path, PathBuf};

fn key() -> StationKey {
    StationKey::from_bytes([7; 32])
}

fn text(plain: &str) -> SafeText {
    SafeText::new(plain)
}

fn entry(act: Act) -> NewEntry {
    let at = Stamp { utc_ms: 1, boot_ms: 2, boot_id: text("boot"), clock: ClockNote::Steady };
    NewEntry::of_station(at, text("er"), act)
}

/// An entry that can be told from others.
fn numbered(n: u64) -> NewEntry {
    entry(Act::LogSearched { filter: text(&n.to_string()) })
}

fn born(store: StoreId) -> NewEntry {
    entry(Act::StoreCreated { store_id: text(&store.to_string()), previous: None })
}

/// A folder that only we can write, and the path of a store in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    (folder, path)
}

fn create(path: &Path) -> Store {
    Store::create(path, StoreKind::Training, &key(), born).unwrap()
}

fn log_one(store: &Store, n: u64) -> Result<u64, StoreError> {
    store.transact(move |tx: &mut Tx<'_>| tx.log(&numbered(n)))
}

/// The numbers that `numbered` put into the log, oldest first.
fn numbers(store: &Store) -> Vec<u64> {
    store
        .read(|tx| {
            let mut numbers = Vec::new();
            for row in tx.log_rows(1..=u64::MAX)? {
                if let Act::LogSearched { filter } = row?.entry().unwrap().act {
                    numbers.push(filter.as_str().parse().unwrap());
                }
            }
            Ok::<_, StoreError>(numbers)
        })
        .unwrap()
}

fn assert_sound(store: &Store) {
    let report = store.verify_log(&[]).unwrap();
    assert_eq!(report.faults, []);
    assert!(report.root.is_some());
    let index = store.read(ReadTx::check_index).unwrap();
    assert_eq!(index.faults, []);
}
