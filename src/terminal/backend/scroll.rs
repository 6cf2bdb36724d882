//! Finding rows that only moved, so that the terminal can move them itself.

use super::grid::Grid;
use ratatui::buffer::Cell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The rows `top..=bottom` move by `by` (up when positive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) top: u16,
    pub(super) bottom: u16,
    pub(super) by: i32,
}

/// About what the sequences of a scroll cost.
const PRICE: i64 = 24;

/// The shift that saves most, when one saves anything.
pub(super) fn find(shown: &Grid, next: &Grid) -> Option<Shift> {
    let by = likeliest(shown, next)?;
    let gain = |y: u16| -> i64 {
        let from = u16::try_from(i32::from(y) + by).ok().filter(|from| *from < shown.size().height);
        from.map_or(i64::MIN / 1024, |from| {
            cost(shown.row(y), next.row(y)) - cost(shown.row(from), next.row(y))
        })
    };
    // The run of rows with the largest sum of gains.
    let (mut best, mut best_run, mut sum, mut start) = (0, None, 0, 0);
    for y in 0..next.size().height {
        if sum <= 0 {
            (sum, start) = (0, y);
        }
        sum += gain(y);
        if sum > best {
            (best, best_run) = (sum, Some((start, y)));
        }
    }
    let (first, last) = best_run?;
    let distance = u16::try_from(by.unsigned_abs()).ok()?;
    let (top, bottom) = if by > 0 { (first, last + distance) } else { (first.checked_sub(distance)?, last) };
    let incoming = if by > 0 { last + 1..=bottom } else { top..=first - 1 };
    let blank = vec![Cell::EMPTY; usize::from(next.size().width)];
    let loss: i64 = incoming.map(|y| cost(&blank, next.row(y)) - cost(shown.row(y), next.row(y))).sum();
    (best - loss > PRICE).then_some(Shift { top, bottom, by })
}

/// The distance by which most changed rows can be found elsewhere on the screen.
fn likeliest(shown: &Grid, next: &Grid) -> Option<i32> {
    let changed: Vec<i32> =
        (0..next.size().height).filter(|y| shown.row(*y) != next.row(*y)).map(i32::from).collect();
    if changed.len() < 3 {
        return None;
    }
    let mut places: HashMap<u64, Vec<i32>> = HashMap::new();
    for (y, row) in (0i32..).zip(shown.rows()).filter(|(_, row)| row.iter().any(|c| c.symbol() != " ")) {
        places.entry(fingerprint(row)).or_default().push(y);
    }
    let mut votes: HashMap<i32, usize> = HashMap::new();
    for y in changed {
        let row = next.row(u16::try_from(y).unwrap_or(u16::MAX));
        for from in places.get(&fingerprint(row)).into_iter().flatten().filter(|from| **from != y) {
            *votes.entry(from - y).or_default() += 1;
        }
    }
    // The nearer of equals, and up before down, so that the same frames always give the same bytes.
    votes.into_iter().max_by_key(|(by, count)| (*count, -by.abs(), *by)).map(|(by, _)| by)
}

fn fingerprint(row: &[Cell]) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}

/// About how many bytes turn one row into another: its text, and a way to each run of changed cells.
fn cost(from: &[Cell], to: &[Cell]) -> i64 {
    const WAY: usize = 4;
    let (mut bytes, mut in_run) = (0, false);
    for (before, after) in from.iter().zip(to) {
        let changed = before != after;
        bytes += if changed { after.symbol().len() + if in_run { 0 } else { WAY } } else { 0 };
        in_run = changed;
    }
    i64::try_from(bytes).unwrap_or(i64::MAX / 1024)
}
