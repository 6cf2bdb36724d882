//! Indexes of the log: what an entry is found by, and when it was written.
//!
//! They are made of the log and can be made of it again, so they prove nothing and are covered by no hash; but an entry
//! that they hide would not be found, so `log verify` [checks](check) them against it.
//!
//! They follow the log some hundred entries behind. A term's rows lie anywhere in the file: with every entry its own, each
//! commit would write some forty pages more. [Together](follow) they share [rows](postings) and pages. What stands behind
//! the index is [searched](search) by reading it.
//!
//! * `log_postings`: ([term](crate::log::search::Term), number) -> distances to the next numbers of the term.
//! * `log_times`: (hour or day, first number) -> last number, of a run of entries whose wall clocks stood in that hour
//!   or day. A clock that jumps begins a new run; time never stands for the order of entries.

mod build;
mod check;
pub(super) mod postings;
mod recent;
mod search;
mod times;

pub(super) use build::{begin, build, follow};
pub use check::IndexReport;
pub(super) use check::check;
pub(super) use recent::Recent;
pub(super) use search::search;
pub use search::{Found, Reads};

use super::error::StoreError;
use super::table::META;
use crate::log::search::{Term, terms_of};
use crate::log::{Entry, StoreId};
use redb::{ReadableTable, TableDefinition, WriteTransaction};

/// Terms: [rows of numbers](postings).
pub(super) const TERMS: TableDefinition<'static, postings::Key, &[u8]> = TableDefinition::new("log_postings");
/// The terms of version 1, a row for every number; what is left of them goes away when the index is made anew.
const TERMS_1: TableDefinition<'static, (u64, u64), ()> = TableDefinition::new("log_terms");
/// Times: whether hours or days, which, first number -> last number.
pub(super) const TIMES: TableDefinition<'static, (u8, i64, u64), u64> = TableDefinition::new("log_times");

/// Entries in one transaction that makes the index of a log: a few megabytes, and no more to do again after a kill.
const CHUNK: u64 = 5_000;

/// Where `State` stands among what the store knows of itself.
const STATE: &str = "log_index";
/// Goes up whenever entries are found by something else than before: then the index is made anew.
const VERSION: u8 = 2;

/// How far the index goes. There is none where it is not known to be right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Up to this number every entry is in it, and none beyond.
    pub(super) upto: u64,
    /// Rows of `log_postings`.
    rows: u64,
}

impl State {
    /// The state, if it is of this version.
    pub(super) fn read(
        meta: &impl ReadableTable<&'static str, &'static [u8]>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(kept) = meta.get(STATE)? else { return Ok(None) };
        Ok(Self::from_bytes(kept.value()))
    }

    /// How far the index of a log that ends at `head` can be relied on.
    pub(super) fn relied_on(
        meta: &impl ReadableTable<&'static str, &'static [u8]>,
        head: u64,
    ) -> Result<u64, StoreError> {
        Ok(Self::read(meta)?.filter(|state| state.upto <= head).map_or(0, |state| state.upto))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (upto, rest) = rest.split_first_chunk()?;
        let rows = rest.try_into().ok()?;
        (*version == VERSION)
            .then(|| Self { upto: u64::from_be_bytes(*upto), rows: u64::from_be_bytes(rows) })
    }

    fn write(self, txn: &WriteTransaction) -> Result<(), StoreError> {
        let bytes = [&[VERSION][..], &self.upto.to_be_bytes(), &self.rows.to_be_bytes()].concat();
        txn.open_table(META)?.insert(STATE, bytes.as_slice())?;
        Ok(())
    }
}

/// What entries come to in the index, until it is written.
#[derive(Debug, Default)]
struct Fresh {
    terms: Vec<(Term, u64)>,
    runs: times::Runs,
}

impl Fresh {
    /// Takes an entry; numbers go up by one.
    fn add(&mut self, store: &StoreId, entry: &Entry) {
        self.terms.extend(terms_of(store, entry).into_iter().map(|term| (term, entry.seq)));
        self.runs.add(entry.seq, entry.at.utc_ms);
    }

    /// Takes a row that cannot be read as an entry.
    fn add_unreadable(&mut self, store: &StoreId, seq: u64) {
        self.terms.push((Term::unreadable(store), seq));
    }

    /// Writes it after what the index holds; it then goes up to `upto`.
    fn put(&mut self, txn: &WriteTransaction, state: State, upto: u64) -> Result<State, StoreError> {
        self.terms.sort_unstable();
        let mut rows = state.rows;
        let mut terms = txn.open_table(TERMS)?;
        for of_one in self.terms.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((term, _)) = of_one.first() else { continue };
            let numbers = of_one.iter().map(|(_, seq)| *seq);
            rows = rows.saturating_add(postings::add(&mut terms, term.number(), numbers)?);
        }
        drop(terms);
        self.runs.write(&mut txn.open_table(TIMES)?)?;
        let state = State { upto, rows };
        state.write(txn)?;
        Ok(state)
    }
}

/// Says that the index cannot be relied on: searches read the log itself, and the next start makes it anew.
pub(super) fn forget(txn: &WriteTransaction) -> Result<(), StoreError> {
    txn.open_table(META)?.remove(STATE)?;
    Ok(())
}
