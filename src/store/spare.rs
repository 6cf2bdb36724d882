//! A copy, beside the store, of what people need to log in: where the store is lost, nobody is locked out with it.
//!
//! The records stand in it as they are sealed in the store, and one more seal covers them all: none can be taken away,
//! added, or put back from an older copy.

use super::error::{Cause, StoreError};
use super::file;
use super::key::StationKey;
use super::meta::{Identity, StoreKind};
use super::read::ReadTx;
use super::seal::Sealer;
use super::table::{Heritage, Table};
use crate::json;
use crate::log::StoreId;
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::OpenOptions;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const TABLE: &str = "spare";
const KEY: &str = "manifest";
/// Some ten thousand accounts.
const LONGEST: u64 = 64 << 20;

/// The copy, as it was made or read.
pub struct Spare {
    pub(super) identity: Identity,
    /// How many entries the log had.
    pub(super) seq: u64,
    rows: Vec<(Table, String, Vec<u8>)>,
    manifest: Vec<u8>,
    digest: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    store_id: String,
    manifest: String,
    rows: Vec<(String, String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    kind: StoreKind,
    seq: u64,
    sha256: String,
}

impl ReadTx {
    /// What people need to log in, to be written beside the store.
    pub fn spare(&self) -> Result<Spare, StoreError> {
        let mut rows = Vec::new();
        for table in kept() {
            for record in self.records(table)? {
                let (key, record) = record?;
                rows.push((table, key, record));
            }
        }
        let (identity, seq, digest) = (self.identity(), self.log_len()?, digest(&rows));
        let manifest = Manifest { kind: identity.kind, seq, sha256: HEXLOWER.encode(&digest) };
        let manifest = self.sealer().seal(TABLE, KEY, &manifest)?;
        Ok(Spare { identity, seq, rows, manifest, digest })
    }
}

impl Spare {
    /// Where it lies.
    fn place(store: &Path) -> PathBuf {
        file::beside(store, ".accounts")
    }

    /// The same for two copies of the same records, so that only a change is written.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Writes it beside the store, over the one before.
    ///
    /// # Errors
    /// The file cannot be written; the one before is as it was.
    pub fn write(&self, store: &Path) -> Result<(), StoreError> {
        let text = |(table, key, record): &(Table, String, Vec<u8>)| {
            (table.name().to_owned(), key.clone(), BASE64.encode(record))
        };
        let written = Written {
            store_id: self.identity.store.to_string(),
            manifest: BASE64.encode(&self.manifest),
            rows: self.rows.iter().map(text).collect(),
        };
        let bytes =
            json::to_vec(&written).map_err(|cause| StoreError::Unwritable { cause: Cause::new(cause) })?;
        file::replace(&Self::place(store), &bytes)
    }

    /// Reads the one beside a store. None where there is none, or it is not whole, or of another key.
    pub(super) fn read(store: &Path, key: &StationKey) -> Option<Self> {
        let path = Self::place(store);
        let opened = file::open_nofollow(&path, OpenOptions::new().read(true)).ok()?;
        file::regular(&path, &opened).ok()?;
        let mut bytes = Vec::new();
        opened.take(LONGEST).read_to_end(&mut bytes).ok()?;
        let written: Written = json::from_slice(&bytes).ok()?;
        let store = StoreId::parse(&written.store_id)?;
        let rows = written.rows.into_iter().map(|(table, key, record)| {
            Some((Table::named(&table)?, key, BASE64.decode(record.as_bytes()).ok()?))
        });
        let rows: Vec<_> = rows.collect::<Option<_>>()?;
        let (manifest, digest) = (BASE64.decode(written.manifest.as_bytes()).ok()?, digest(&rows));
        let said: Manifest = Sealer::new(key, store).open(TABLE, KEY, &manifest).ok()?;
        let identity = Identity { store, kind: said.kind };
        (said.sha256 == HEXLOWER.encode(&digest)).then_some(Self {
            identity,
            seq: said.seq,
            rows,
            manifest,
            digest,
        })
    }

    /// What opens them.
    pub(super) fn sealer(&self, key: &StationKey) -> Sealer {
        Sealer::new(key, self.identity.store)
    }

    /// The records of one table.
    pub(super) fn rows(&self, table: Table) -> impl Iterator<Item = (&str, &[u8])> {
        let of = move |row: &&(Table, String, Vec<u8>)| row.0 == table;
        self.rows.iter().filter(of).map(|(_, key, record)| (key.as_str(), record.as_slice()))
    }
}

/// Whether a copy lies beside a store that this key opens.
pub fn has_spare(store: &Path, key: &StationKey) -> bool {
    Spare::read(store, key).is_some()
}

/// The tables that are in it.
fn kept() -> impl Iterator<Item = Table> {
    Table::ALL.iter().copied().filter(|table| table.heritage() == Heritage::Kept)
}

fn digest(rows: &[(Table, String, Vec<u8>)]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (table, key, record) in rows {
        for part in [table.name().as_bytes(), key.as_bytes(), record] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}
