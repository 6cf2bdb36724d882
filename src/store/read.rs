//! A look at the store as it was at one commit; neither waits for writers nor holds them up.

use super::Table;
use super::error::StoreError;
use super::index::{self, Found, IndexReport};
use super::meta::{Identity, StoreKind, Tail};
use super::read_ahead::read_ahead;
use super::rows::{self, Logged, Page};
use super::seal::Sealer;
use super::seals;
use super::table::{CHECKPOINTS, LOG, META};
use super::tx;
use crate::log::search::Filter;
use crate::log::{
    Check, Checked, Code, Entry, Frontier, Head, Outside, Report, Said, SignedCheckpoint, StoreId, Verifier,
    VerifierKey,
};
use redb::{ReadTransaction, ReadableTableMetadata as _};
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

    /// All records of a table as they are kept, sealed.
    pub(super) fn records(
        &self,
        table: Table,
    ) -> Result<impl Iterator<Item = Result<(String, Vec<u8>), StoreError>> + use<>, StoreError> {
        let rows = self.txn.open_table(table.definition())?.range::<&str>(..)?;
        Ok(rows.map(|row| {
            let (key, record) = row?;
            Ok((key.value().to_owned(), record.value().to_vec()))
        }))
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    pub(super) fn sealer(&self) -> &Sealer {
        &self.sealer
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
        rows::page(&self.txn.open_table(LOG)?, 0, before, limit, keep)
    }

    /// Up to `limit` entries that `filter` wants, newest first, with numbers below `before`, found by the index.
    /// Looks at 10,000 entries at most; go on at [`Page::next`]. With `unreadable`, rows that cannot be read are found
    /// by every filter.
    pub fn search_log(
        &self,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
        unreadable: bool,
    ) -> Result<Found, StoreError> {
        index::search(&self.txn, &self.identity.store, filter, before, limit, unreadable)
    }

    /// Whether the index leads to every entry, and to nothing else.
    pub fn check_index(&self) -> Result<IndexReport, StoreError> {
        index::check(&self.txn, &self.identity.store)
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

    /// The short code of the log as it stands: for screens, and for whatever is printed.
    pub fn code(&self) -> Result<Code, StoreError> {
        let frontier = self.frontier()?;
        Ok(Code::of(&self.identity.store, frontier.size(), &frontier.root()))
    }

    /// The newest signed checkpoint, if there is one.
    pub fn newest_checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        seals::newest(&self.txn.open_table(CHECKPOINTS)?)
    }

    /// The signed checkpoints with sizes in `range`, in order: size and note as they are kept.
    pub fn checkpoints(
        &self,
        range: RangeInclusive<u64>,
    ) -> Result<impl Iterator<Item = Result<(u64, String), StoreError>> + use<>, StoreError> {
        seals::rows(&self.txn.open_table(CHECKPOINTS)?, range)
    }

    /// How many there are of this size and above.
    pub fn count_checkpoints(&self, from: u64) -> Result<u64, StoreError> {
        let kept = self.txn.open_table(CHECKPOINTS)?;
        // Nearly always none or one; all of them only where a witness was never there.
        if from <= 1 {
            return Ok(kept.len()?);
        }
        Ok(kept.range(from..)?.fold(0, |count, _| count + 1))
    }

    /// The key that signs checkpoints, as the log's newest entry about it names it.
    pub fn log_key(&self) -> Result<Option<VerifierKey>, StoreError> {
        seals::key(&self.txn.open_table(META)?)
    }

    /// Checks the whole log, against heads that somebody else has kept and against the store's own.
    pub fn verify_log(&self, known: &[Head]) -> Result<Report, StoreError> {
        Ok(self.check_log(None, known)?.report)
    }

    /// The same with everything that speaks for the log: its signed checkpoints and what somebody outside has kept.
    /// One pass over both tables.
    pub fn check_log(&self, outside: Option<&Outside>, known: &[Head]) -> Result<Checked, StoreError> {
        check(&self.txn, self.identity.store, outside, None, known)
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

    /// Hashes, and the roots of the checkpoints that are reached; signatures are for [`Self::check_log`].
    fn verify_rows(&self, mut verifier: Verifier, skipped: u64, tail: &Tail) -> Result<Report, StoreError> {
        let from = skipped.saturating_add(1);
        let mut seals = self.checkpoints(from..=u64::MAX)?.peekable();
        for row in self.txn.open_table(LOG)?.range(from..)? {
            let (seq, row) = row?;
            let (seq, (hash, body)) = (seq.value(), rows::split(row.value())?);
            verifier.push(seq, None, hash, body);
            while let Some(seal) = seals.next_if(|seal| !matches!(seal, Ok((size, _)) if *size > seq)) {
                seal_root(&mut verifier, &seal?.1);
            }
        }
        for seal in seals {
            seal_root(&mut verifier, &seal?.1);
        }
        Ok(verifier.finish(Some(tail.frontier.root())))
    }

    fn tail(&self) -> Result<Tail, StoreError> {
        Tail::read(&self.txn.open_table(META)?)
    }
}

/// Checks the log of a store with everything that speaks for it, in one pass over both tables. With a key that somebody
/// wrote down, only that one counts.
pub(super) fn check(
    txn: &ReadTransaction,
    store: StoreId,
    outside: Option<&Outside>,
    trusted: Option<VerifierKey>,
    known: &[Head],
) -> Result<Checked, StoreError> {
    let tail = Tail::read(&txn.open_table(META)?)?;
    let mut check = Check::new(store)
        .trusting(trusted)
        .against_heads(known)
        .against_heads(&[tail.head])
        .against(outside.cloned());
    let mut seals = seals::rows(&txn.open_table(CHECKPOINTS)?, 0..=u64::MAX)?.peekable();
    let each = |seq, hash, body: &[u8], said: Option<Said>| {
        check.read_entry(seq, hash, body, said.as_ref());
        while let Some(seal) = seals.next_if(|seal| !matches!(seal, Ok((size, _)) if *size > seq)) {
            let (size, note) = seal?;
            check.checkpoint(size, &note);
        }
        Ok(())
    };
    read_ahead(each, |ahead| {
        for row in txn.open_table(LOG)?.range(0..)? {
            let (seq, row) = row?;
            let (hash, body) = rows::split(row.value())?;
            ahead.row(seq.value(), hash, body)?;
        }
        Ok::<_, StoreError>(())
    })?;
    for seal in seals {
        let (size, note) = seal?;
        check.checkpoint(size, &note);
    }
    Ok(check.finish(Some(tail.frontier.root())))
}

fn seal_root(verifier: &mut Verifier, note: &str) {
    if let Ok(signed) = SignedCheckpoint::unproved(note) {
        verifier.seal(&signed.checkpoint);
    }
}
