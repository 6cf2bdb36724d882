//! A store with many entries, made in large transactions, and a file with the same bodies.

use crate::entries::{entry, log_key};
use crate::table::{Row, Table};
use kyukyu::log::{Act, origin};
use kyukyu::store::{StationKey, Store, StoreError, StoreKind, Tx};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Entries in one transaction.
const BATCH: u64 = 20_000;
/// Entries between two checkpoints.
pub const SIGNED: u64 = 256;

/// Where it is.
pub struct Million {
    pub store: PathBuf,
    pub bodies: PathBuf,
    /// How many entries, and so the number of the next one to be made.
    pub entries: u64,
}

/// The key of every store here.
pub fn key() -> StationKey {
    StationKey::from_bytes([7; 32])
}

/// A new store with a key for its checkpoints on record.
pub fn create(path: &Path) -> Store {
    let store = Store::create(path, StoreKind::Training, &key(), |_| entry(0)).unwrap();
    let verifier = log_key().verifier(&origin(&store.store_id())).unwrap();
    let adopted = store.transact(move |tx: &mut Tx<'_>| {
        let key = verifier.to_string().as_str().into();
        tx.log(&kyukyu::log::NewEntry { act: Act::LogKeyCreated { key, replaces: None }, ..entry(1) })?;
        tx.adopt_log_key(&verifier)
    });
    adopted.map_err(|error: StoreError| error).unwrap();
    store
}

/// Opens one, and checks that the start found nothing.
pub fn open(path: &Path) -> Store {
    let (store, opened) = Store::open(path, &key()).unwrap();
    assert!(opened.check.is_sound(), "{:?}", opened.check.faults);
    store
}

/// Makes the store and the file.
pub fn make(folder: &Path, entries: u64, table: &mut Table) -> Million {
    let path = folder.join("million.redb");
    let store = create(&path);
    let begin = Instant::now();
    for from in (2..entries).step_by(usize::try_from(BATCH).unwrap()) {
        let to = (from + BATCH).min(entries);
        let added = store.transact(move |tx: &mut Tx<'_>| {
            for n in from..to {
                if tx.log(&entry(n))?.is_multiple_of(SIGNED) {
                    tx.checkpoint(&log_key())?;
                }
            }
            Ok(())
        });
        added.map_err(|error: StoreError| error).unwrap();
    }
    let took = begin.elapsed().as_secs_f64();
    table.row(&Row::new(format!("{entries} entries, written in large transactions"), format!("{took:.0} s")));
    let bodies = folder.join("bodies");
    let length = write_bodies(&store, &bodies);
    store.close().unwrap();
    // What it takes of the disk: redb makes its file twice as long when it is full, and the rest is a hole.
    let size = std::fs::metadata(&path).unwrap().blocks() * 512;
    table.row(
        &Row::new("  their file (with index), their bodies alone", format!("{} MB", size / 1_000_000))
            .beside(format!("{} MB", length / 1_000_000), length as f64 / size as f64),
    );
    Million { store: path, bodies, entries }
}

/// Writes the bodies of all entries that there are. How many bytes.
pub fn write_bodies(store: &Store, path: &Path) -> u64 {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let mut length = 0;
    let written = store.read(|tx| {
        for row in tx.log_rows(1..=u64::MAX)? {
            let body = row?.body;
            length += body.len() as u64;
            file.write_all(&body).unwrap();
        }
        Ok(())
    });
    written.map_err(|error: StoreError| error).unwrap();
    file.into_inner().unwrap().sync_all().unwrap();
    length
}
