//! Rows of the index: the numbers of one term, many to a row.
//!
//! A row of its own for every number made the index as large as the log, for a B-tree keeps its pages half empty where
//! rows come in order; and each costs a way through the tree. The acts of one enquiry stand close together, so most numbers
//! are a byte each: the distance from the one before, as LEB128. The first of a row stands in its key.

use super::super::error::StoreError;
use redb::{AccessGuard, ReadableTable, Table};

/// (Term, first number) -> the distances of the others.
pub(super) type Key = (u64, u64);

/// A row whose distances take so many bytes is full: reading one to its end costs less than finding it, and a page holds
/// several.
const FULL: usize = 256;
/// The longest that a distance takes.
const LONGEST: usize = 10;

/// The numbers of a row, ascending. Ends early where the bytes are none that [`Row`] writes; then
/// [`is_whole`](Numbers::is_whole) says no.
#[derive(Clone, Debug)]
pub(in super::super) struct Numbers<'a> {
    next: Option<u64>,
    rest: &'a [u8],
}

impl<'a> Numbers<'a> {
    pub(in super::super) fn of(first: u64, distances: &'a [u8]) -> Self {
        // Longer than any of ours, it would only take time.
        let rest = if distances.len() < FULL + LONGEST { distances } else { NO_DISTANCE };
        Self { next: Some(first), rest }
    }

    /// At the end: whether that was the end of the row.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }
}

impl Iterator for Numbers<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let number = self.next?;
        self.next = distance(self.rest).and_then(|(distance, rest)| {
            let next = number.checked_add(distance)?;
            self.rest = rest;
            Some(next)
        });
        Some(number)
    }
}

const NO_DISTANCE: &[u8] = &[0];

/// A distance, and what follows it. None at the end and where there is none: it is written in one way only, and is not
/// nought.
fn distance(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (place, byte) in bytes.iter().enumerate().take(LONGEST) {
        let bits = u64::from(byte & 0x7f);
        let shifted = bits.checked_shl(u32::try_from(place).ok()?.checked_mul(7)?)?;
        if shifted >> (place * 7) != bits {
            return None;
        }
        value |= shifted;
        if byte & 0x80 == 0 {
            let rest = bytes.get(place.checked_add(1)?..)?;
            return (*byte > 0).then_some((value, rest));
        }
    }
    None
}

/// All numbers of a row. None where the bytes are none of ours.
fn all_of(first: u64, distances: &[u8]) -> Option<Vec<u64>> {
    let mut numbers = Numbers::of(first, distances);
    let all = numbers.by_ref().collect();
    numbers.is_whole().then_some(all)
}

/// The numbers of the row in which `at` stands if the term has it, and otherwise the next one below. None where the term
/// has neither.
///
/// # Errors
/// The row is none of ours.
pub(super) fn around(
    table: &impl ReadableTable<Key, &'static [u8]>,
    term: u64,
    at: u64,
) -> Result<Option<Vec<u64>>, StoreError> {
    let Some((first, distances)) = row_at(table, term, at)? else { return Ok(None) };
    let all = all_of(first, distances.value());
    all.map(Some).ok_or_else(|| StoreError::damaged("操作ログの検索用の索引"))
}

/// Whether a search finds this number.
pub(super) fn has(
    table: &impl ReadableTable<Key, &'static [u8]>,
    term: u64,
    number: u64,
) -> Result<bool, StoreError> {
    let row = row_at(table, term, number)?.and_then(|(first, distances)| all_of(first, distances.value()));
    Ok(row.is_some_and(|numbers| numbers.binary_search(&number).is_ok()))
}

/// Where a row begins, and its distances.
type Found<'t> = (u64, AccessGuard<'t, &'static [u8]>);

/// The row of a term in which a number stands, if it stands in any.
fn row_at(
    table: &impl ReadableTable<Key, &'static [u8]>,
    term: u64,
    number: u64,
) -> Result<Option<Found<'_>>, StoreError> {
    let row = table.range((term, 0)..=(term, number))?.next_back().transpose()?;
    Ok(row.map(|(key, distances)| (key.value().1, distances)))
}

/// A row in the making.
struct Row {
    first: u64,
    last: u64,
    distances: Vec<u8>,
}

impl Row {
    fn begin(number: u64) -> Self {
        Self { first: number, last: number, distances: Vec::new() }
    }

    /// To go on with. None where it is none of ours.
    fn read(first: u64, distances: &[u8]) -> Option<Self> {
        let last = all_of(first, distances)?.pop()?;
        Some(Self { first, last, distances: distances.to_vec() })
    }

    fn is_full(&self) -> bool {
        self.distances.len() >= FULL
    }

    /// Takes a number above all that it has; another is not taken.
    fn push(&mut self, number: u64) -> bool {
        let Some(mut distance) = number.checked_sub(self.last).filter(|distance| *distance > 0) else {
            return false;
        };
        while distance >= 0x80 {
            self.distances.push(distance.to_le_bytes()[0] | 0x80);
            distance >>= 7;
        }
        self.distances.push(distance.to_le_bytes()[0]);
        self.last = number;
        true
    }
}

/// Adds numbers of a term, ascending, after those that it has. How many rows came to the table.
pub(super) fn add(
    table: &mut Table<'_, Key, &'static [u8]>,
    term: u64,
    numbers: impl IntoIterator<Item = u64>,
) -> Result<u64, StoreError> {
    let mut added = 0_u64;
    let mut put = |table: &mut Table<'_, Key, &'static [u8]>, row: &Row| -> Result<(), StoreError> {
        let before = table.insert((term, row.first), row.distances.as_slice())?;
        added = added.saturating_add(u64::from(before.is_none()));
        Ok(())
    };
    let newest = row_at(table, term, u64::MAX)?;
    let mut row = newest
        .and_then(|(first, distances)| Row::read(first, distances.value()))
        .filter(|row| !row.is_full());
    for number in numbers {
        let Some(open) = &mut row else {
            row = Some(Row::begin(number));
            continue;
        };
        // Full, or not where this term's numbers end: what comes must be found, whatever stands there.
        if open.is_full() || !open.push(number) {
            put(table, &std::mem::replace(open, Row::begin(number)))?;
        }
    }
    row.map_or(Ok(()), |row| put(table, &row))?;
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(numbers: &[u64]) -> Row {
        let (first, others) = numbers.split_first().unwrap();
        let mut row = Row::begin(*first);
        assert!(others.iter().all(|number| row.push(*number)));
        row
    }

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(first in any::<u64>(), steps in prop::collection::vec(1_u64..=u64::MAX, 0..40)) {
            let mut numbers = vec![first];
            for step in steps {
                // Mostly short ones, as they are.
                let step = if step % 3 == 0 { step } else { step % 300 + 1 };
                numbers.extend(numbers.last().unwrap().checked_add(step));
            }
            let row = row(&numbers);
            prop_assert_eq!(all_of(row.first, &row.distances), Some(numbers.clone()));
            let read = Row::read(row.first, &row.distances).unwrap();
            prop_assert_eq!((read.first, Some(&read.last)), (first, numbers.last()));
        }

        #[test]
        fn other_bytes_are_seen(first in any::<u64>(), bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            let mut numbers = Numbers::of(first, &bytes);
            let all: Vec<u64> = numbers.by_ref().collect();
            prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
            if numbers.is_whole() {
                prop_assert_eq!(&row(&all).distances, &bytes, "there is one way to write it");
            }
            prop_assert_eq!(all_of(first, &bytes), numbers.is_whole().then_some(all));
        }
    }

    #[test]
    fn no_distance_is_nought_or_beyond_the_last_number() {
        assert!(Row::read(1, &[0]).is_none());
        assert!(Row::read(1, &[0x80]).is_none());
        assert!(Row::read(u64::MAX, &[1]).is_none());
        assert!(Row::read(0, &[0xff; 11]).is_none());
        assert!(Row::read(0, &[0x81, 0]).is_none());
        assert!(Row::read(0, &[1; FULL + LONGEST]).is_none());
        assert!(Row::read(0, &[1; FULL + LONGEST - 1]).is_some());
        let mut row = row(&[7]);
        assert!(!row.push(7) && !row.push(6) && row.push(8));
    }
}
