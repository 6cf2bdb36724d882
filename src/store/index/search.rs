//! Finding entries by the index, newest first.
//!
//! What must hold at once is walked hand over hand: each list of numbers jumps to where the others are, so the rarest
//! of them sets the pace. No question reads more of the index than the rows of its terms, which is a row for some hundred
//! entries of a common one.

use super::super::error::StoreError;
use super::super::rows::{self, Page};
use super::super::table::LOG;
use super::super::table::META;
use super::{State, TERMS, TIMES, postings, times};
use crate::log::search::{Filter, Term};
use crate::log::{StoreId, canonical};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _};
use std::collections::HashMap;
use std::rc::Rc;

/// How many entries one page looks at before it answers with what it has, however few match.
const LOOKED_AT: u64 = 10_000;

/// How much was read for a page: what it costs, for whoever keeps it in proportion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Rows of the index.
    pub index: u64,
    /// Entries of the log.
    pub log: u64,
}

/// Some entries that were looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// They, newest first, and where to go on.
    pub page: Page,
    /// What that took.
    pub reads: Reads,
}

/// Numbers in order, of which one can ask for the next below.
enum Numbers {
    /// Of any of these terms.
    Terms(Rc<[Term]>),
    /// In one of these stretches.
    Stretches(Vec<(u64, u64)>),
}

struct Walk {
    terms: ReadOnlyTable<postings::Key, &'static [u8]>,
    lists: Vec<Numbers>,
    /// The row of each term that was read last.
    rows: HashMap<Term, Row>,
    reads: Reads,
}

/// The numbers of a term from the first of them on, up to a number that was asked for. Of a term that has none so far down
/// it is empty and begins at nought.
struct Row {
    upto: u64,
    numbers: Vec<u64>,
}

impl Row {
    /// Whether it tells the highest number that is not above `at`.
    fn reaches(&self, at: u64) -> bool {
        self.numbers.first().is_none_or(|first| *first <= at) && at <= self.upto
    }

    fn highest(&self, at: u64) -> Option<u64> {
        let above = self.numbers.partition_point(|number| *number <= at);
        above.checked_sub(1).and_then(|place| self.numbers.get(place)).copied()
    }
}

/// What a page is asked to hold.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    filter: &'a Filter,
    before: Option<u64>,
    limit: usize,
    unreadable: bool,
}

/// Up to `limit` entries that `filter` wants, newest first, with numbers below `before`. With `unreadable`, rows that
/// cannot be read as entries are among them whatever is wanted: they may be just what somebody wanted to hide. Where the
/// index cannot be read it takes longer, and the same is found: telling of that is for the check.
pub(in super::super) fn search(
    txn: &ReadTransaction,
    store: &StoreId,
    filter: &Filter,
    before: Option<u64>,
    limit: usize,
    unreadable: bool,
) -> Result<Found, StoreError> {
    let (log, wanted) = (txn.open_table(LOG)?, Wanted { filter, before, limit, unreadable });
    match by_index(txn, &log, store, wanted) {
        Err(StoreError::Damaged { .. }) => scan(&log, 0, wanted),
        found => found,
    }
}

fn by_index(
    txn: &ReadTransaction,
    log: &ReadOnlyTable<u64, &'static [u8]>,
    store: &StoreId,
    wanted: Wanted<'_>,
) -> Result<Found, StoreError> {
    let Wanted { filter, before, limit, unreadable } = wanted;
    let head = log.last()?.map_or(0, |(seq, _)| seq.value());
    let upto = State::relied_on(&txn.open_table(META)?, head)?;
    if filter.is_everything() || upto == 0 {
        return scan(log, 0, wanted);
    }
    let mut walk = Walk::new(txn, store, filter)?;
    // What no index knows, such as 保険者番号 alone.
    if walk.lists.is_empty() {
        return scan(log, 0, wanted);
    }
    let behind = upto.saturating_add(1);
    let mut found = Found::default();
    if before.is_none_or(|before| before > behind) {
        found = scan(log, behind, wanted)?;
        if found.page.next.is_some() {
            return Ok(found);
        }
        walk.reads.log = found.reads.log;
    }
    let mut at = before.map_or(Some(upto), |before| before.checked_sub(1).map(|below| below.min(upto)));
    let nothing = Term::unreadable(store);
    while let Some(below) = at {
        let agreed = walk.next(below)?;
        let broken = if unreadable { walk.term(nothing, below)? } else { None };
        let Some(seq) = agreed.max(broken) else { break };
        if walk.reads.log >= LOOKED_AT || found.page.entries.len() >= limit {
            found.page.next = seq.checked_add(1);
            found.reads = walk.reads;
            return Ok(found);
        }
        walk.reads.log = walk.reads.log.saturating_add(1);
        let entry = match log.get(seq)? {
            Some(row) => canonical::decode(&rows::logged(seq, row.value())?.body).ok(),
            None => None,
        };
        match entry {
            Some(entry) if filter.matches(&entry) => found.page.entries.push(entry),
            None if unreadable => found.page.unreadable.push(seq),
            _ => {}
        }
        at = seq.checked_sub(1);
    }
    found.reads = walk.reads;
    Ok(found)
}

/// The same by reading entry after entry, down to the number `from`.
fn scan(log: &ReadOnlyTable<u64, &'static [u8]>, from: u64, wanted: Wanted<'_>) -> Result<Found, StoreError> {
    let Wanted { filter, before, limit, unreadable } = wanted;
    let mut looked_at = 0_u64;
    let mut page = rows::page(log, from, before, limit, |entry| {
        looked_at = looked_at.saturating_add(1);
        filter.matches(entry)
    })?;
    let log = looked_at.saturating_add(page.unreadable.len() as u64);
    if !unreadable {
        page.unreadable.clear();
    }
    Ok(Found { page, reads: Reads { index: 0, log } })
}

impl Walk {
    fn new(txn: &ReadTransaction, store: &StoreId, filter: &Filter) -> Result<Self, StoreError> {
        let mut lists: Vec<Numbers> =
            filter.needles(store).into_iter().map(|terms| Numbers::Terms(terms.into())).collect();
        let mut reads = Reads::default();
        if let Some(span) = filter.span() {
            let (stretches, read) = times::stretches(&txn.open_table(TIMES)?, span)?;
            reads.index = read;
            lists.push(Numbers::Stretches(stretches));
        }
        Ok(Self { terms: txn.open_table(TERMS)?, lists, rows: HashMap::new(), reads })
    }

    /// The highest number, this one or below, that all lists have.
    fn next(&mut self, mut at: u64) -> Result<Option<u64>, StoreError> {
        let (mut agreed, mut place) = (0, 0);
        while agreed < self.lists.len() {
            match self.highest(place, at)? {
                None => return Ok(None),
                Some(found) if found < at => (at, agreed) = (found, 1),
                Some(_) => agreed += 1,
            }
            place = (place + 1) % self.lists.len();
        }
        Ok(Some(at))
    }

    fn highest(&mut self, place: usize, at: u64) -> Result<Option<u64>, StoreError> {
        match self.lists.get(place) {
            None => Ok(None),
            Some(Numbers::Stretches(stretches)) => {
                let below = stretches.partition_point(|(first, _)| *first <= at).checked_sub(1);
                Ok(below.and_then(|place| stretches.get(place)).map(|(_, last)| at.min(*last)))
            }
            Some(Numbers::Terms(terms)) => {
                let terms = Rc::clone(terms);
                let mut highest = None;
                for term in terms.iter() {
                    highest = highest.max(self.term(*term, at)?);
                }
                Ok(highest)
            }
        }
    }

    /// The highest number of a term, this one or below.
    fn term(&mut self, term: Term, at: u64) -> Result<Option<u64>, StoreError> {
        if let Some(row) = self.rows.get(&term).filter(|row| row.reaches(at)) {
            return Ok(row.highest(at));
        }
        self.reads.index = self.reads.index.saturating_add(1);
        let numbers = postings::around(&self.terms, term.number(), at)?.unwrap_or_default();
        let row = Row { upto: at, numbers };
        let highest = row.highest(at);
        self.rows.insert(term, row);
        Ok(highest)
    }
}
