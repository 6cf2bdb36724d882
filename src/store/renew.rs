//! A new store in the place of one that cannot be trusted any more. The old one is put aside as it is, and whatever can
//! be proved of it is carried over; its log ends there, and that of the new one begins with its last known head.
//!
//! The new store is whole before anything is renamed. A crash at any moment leaves either the old one in its place, and
//! all of this is done again, or the new one.

use super::door;
use super::error::StoreError;
use super::file;
use super::index::Recent;
use super::key::StationKey;
use super::lock::OwnerLock;
use super::medium::{FileMedium, guarded};
use super::meta::{Identity, Tail};
use super::quarantine::{aside, free_name};
use super::salvage::Old;
use super::seal::Sealer;
use super::spare::Spare;
use super::table::{Heritage, META, Table};
use super::tx::Tx;
use crate::log::{Head, NewEntry, StoreId};
use redb::{ReadableTable as _, WriteTransaction};
use rustix::fs::{CWD, RenameFlags};
use std::path::{Path, PathBuf};

/// The new store until it is whole, beside the old one.
const BUILDING: &str = ".epoch";

/// What is known of the old store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// Its id.
    pub store: StoreId,
    /// Where its log ends, as far as it can still say so itself.
    pub head: Option<Head>,
}

/// What was carried over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// How many records.
    pub records: u64,
    /// How many were there and could not be proved.
    pub lost: u64,
    /// The tables that could not be read to their ends: nobody knows what else was in them.
    pub torn: Vec<Table>,
    /// Accounts as they were when the log had so many entries: from the copy beside the store.
    pub accounts_of: Option<u64>,
    /// Where the old file lies now. None where there was none.
    pub aside: Option<PathBuf>,
}

/// Puts a store aside and a new one in its place, of the same kind. `first` makes the first entry of the new log, and
/// `last` adds to the same transaction what was found and done.
///
/// # Errors
/// The store is in use, there is no room to read it apart, nobody can tell any more whether it was 訓練, or the new one cannot be written. The old one is
/// still in its place then.
pub fn renew(
    path: &Path,
    key: &StationKey,
    first: impl FnOnce(StoreId, &Before) -> NewEntry,
    last: impl FnOnce(&mut Tx<'_>, &Before, &Carried) -> Result<(), StoreError>,
) -> Result<Carried, StoreError> {
    let _lock = OwnerLock::take(path)?;
    let building = file::beside(path, BUILDING);
    // Left by a crash. It may be the old store, so it is never removed.
    aside(&building, path)?;
    let (old, spare) = (Old::open(path, key)?, Spare::read(path, key));
    // The copy of the store before is of no use to the one that follows it, and another store in the place of ours has
    // nothing that we want.
    let follows = |old: &Old, spare: &Spare| old.follows == Some(spare.identity.store);
    let spare = spare.filter(|spare| old.as_ref().is_none_or(|old| !follows(old, spare)));
    let old = old.filter(|old| spare.as_ref().is_none_or(|spare| spare.identity == old.identity));
    let known = old.as_ref().map(|old| old.identity).or(spare.as_ref().map(|spare| spare.identity));
    let known = known
        .ok_or_else(|| StoreError::damaged("実運用か訓練かも分からないため、新しい保管庫を作成できません"))?;
    let before = Before { store: known.store, head: old.as_ref().and_then(|old| old.head) };
    let was_there = std::fs::symlink_metadata(path).is_ok();
    let mut carried = Carried { aside: was_there.then(|| free_name(path)), ..Carried::default() };
    let build = |carried: &mut Carried| {
        let identity = Identity::new(known.kind)?;
        let database = FileMedium::create(&building)?;
        guarded(|| door::set_up(&database, identity, key, &first(identity.store, &before)))?;
        guarded(|| {
            let mut txn = database.begin_write()?;
            txn.set_quick_repair(true);
            let into = Into { txn: &txn, sealer: Sealer::new(key, identity.store), key };
            for table in Table::ALL {
                into.carry(*table, old.as_ref(), spare.as_ref(), carried)?;
            }
            let mut tail = Tail::read(&txn.open_table(META)?)?;
            let mut recent = Recent::default();
            let mut tx = Tx::new(&txn, &into.sealer, identity, &mut tail, &mut recent);
            last(&mut tx, &before, carried)?;
            if let (_, Some(trouble)) = tx.end() {
                return Err(trouble);
            }
            tail.write(&txn)?;
            Ok::<(), StoreError>(txn.commit()?)
        })?;
        guarded(|| database.close())
    };
    if let Err(error) = build(&mut carried) {
        // This call made it, so it is no evidence, and tries that fail must not fill the disk.
        let _ = std::fs::remove_file(&building);
        return Err(error);
    }
    drop(old);
    exchange(&building, path, was_there)?;
    file::sync_parent(path)?;
    if let Some(aside) = aside(&building, path)? {
        carried.aside = Some(aside);
    }
    Ok(carried)
}

/// Ends what a crash broke off: between the two renames of a file system that cannot exchange two names the new store is
/// whole and nothing stands in its place; after the exchange the old one still has the name of the new.
///
/// # Errors
/// The store is in use, or a name cannot be changed.
pub fn finish_renewal(path: &Path, key: &StationKey) -> Result<(), StoreError> {
    let building = file::beside(path, BUILDING);
    if std::fs::symlink_metadata(&building).is_err() {
        return Ok(());
    }
    let _lock = OwnerLock::take(path)?;
    if std::fs::symlink_metadata(path).is_err() {
        // Its first transaction holds one entry; the second one all the rest.
        let whole = Old::open(&building, key)?.and_then(|new| new.head).is_some_and(|head| head.seq > 1);
        if whole {
            std::fs::rename(&building, path).map_err(|cause| StoreError::file(path, cause))?;
            return file::sync_parent(path);
        }
    }
    aside(&building, path).map(drop)
}

/// Where records go.
struct Into<'a> {
    txn: &'a WriteTransaction,
    sealer: Sealer,
    key: &'a StationKey,
}

impl Into<'_> {
    /// Carries a table over, as its heritage says. The copy beside the store has the accounts where the store does not,
    /// or where it is older than the copy.
    fn carry(
        &self,
        table: Table,
        old: Option<&Old>,
        spare: Option<&Spare>,
        carried: &mut Carried,
    ) -> Result<(), StoreError> {
        if table.heritage() == Heritage::Left {
            return Ok(());
        }
        let spare = spare.filter(|_| table.heritage() == Heritage::Kept);
        let newer =
            |spare: &&Spare| old.and_then(|old| old.head).is_none_or(|head: Head| spare.seq > head.seq);
        if let Some(spare) = spare.filter(newer) {
            return self.take_spare(table, spare, carried);
        }
        let Some(old) = old else {
            carried.torn.push(table);
            return Ok(());
        };
        let mut unopened = Vec::new();
        let whole = old.each(table, |key, record| {
            if self.put(&old.sealer, table, key, record)? {
                carried.records += 1;
            } else {
                unopened.push(key.to_owned());
            }
            Ok(())
        })?;
        let Some(spare) = spare else {
            carried.lost += unopened.len() as u64;
            if !whole {
                carried.torn.push(table);
            }
            return Ok(());
        };
        if whole {
            // What is not there was taken away; what is there and does not open is in the copy.
            for key in unopened {
                let copied = spare.rows(table).find(|(at, _)| *at == key);
                let taken = copied.map(|(_, record)| self.put(&spare.sealer(self.key), table, &key, record));
                if taken.transpose()?.unwrap_or_default() {
                    carried.records += 1;
                    carried.accounts_of = Some(spare.seq);
                } else {
                    carried.lost += 1;
                }
            }
            return Ok(());
        }
        self.take_spare(table, spare, carried)
    }

    /// What is there already is newer.
    fn take_spare(&self, table: Table, spare: &Spare, carried: &mut Carried) -> Result<(), StoreError> {
        carried.accounts_of = Some(spare.seq);
        let sealer = spare.sealer(self.key);
        for (key, record) in spare.rows(table) {
            let there = self.txn.open_table(table.definition())?.get(key)?.is_some();
            if !there && self.put(&sealer, table, key, record)? {
                carried.records += 1;
            }
        }
        Ok(())
    }

    fn put(&self, from: &Sealer, table: Table, key: &str, record: &[u8]) -> Result<bool, StoreError> {
        let Some(record) = from.reseal(&self.sealer, table.name(), key, record)? else { return Ok(false) };
        self.txn.open_table(table.definition())?.insert(key, record.as_slice())?;
        Ok(true)
    }
}

/// Puts the new one in the place of the old one, in one step where the file system can.
fn exchange(new: &Path, path: &Path, was_there: bool) -> Result<(), StoreError> {
    use rustix::io::Errno;
    let flags = if was_there { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
    match rustix::fs::renameat_with(CWD, new, CWD, path, flags) {
        Ok(()) => Ok(()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            aside(path, path)?;
            std::fs::rename(new, path).map_err(|cause| StoreError::file(path, cause))
        }
        Err(errno) => Err(StoreError::file(path, errno.into())),
    }
}
