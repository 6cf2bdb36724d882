//! Whether the index is what the log says: an entry that no search finds must not pass unnoticed.
//!
//! Both are summed up, number by number of each term, under a key made for this one check, in whatever order they stand; nobody
//! can make two sets meet in such a sum without knowing the key. Only where the sums differ is the log read once
//! more, to say which entries are hidden.

use super::super::error::StoreError;
use super::super::rows;
use super::super::table::{LOG, META};
use super::times::{Run, Runs};
use super::{State, TERMS, TIMES, postings};
use crate::log::search::terms_of;
use crate::log::{Entry, Fault, FaultKind, StoreId, canonical};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _};
use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hash, RandomState};

/// How many faults are listed; the rest are counted.
const LISTED: usize = 100;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexReport {
    /// How many faults there are.
    pub fault_count: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
}

impl IndexReport {
    fn add(&mut self, seq: Option<u64>, kind: FaultKind) {
        self.fault_count = self.fault_count.saturating_add(1);
        if self.faults.len() < LISTED {
            self.faults.push(Fault { seq, kind });
        }
    }
}

/// Numbers of terms, summed up.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    sum: u64,
    count: u64,
}

impl Sum {
    fn add(&mut self, key: &RandomState, number: impl Hash) {
        self.sum = self.sum.wrapping_add(key.hash_one(number));
        self.count = self.count.saturating_add(1);
    }
}

/// Checks the index against the log, as far as it goes. One that is to be made anew is not judged: nothing is found by it.
pub(in super::super) fn check(txn: &ReadTransaction, store: &StoreId) -> Result<IndexReport, StoreError> {
    let mut report = IndexReport::default();
    let log = txn.open_table(LOG)?;
    let head = log.last()?.map_or(0, |(seq, _)| seq.value());
    let upto = State::relied_on(&txn.open_table(META)?, head)?;
    if upto == 0 {
        return Ok(report);
    }
    let times = txn.open_table(TIMES)?;
    let key = RandomState::new();
    let mut wanted = Sum::default();
    let mut runs = Runs::default();
    let mut unreadable = HashSet::new();
    for row in log.range(0..=upto)? {
        let (seq, row) = row?;
        match read(seq.value(), row.value()) {
            Some(entry) => {
                let numbers = terms_of(store, &entry).into_iter().map(|term| (term.number(), entry.seq));
                numbers.for_each(|number| wanted.add(&key, number));
                runs.add(entry.seq, entry.at.utc_ms);
                for run in runs.done.drain(..) {
                    covered(&times, run, &mut report)?;
                }
            }
            // What it said when it was written nobody knows; the check of the log tells of it.
            None => drop(unreadable.insert(seq.value())),
        }
    }
    for run in runs.take() {
        covered(&times, run, &mut report)?;
    }
    let terms = txn.open_table(TERMS)?;
    let (mut there, mut broken) = (Sum::default(), 0_u64);
    let mut before = None;
    for row in terms.range::<postings::Key>(..)? {
        let (row, distances) = row?;
        let (term, first) = row.value();
        // A row that begins within the one before hides the rest of that: a search looks into one row only.
        let within = before.is_some_and(|before| (term, first) <= before);
        let mut numbers = postings::Numbers::of(first, distances.value());
        for number in numbers.by_ref() {
            if !unreadable.contains(&number) {
                there.add(&key, (term, number));
            }
            before = Some((term, number));
        }
        broken = broken.saturating_add(u64::from(within || !numbers.is_whole()));
    }
    if broken > 0 {
        report.add(None, FaultKind::IndexBroken { rows: broken });
    }
    if there != wanted || broken > 0 {
        let missing = hidden(&log, upto, &terms, store, &mut report)?;
        let numbers = there.count.saturating_sub(wanted.count.saturating_sub(missing));
        // What would be found in a broken row cannot be told from what is too much.
        if broken == 0 && numbers > 0 {
            report.add(None, FaultKind::IndexExtra { numbers });
        }
    }
    Ok(report)
}

fn read(seq: u64, row: &[u8]) -> Option<Entry> {
    let (_, body) = rows::split(row).ok()?;
    canonical::decode(body).ok().filter(|entry| entry.seq == seq)
}

/// Whether a run of entries stands whole in a row.
fn covered(
    times: &ReadOnlyTable<(u8, i64, u64), u64>,
    run: Run,
    report: &mut IndexReport,
) -> Result<(), StoreError> {
    let row = times.range((run.level, run.bucket, 0)..=(run.level, run.bucket, run.first))?.next_back();
    let last = row.transpose()?.map(|(_, last)| last.value());
    if last.is_none_or(|last| last < run.last) {
        report.add(Some(run.first), FaultKind::Unindexed);
    }
    Ok(())
}

/// Names the entries that a search would not find. How many numbers are missing.
fn hidden(
    log: &ReadOnlyTable<u64, &'static [u8]>,
    upto: u64,
    terms: &ReadOnlyTable<postings::Key, &'static [u8]>,
    store: &StoreId,
    report: &mut IndexReport,
) -> Result<u64, StoreError> {
    let mut missing = 0_u64;
    for row in log.range(0..=upto)? {
        let (seq, row) = row?;
        let Some(entry) = read(seq.value(), row.value()) else { continue };
        let mut found = true;
        for term in terms_of(store, &entry) {
            if !postings::has(terms, term.number(), entry.seq)? {
                missing = missing.saturating_add(1);
                found = false;
            }
        }
        if !found {
            report.add(Some(entry.seq), FaultKind::Unindexed);
        }
    }
    Ok(missing)
}
