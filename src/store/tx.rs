//! What a job can do within the one transaction of its batch.

use super::Table;
use super::error::{Cause, StoreError};
use super::index::Recent;
use super::meta::{Identity, StoreKind, Tail};
use super::rows::{self, Page};
use super::seal::Sealer;
use super::seals;
use super::table::{CHECKPOINTS, LOG, META};
use crate::log::merkle::Node;
use crate::log::{
    Checkpoint, Code, Entry, Head, LogKey, NewEntry, SignedCheckpoint, StoreId, VerifierKey, canonical,
    origin,
};
use redb::{ReadableTable as _, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::ops::Bound;

/// The store within a job. A job sees what the jobs before it in the same batch wrote; nobody outside does,
/// until all of it is on the disk.
pub struct Tx<'a> {
    txn: &'a WriteTransaction,
    sealer: &'a Sealer,
    identity: Identity,
    tail: &'a mut Tail,
    recent: &'a mut Recent,
    wrote: bool,
    trouble: RefCell<Option<StoreError>>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        txn: &'a WriteTransaction,
        sealer: &'a Sealer,
        identity: Identity,
        tail: &'a mut Tail,
        recent: &'a mut Recent,
    ) -> Self {
        Self { txn, sealer, identity, tail, recent, wrote: false, trouble: RefCell::new(None) }
    }

    /// Whether it wrote anything, and what happened to the database meanwhile, even where the job hid it.
    pub(super) fn end(self) -> (bool, Option<StoreError>) {
        (self.wrote, self.trouble.into_inner())
    }

    /// Real or training.
    pub fn kind(&self) -> StoreKind {
        self.identity.kind
    }

    /// The store's id.
    pub fn store_id(&self) -> StoreId {
        self.identity.store
    }

    /// Adds an entry to the log and gives its number.
    pub fn log(&mut self, new: &NewEntry) -> Result<u64, StoreError> {
        let seq = self.tail.head.seq.saturating_add(1);
        let (entry, body) = canonical::write_bounded(new, seq, self.identity.kind.is_training())
            .map_err(|cause| StoreError::Unwritable { cause: Cause::new(cause) })?;
        let head = self.tail.head.append(&self.identity.store, &body);
        self.wrote = true;
        let row = rows::row(&head.hash, &body);
        self.notice(self.txn.open_table(LOG).map_err(StoreError::from).and_then(|mut log| {
            // A row beyond the head would be overwritten: that is damage, not an entry.
            if log.insert(seq, row.as_slice())?.is_some() {
                return Err(StoreError::damaged("操作ログの末尾より後に記録があります"));
            }
            Ok(())
        }))?;
        self.tail.head = head;
        self.tail.frontier.append(&head.hash.0);
        self.recent.add(&self.identity.store, &entry);
        Ok(seq)
    }

    /// Says that the index of the log cannot be relied on: it is made anew at the next start, and until then searches
    /// read the log itself.
    pub fn forget_index(&mut self) -> Result<(), StoreError> {
        self.wrote = true;
        self.notice(super::index::forget(self.txn))
    }

    /// Where the log stands, with what this batch added.
    pub fn head(&self) -> Head {
        self.tail.head
    }

    /// How many entries there are.
    pub fn log_len(&self) -> u64 {
        self.tail.head.seq
    }

    /// The short code of the log as it stands, with what this batch added.
    pub fn code(&self) -> Code {
        Code::of(&self.identity.store, self.tail.frontier.size(), &self.tail.frontier.root())
    }

    /// The Merkle root of the log as it stands, with what this batch added.
    pub fn root(&self) -> Node {
        self.tail.frontier.root()
    }

    /// How many entries no checkpoint sums up yet.
    pub fn unsigned(&self) -> Result<u64, StoreError> {
        Ok(self.tail.head.seq.saturating_sub(self.newest_size()?))
    }

    /// Signs the log as it stands and keeps the checkpoint. None where nothing was added since the one before. What
    /// was signed must not leave the process before the commit: it is the answer of the job, not an effect in it.
    pub fn checkpoint(&mut self, key: &LogKey) -> Result<Option<SignedCheckpoint>, StoreError> {
        let size = self.tail.head.seq;
        // One that sums up more than there is has a truncated log behind it; it stays, for it proves that.
        if self.newest_size()? >= size {
            return Ok(None);
        }
        let unwritable = |cause: &dyn std::fmt::Display| StoreError::Unwritable {
            cause: Cause::words(&cause.to_string()),
        };
        let signed = Checkpoint::of(&origin(&self.identity.store), &self.tail.frontier)
            .map_err(|error| unwritable(&error))
            .and_then(|body| SignedCheckpoint::sign(body, key).map_err(|error| unwritable(&error)))?;
        self.wrote = true;
        let mut kept = self.notice(self.txn.open_table(CHECKPOINTS))?;
        self.notice(kept.insert(size, signed.note.as_bytes()))?;
        Ok(Some(signed))
    }

    /// The key that signs checkpoints, as the log's newest entry about it names it.
    pub fn log_key(&self) -> Result<Option<VerifierKey>, StoreError> {
        let meta = self.notice(self.txn.open_table(META))?;
        self.notice(seals::key(&meta))
    }

    /// Writes down which key signs from now on; goes with the entry that says so.
    pub fn adopt_log_key(&mut self, key: &VerifierKey) -> Result<(), StoreError> {
        self.wrote = true;
        let mut meta = self.notice(self.txn.open_table(META))?;
        self.notice(meta.insert(seals::KEY, key.to_string().as_bytes()))?;
        Ok(())
    }

    fn newest_size(&self) -> Result<u64, StoreError> {
        let kept = self.notice(self.txn.open_table(CHECKPOINTS))?;
        Ok(self.notice(kept.last())?.map_or(0, |(size, _)| size.value()))
    }

    /// Up to `limit` entries that `keep` wants, newest first, with numbers below `before`.
    pub fn log_page(
        &self,
        before: Option<u64>,
        limit: usize,
        keep: impl FnMut(&Entry) -> bool,
    ) -> Result<Page, StoreError> {
        let log = self.txn.open_table(LOG).map_err(StoreError::from);
        self.notice(log.and_then(|log| rows::page(&log, 0, before, limit, keep)))
    }

    /// Opens the record under `key`, if there is one.
    pub fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, StoreError> {
        let records = self.notice(self.txn.open_table(table.definition()))?;
        let Some(record) = self.notice(records.get(key))? else { return Ok(None) };
        open(self.sealer, table, key, record.value()).map(Some)
    }

    /// Seals a record under `key`, over whatever was there.
    pub fn put(&mut self, table: Table, key: &str, value: &impl Serialize) -> Result<(), StoreError> {
        let record = self.sealer.seal(table.name(), key, value)?;
        self.wrote = true;
        let mut records = self.notice(self.txn.open_table(table.definition()))?;
        self.notice(records.insert(key, record.as_slice()))?;
        Ok(())
    }

    /// Removes the record under `key`. Whether there was one.
    pub fn remove(&mut self, table: Table, key: &str) -> Result<bool, StoreError> {
        self.wrote = true;
        let mut records = self.notice(self.txn.open_table(table.definition()))?;
        Ok(self.notice(records.remove(key))?.is_some())
    }

    /// All records whose keys begin with `prefix`, in the order of the keys.
    pub fn scan_prefix<T: DeserializeOwned>(
        &self,
        table: Table,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let records = self.notice(self.txn.open_table(table.definition()))?;
        self.notice(scan(&records, self.sealer, table, prefix))
    }

    /// The first records whose keys begin with `prefix`, `most` of them, in the order of the keys. No other is opened.
    pub fn first<T: DeserializeOwned>(
        &self,
        table: Table,
        prefix: &str,
        most: usize,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let records = self.notice(self.txn.open_table(table.definition()))?;
        let found = some(records.range(prefix..).map_err(StoreError::from), self.sealer, table, prefix, most);
        self.notice(found)
    }

    /// The same after a key, which need not be there: for the next page.
    pub fn after<T: DeserializeOwned>(
        &self,
        table: Table,
        prefix: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let records = self.notice(self.txn.open_table(table.definition()))?;
        let range = range_after(&records, prefix, after);
        self.notice(some(range, self.sealer, table, prefix, most))
    }

    /// How many keys begin with `prefix`, and of those only the ones below `before`. No record is opened.
    pub fn count(&self, table: Table, prefix: &str, before: Option<&str>) -> Result<usize, StoreError> {
        let records = self.notice(self.txn.open_table(table.definition()))?;
        let mut count = 0;
        for record in self.notice(records.range(prefix..))? {
            let (key, _) = self.notice(record)?;
            if !key.value().starts_with(prefix) || before.is_some_and(|before| key.value() >= before) {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// The last records before a key, or of all, `most` of them, from the end. No other is opened.
    pub fn last<T: DeserializeOwned>(
        &self,
        table: Table,
        before: Option<&str>,
        most: usize,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let records = self.notice(self.txn.open_table(table.definition()))?;
        let range = match before {
            Some(before) => records.range(..before),
            None => records.range::<&str>(..),
        };
        let backwards = range.map(Iterator::rev).map_err(StoreError::from);
        self.notice(some(backwards, self.sealer, table, "", most))
    }

    /// The same of the records whose keys begin with `prefix`.
    pub fn last_of<T: DeserializeOwned>(
        &self,
        table: Table,
        prefix: &str,
        before: Option<&str>,
        most: usize,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let records = self.notice(self.txn.open_table(table.definition()))?;
        // No text is greater than the greatest character after the prefix but one that repeats it, which no key does.
        let end = format!("{prefix}{}", char::MAX);
        let before = before.unwrap_or(&end);
        let backwards = records.range(..before).map(Iterator::rev).map_err(StoreError::from);
        self.notice(some(backwards, self.sealer, table, prefix, most))
    }

    fn notice<T, E: Into<StoreError>>(&self, result: Result<T, E>) -> Result<T, StoreError> {
        result.map_err(|error| {
            let error = error.into();
            if error.spoils_handle() {
                self.trouble.borrow_mut().get_or_insert_with(|| error.clone());
            }
            error
        })
    }
}

pub(super) fn open<T: DeserializeOwned>(
    sealer: &Sealer,
    table: Table,
    key: &str,
    record: &[u8],
) -> Result<T, StoreError> {
    sealer.open(table.name(), key, record).map_err(|_| StoreError::Record { table })
}

/// What stands behind a key, or from the first key with a prefix.
pub(super) fn range_after<'t>(
    records: &'t impl redb::ReadableTable<&'static str, &'static [u8]>,
    prefix: &str,
    after: Option<&str>,
) -> Result<redb::Range<'t, &'static str, &'static [u8]>, StoreError> {
    let from = match after {
        Some(after) => Bound::Excluded(after),
        None => Bound::Included(prefix),
    };
    Ok(records.range::<&str>((from, Bound::Unbounded))?)
}

/// Opens records one after the other, until there are enough or one is of another prefix.
pub(super) fn some<'t, T: DeserializeOwned>(
    records: Result<impl Iterator<Item = Row<'t>>, StoreError>,
    sealer: &Sealer,
    table: Table,
    prefix: &str,
    most: usize,
) -> Result<Vec<(String, T)>, StoreError> {
    let mut found = Vec::new();
    for record in records?.take(most) {
        let (key, record) = record?;
        if !key.value().starts_with(prefix) {
            break;
        }
        found.push((key.value().to_owned(), open(sealer, table, key.value(), record.value())?));
    }
    Ok(found)
}

/// A record as redb hands it out.
type Row<'t> =
    Result<(redb::AccessGuard<'t, &'static str>, redb::AccessGuard<'t, &'static [u8]>), redb::StorageError>;

pub(super) fn scan<T: DeserializeOwned>(
    records: &impl redb::ReadableTable<&'static str, &'static [u8]>,
    sealer: &Sealer,
    table: Table,
    prefix: &str,
) -> Result<Vec<(String, T)>, StoreError> {
    let mut found = Vec::new();
    for record in records.range(prefix..)? {
        let (key, record) = record?;
        if !key.value().starts_with(prefix) {
            break;
        }
        found.push((key.value().to_owned(), open(sealer, table, key.value(), record.value())?));
    }
    Ok(found)
}
