//! A look at the store as it was at one commit; neither waits for writers nor holds them up.

use super::Table;
use super::error::StoreError;
use super::meta::{Identity, StoreKind, Tail};
use super::rows::{self, Logged, Page};
use super::seal::Sealer;
use super::table::{LOG, META};
use super::tx;
use crate::log::{Entry, Frontier, Head, Report, StoreId, Verifier};
use redb::ReadTransaction;
use serde::de::DeserializeOwned;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A snapshot. While it lives, the pages it sees cannot be used again, so keep it for one question, not for
/// a session.
pub struct ReadTx {
    txn: ReadTransaction,
    sealer: Arc<Sealer>,
    identity: Identity,
}

impl ReadTx {
    pub(super) fn new(txn: ReadTransaction, sealer: Arc<Sealer>, identity: Identity) -> Self {
        Self { txn, sealer, identity }
    }

    /// Real or training.
    pub fn kind(&self) -> StoreKind {
        self.identity.kind
    }

    /// The store's id.
    pub fn store_id(&self) -> StoreId {
        self.identity.store
    }

    /// Opens the record under `key`, if there is one.
    pub fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, StoreError> {
        let Some(record) = self.txn.open_table(table.definition())?.get(key)? else { return Ok(None) };
        tx::open(&self.sealer, table, key, record.value()).map(Some)
    }

    /// All records whose keys begin with `prefix`, in the order of the keys.
    pub fn scan_prefix<T: DeserializeOwned>(
        &self,
        table: Table,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, StoreError> {
        tx::scan(&self.txn.open_table(table.definition())?, &self.sealer, table, prefix)
    }

    /// Records after a key, or from the first one, whose keys begin with `prefix`; `most` of them. No other is opened.
    pub fn after<T: DeserializeOwned>(
        &self,
        table: Table,
        prefix: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let records = self.txn.open_table(table.definition())?;
        tx::some(tx::range_after(&records, prefix, after), &self.sealer, table, prefix, most)
    }

    /// Where the log stands.
    pub fn head(&self) -> Result<Head, StoreError> {
        Ok(self.tail()?.head)
    }

    /// How many entries there are.
    pub fn log_len(&self) -> Result<u64, StoreError> {
        Ok(self.head()?.seq)
    }

    /// The Merkle frontier over the whole log, for a checkpoint.
    pub fn frontier(&self) -> Result<Frontier, StoreError> {
        Ok(self.tail()?.frontier)
    }

    /// Up to `limit` entries that `keep` wants, newest first, with numbers below `before`. Looks at 10,000
    /// rows at most; go on at [`Page::next`].
    pub fn log_page(
        &self,
        before: Option<u64>,
        limit: usize,
        keep: impl FnMut(&Entry) -> bool,
    ) -> Result<Page, StoreError> {
        rows::page(&self.txn.open_table(LOG)?, before, limit, keep)
    }

    /// The rows of the log with numbers in `range`, in order or, with `rev`, backwards.
    pub fn log_rows(
        &self,
        range: RangeInclusive<u64>,
    ) -> Result<impl DoubleEndedIterator<Item = Result<Logged, StoreError>> + use<>, StoreError> {
        let rows = self.txn.open_table(LOG)?.range(range)?;
        Ok(rows.map(|row| {
            let (seq, row) = row?;
            rows::logged(seq.value(), row.value())
        }))
    }

    /// Checks the whole log, against heads that somebody else has kept and against the store's own.
    pub fn verify_log(&self, known: &[Head]) -> Result<Report, StoreError> {
        let tail = self.tail()?;
        let verifier = Verifier::new(self.identity.store).against(known).against(&[tail.head]);
        self.verify_rows(verifier, 0, &tail)
    }

    /// Checks the hashes of the last `entries` only.
    pub(super) fn verify_tail(&self, entries: u64) -> Result<Report, StoreError> {
        let tail = self.tail()?;
        let skipped = tail.head.seq.saturating_sub(entries);
        let verifier = match self.log_rows(skipped..=skipped)?.next() {
            Some(last_skipped) => {
                Verifier::after(self.identity.store, Head { seq: skipped, hash: last_skipped?.hash })
            }
            None => Verifier::new(self.identity.store),
        };
        self.verify_rows(verifier.hashes_only().against(&[tail.head]), skipped, &tail)
    }

    fn verify_rows(&self, mut verifier: Verifier, skipped: u64, tail: &Tail) -> Result<Report, StoreError> {
        for row in self.log_rows(skipped.saturating_add(1)..=u64::MAX)? {
            let row = row?;
            verifier.push(row.seq, None, row.hash, &row.body);
        }
        Ok(verifier.finish(Some(tail.frontier.root())))
    }

    fn tail(&self) -> Result<Tail, StoreError> {
        Tail::read(&self.txn.open_table(META)?)
    }
}
