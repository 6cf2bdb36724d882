//! What can still be read of a store that cannot be trusted. It is read from a copy: opening repairs, and the file itself
//! is evidence.

use super::error::StoreError;
use super::file;
use super::key::StationKey;
use super::medium::guarded;
use super::meta::{Identity, Tail};
use super::seal::Sealer;
use super::table::{META, Table};
use crate::log::Head;
use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase as _};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const CACHE_BYTES: usize = 16 << 20;

/// The copy of an old store, gone when it is dropped.
pub(super) struct Old {
    database: Option<Database>,
    copy: PathBuf,
    pub(super) identity: Identity,
    pub(super) sealer: Sealer,
    /// Where its log ends, as far as it says.
    pub(super) head: Option<Head>,
}

impl Old {
    /// Opens what is there. None where nothing can be read, or nobody knows whose it is.
    pub(super) fn open(store: &Path, key: &StationKey) -> Option<Self> {
        let copy = file::beside(store, ".salvage");
        let opened = copied(store, &copy).and_then(|()| Self::of(&copy, key));
        if opened.is_err() {
            let _ = std::fs::remove_file(&copy);
        }
        opened.inspect_err(|error| tracing::warn!(%error, "nothing can be read of the old store")).ok()
    }

    fn of(copy: &Path, key: &StationKey) -> Result<Self, StoreError> {
        let opened = file::open_nofollow(copy, OpenOptions::new().read(true).write(true))?;
        let database = guarded(|| {
            Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(FileBackend::new(opened)?)
        })?;
        let (identity, sealer) = guarded(|| {
            let meta = database.begin_read()?.open_table(META)?;
            let identity = Identity::read(&meta)?;
            let sealer = Sealer::new(key, identity.store);
            identity.prove(&meta, &sealer)?;
            Ok::<_, StoreError>((identity, sealer))
        })?;
        let head =
            guarded(|| Ok::<_, StoreError>(Tail::read(&database.begin_read()?.open_table(META)?)?.head));
        Ok(Self { database: Some(database), copy: copy.to_owned(), identity, sealer, head: head.ok() })
    }

    /// Gives each record of a table, sealed. Whether the table could be read to its end.
    ///
    /// # Errors
    /// Those of whoever takes them.
    pub(super) fn each(
        &self,
        table: Table,
        mut take: impl FnMut(&str, &[u8]) -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        let Some(database) = &self.database else { return Ok(false) };
        let mut taken = Ok(());
        let read = guarded(|| {
            let rows = database.begin_read()?.open_table(table.definition())?;
            for row in rows.range::<&str>(..)? {
                let (key, record) = row?;
                taken = take(key.value(), record.value());
                if taken.is_err() {
                    break;
                }
            }
            Ok::<_, StoreError>(())
        });
        taken.map(|()| read.is_ok())
    }
}

impl Drop for Old {
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = guarded(|| {
            drop(database);
            Ok::<_, StoreError>(())
        });
        let _ = std::fs::remove_file(&self.copy);
    }
}

/// Where the file system can share blocks between two files, this takes no room.
fn copied(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = file::open_nofollow(from, OpenOptions::new().read(true))?;
    if file::regular(from, &source)?.len() == 0 {
        // redb would make a new database of an empty file.
        return Err(StoreError::damaged("ファイルが空です"));
    }
    let _ = std::fs::remove_file(to);
    let mut copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(file::MODE)
        .open(to)
        .map_err(|cause| file::creating(to, cause))?;
    std::io::copy(&mut source, &mut copy).map(drop).map_err(|cause| StoreError::file(to, cause))
}
