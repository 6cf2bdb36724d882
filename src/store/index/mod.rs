//! Indexes of the log: what an entry is found by, and when it was written.
//!
//! They are made of the log and can be made of it again, so they prove nothing and are covered by no hash; but an entry
//! that they hide would not be found, so `log verify` [checks](check) them against it. Rows go in with the entries of a
//! batch, in the same transaction, in order.
//!
//! * `log_terms`: ([term](crate::log::search::Term), number) -> nothing.
//! * `log_times`: (hour or day, first number) -> last number, of a run of entries whose wall clocks stood in that hour
//!   or day. A clock that jumps begins a new run; time never stands for the order of entries.

mod build;
mod check;
mod search;
mod times;

pub(super) use build::build;
pub use check::IndexReport;
pub(super) use check::check;
pub(super) use search::search;
pub use search::{Found, Reads};

use super::error::StoreError;
use super::table::META;
use crate::log::search::{Term, terms_of};
use crate::log::{Entry, StoreId};
use redb::{ReadableTable, TableDefinition, WriteTransaction};

/// Terms: term, number.
pub(super) const TERMS: TableDefinition<'static, (u64, u64), ()> = TableDefinition::new("log_terms");
/// Times: whether hours or days, which, first number -> last number.
pub(super) const TIMES: TableDefinition<'static, (u8, i64, u64), u64> = TableDefinition::new("log_times");

/// Where `State` stands among what the store knows of itself.
const STATE: &str = "log_index";
/// Goes up whenever entries are found by something else than before: then the index is made anew.
const VERSION: u8 = 1;

/// How far the index goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Up to this number every entry is in it.
    pub(super) upto: u64,
    /// Rows of `log_terms`.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fresh {
    first: Option<u64>,
    last: u64,
    terms: Vec<(Term, u64)>,
    runs: times::Runs,
}

impl Fresh {
    /// Takes an entry; numbers go up by one.
    pub(super) fn add(&mut self, store: &StoreId, entry: &Entry) {
        self.begin(entry.seq);
        self.terms.extend(terms_of(store, entry).into_iter().map(|term| (term, entry.seq)));
        self.runs.add(entry.seq, entry.at.utc_ms);
    }

    /// Takes a row that cannot be read as an entry.
    pub(super) fn add_unreadable(&mut self, store: &StoreId, seq: u64) {
        self.begin(seq);
        self.terms.push((Term::unreadable(store), seq));
    }

    fn begin(&mut self, seq: u64) {
        self.first.get_or_insert(seq);
        self.last = seq;
    }

    /// Writes it, if the index goes up to where it begins. Where the index is not whole, nothing is added: it will be
    /// made of the log at the next start.
    pub(super) fn write(&mut self, txn: &WriteTransaction) -> Result<(), StoreError> {
        let Some(first) = self.first else { return Ok(()) };
        let state = {
            let state = State::read(&txn.open_table(META)?)?;
            // A new store has no index and no entry before its first.
            if first == 1 { state.or(Some(State::default())) } else { state }
        };
        match state.filter(|state| state.upto.checked_add(1) == Some(first)) {
            Some(state) => self.put(txn, state, self.last).map(drop),
            None => Ok(()),
        }
    }

    /// Writes it after what the index holds; it then goes up to `upto`.
    fn put(&mut self, txn: &WriteTransaction, state: State, upto: u64) -> Result<State, StoreError> {
        self.terms.sort_unstable();
        let mut rows = state.rows;
        let mut terms = txn.open_table(TERMS)?;
        for (term, seq) in &self.terms {
            let there = terms.insert((term.number(), *seq), ())?;
            rows = rows.saturating_add(u64::from(there.is_none()));
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
    State::default().write(txn)
}
