//! When entries were written, as runs of numbers within one hour or one day.
//!
//! Wall clocks jump, so a stretch of time is not a stretch of the log. But nearly all entries of an hour follow one
//! another: a year is a few hundred rows of days, and the ragged ends of a question are rows of hours.

use super::super::error::StoreError;
use redb::{ReadableTable, Table};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Days are Japanese ones, for that is how people ask.
const JAPAN_MS: i64 = 9 * HOUR_MS;

pub(super) const HOURS: u8 = 0;
pub(super) const DAYS: u8 = 1;

/// The hour or the day of a moment.
pub(super) fn bucket(level: u8, utc_ms: i64) -> i64 {
    match level {
        DAYS => utc_ms.saturating_add(JAPAN_MS).div_euclid(DAY_MS),
        _ => utc_ms.div_euclid(HOUR_MS),
    }
}

/// A run of numbers in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) level: u8,
    pub(super) bucket: i64,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// Runs in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs {
    pub(super) done: Vec<Run>,
    open: [Option<Run>; 2],
}

impl Runs {
    /// Takes the next entry.
    pub(super) fn add(&mut self, seq: u64, utc_ms: i64) {
        for (level, open) in [HOURS, DAYS].into_iter().zip(&mut self.open) {
            let bucket = bucket(level, utc_ms);
            match open {
                Some(run) if run.bucket == bucket && run.last.checked_add(1) == Some(seq) => run.last = seq,
                open => self.done.extend(open.replace(Run { level, bucket, first: seq, last: seq })),
            }
        }
    }

    /// All of them, the last ones too.
    pub(super) fn take(&mut self) -> Vec<Run> {
        self.done.extend(self.open.iter_mut().filter_map(Option::take));
        std::mem::take(&mut self.done)
    }

    /// Writes them; a run that goes on where one in the file ends makes that one longer.
    pub(super) fn write(&mut self, times: &mut Table<'_, (u8, i64, u64), u64>) -> Result<(), StoreError> {
        for run in self.take() {
            let newest =
                times.range((run.level, run.bucket, 0)..=(run.level, run.bucket, u64::MAX))?.next_back();
            let newest = newest.transpose()?.map(|(key, last)| (key.value().2, last.value()));
            let first = newest.filter(|(_, last)| last.checked_add(1) == Some(run.first));
            let first = first.map_or(run.first, |(first, _)| first);
            times.insert((run.level, run.bucket, first), run.last)?;
        }
        Ok(())
    }
}

/// The numbers of all entries that may have been written from `from` on and before `to`, as stretches that do not
/// touch, in order. The first and the last hour may hold others as well. With how many rows were read.
pub(super) fn stretches(
    times: &impl ReadableTable<(u8, i64, u64), u64>,
    (from, to): (i64, i64),
) -> Result<(Vec<(u64, u64)>, u64), StoreError> {
    let (mut found, mut read) = (Vec::new(), 0_u64);
    if from >= to {
        return Ok((found, read));
    }
    for (level, first, last) in buckets(from, to.saturating_sub(1)) {
        for row in times.range((level, first, 0)..=(level, last, u64::MAX))? {
            let (key, last) = row?;
            found.push((key.value().2, last.value()));
            read = read.saturating_add(1);
        }
    }
    found.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(found.len());
    for (first, last) in found {
        match joined.last_mut() {
            Some((_, before)) if before.saturating_add(1) >= first => *before = last.max(*before),
            _ => joined.push((first, last)),
        }
    }
    Ok((joined, read))
}

/// Hours to the first whole day, whole days, and hours after them. Both ends are included.
fn buckets(from: i64, last: i64) -> Vec<(u8, i64, i64)> {
    let (first_day, last_day) = (bucket(DAYS, from), bucket(DAYS, last));
    let start = |day: i64| day.saturating_mul(DAY_MS).saturating_sub(JAPAN_MS);
    if last_day.saturating_sub(first_day) < 2 {
        return vec![(HOURS, bucket(HOURS, from), bucket(HOURS, last))];
    }
    let (begin, end) = (start(first_day.saturating_add(1)), start(last_day));
    vec![
        (HOURS, bucket(HOURS, from), bucket(HOURS, begin).saturating_sub(1)),
        (DAYS, first_day.saturating_add(1), last_day.saturating_sub(1)),
        (HOURS, bucket(HOURS, end), bucket(HOURS, last)),
    ]
}
