//! What can still be read of a store that cannot be trusted. It is read from a [copy](super::copy), for the file itself is
//! evidence.

use super::copy;
use super::error::StoreError;
use super::key::StationKey;
use super::medium::guarded;
use super::meta::{Identity, Tail};
use super::rows;
use super::seal::Sealer;
use super::table::{LOG, META, Table};
use crate::log::{Head, StoreId};
use redb::{Database, ReadableDatabase as _};
use std::path::Path;

/// The copy of an old store.
pub(super) struct Old {
    database: Option<Database>,
    pub(super) identity: Identity,
    pub(super) sealer: Sealer,
    /// Where its log ends, as far as it says.
    pub(super) head: Option<Head>,
    /// The store that it followed, if it followed one.
    pub(super) follows: Option<StoreId>,
}

impl Old {
    /// Opens what is there. None where nothing can be read, or nobody knows whose it is.
    ///
    /// # Errors
    /// There is no room for a copy: that can be helped, and then more is carried over.
    pub(super) fn open(store: &Path, key: &StationKey) -> Result<Option<Self>, StoreError> {
        match guarded(|| copy::open(store).and_then(|database| Self::of(database, key))) {
            Err(error @ StoreError::DiskFull { .. }) => Err(error),
            opened => {
                let opened = opened
                    .inspect_err(|error| tracing::info!(%error, "nothing can be read of the old store"));
                Ok(opened.ok())
            }
        }
    }

    fn of(database: Database, key: &StationKey) -> Result<Self, StoreError> {
        let (identity, sealer) = guarded(|| {
            let meta = database.begin_read()?.open_table(META)?;
            let identity = Identity::read(&meta)?;
            let sealer = Sealer::new(key, identity.store);
            identity.prove(&meta, &sealer)?;
            Ok::<_, StoreError>((identity, sealer))
        })?;
        let head =
            guarded(|| Ok::<_, StoreError>(Tail::read(&database.begin_read()?.open_table(META)?)?.head));
        let follows = guarded(|| follows(&database)).unwrap_or_default();
        Ok(Self { database: Some(database), identity, sealer, head: head.ok(), follows })
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

/// Which store the first entry names.
fn follows(database: &Database) -> Result<Option<StoreId>, StoreError> {
    let log = database.begin_read()?.open_table(LOG)?;
    let Some(row) = log.get(1)? else { return Ok(None) };
    let entry = rows::logged(1, row.value())?.entry().ok();
    Ok(entry.and_then(|entry| entry.act.follows()))
}

impl Drop for Old {
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = guarded(|| {
            drop(database);
            Ok::<_, StoreError>(())
        });
    }
}
