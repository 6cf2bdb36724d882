//! What is looked at before an existing store is trusted.

use super::error::StoreError;
use super::index;
use super::key::StationKey;
use super::meta::{Identity, Tail};
use super::read::ReadTx;
use super::rows;
use super::seal::Sealer;
use super::table::{CHECKPOINTS, LOG, META, Table};
use crate::log::{Act, Report};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableHandle as _};
use std::collections::HashSet;
use std::sync::Arc;

/// Up to here the whole log is hashed at start; beyond, only the end of it: some weeks of a busy station, in a twentieth of a
/// second. People wait for a start, and redb's check of every page, by which damage is found wherever it is, takes 0.5
/// seconds of it at a million entries, and the disk half as long. What that cannot see, a change by somebody who has
/// the program, is looked for where it would be newest, and everywhere by `log verify`.
const WHOLE: u64 = 50_000;

/// What was found when the store was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The check of the log's hashes: of all entries or, in a large log, of the last 50,000. Faults here do
    /// not keep the station from starting, for people must be able to work: they are for it to tell.
    pub check: Report,
    /// Whether that was the whole log.
    pub whole: bool,
    /// Whether the log ends with the station's stop. If not, it was killed, or the power failed.
    pub ended_in_order: bool,
}

/// Reads who the store is. The key is proved by it as well.
pub(super) fn identify(database: &Database, key: &StationKey) -> Result<(Identity, Arc<Sealer>), StoreError> {
    let meta = database.begin_read()?.open_table(META)?;
    let identity = Identity::read(&meta)?;
    let sealer = Arc::new(Sealer::new(key, identity.store));
    identity.prove(&meta, &sealer)?;
    Ok((identity, sealer))
}

/// Whether this is still the store it was, and its log ends where it says.
pub(super) fn examine(database: &Database, sealer: &Sealer, expected: Identity) -> Result<(), StoreError> {
    let txn = database.begin_read()?;
    let meta = txn.open_table(META)?;
    if Identity::read(&meta)? != expected {
        return Err(StoreError::damaged("別の保管庫に入れ替わっています"));
    }
    expected.prove(&meta, sealer)?;
    let head = Tail::read(&meta)?.head;
    let ends = || StoreError::damaged("操作ログの末尾が、記録された位置と一致しません");
    let log = txn.open_table(LOG)?;
    let (seq, row) = log.last()?.ok_or_else(ends)?;
    let last = rows::logged(seq.value(), row.value())?;
    if (last.seq, last.hash) == (head.seq, head.hash) { Ok(()) } else { Err(ends()) }
}

/// Makes the tables that this version has and the store has not.
pub(super) fn add_tables(database: &Database) -> Result<(), StoreError> {
    let known: HashSet<String> =
        database.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect();
    let names = Table::ALL.iter().map(|table| table.name()).chain([CHECKPOINTS.name()]);
    if names.into_iter().all(|name| known.contains(name)) {
        return Ok(());
    }
    let mut txn = database.begin_write()?;
    txn.set_quick_repair(true);
    for table in Table::ALL {
        txn.open_table(table.definition())?;
    }
    txn.open_table(CHECKPOINTS)?;
    Ok(txn.commit()?)
}

/// Brings the index of the log up to its end: that of a store which an older version made, or which is not whole.
pub(super) fn index(database: &Database, identity: Identity) -> Result<(), StoreError> {
    let built = index::build(database, identity, |done, all| {
        tracing::info!(done, all, "indexing the log");
    });
    match built {
        // Searches read the log itself until there is room: that is no reason to keep people from working.
        Err(StoreError::DiskFull { cause }) => {
            tracing::warn!(%cause, "no room for the index of the log");
            Ok(())
        }
        built => built,
    }
}

/// Checks the log.
pub(super) fn check(
    database: &Database,
    sealer: &Arc<Sealer>,
    identity: Identity,
) -> Result<Opened, StoreError> {
    let read = ReadTx::new(database.begin_read()?, Arc::clone(sealer), identity);
    let head = read.head()?;
    let check = read.verify_tail(WHOLE)?;
    let last = read.log_page(None, 1, |_| true)?.entries.pop();
    let ended_in_order =
        head.seq == 1 || last.is_some_and(|entry| matches!(entry.act, Act::StoreClosed { .. }));
    Ok(Opened { check, whole: head.seq <= WHOLE, ended_in_order })
}
