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

/// So many distances are weighed. Rows that are alike make wrong distances look likely, so the likeliest alone will
/// not do.
const WEIGHED: usize = 6;

/// The shift that saves most, when one saves anything.
pub(super) fn find(shown: &Grid, next: &Grid) -> Option<Shift> {
    let weighed = likely(shown, next).into_iter().filter_map(|by| weigh(shown, next, by));
    weighed.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, shift)| shift)
}

/// What a distance saves at best, and over which rows; `None` when nothing.
fn weigh(shown: &Grid, next: &Grid, by: i32) -> Option<(i64, Shift)> {
    let height = shown.size().height;
    let distance = usize::try_from(by.unsigned_abs()).ok()?;
    let blank = vec![Cell::EMPTY; usize::from(next.size().width)];
    // Of each row: what it costs as things stand, what it saves to find it elsewhere, what it loses to be blanked.
    let now: Vec<i64> = (0..height).map(|y| cost(shown.row(y), next.row(y))).collect();
    let gain: Vec<Option<i64>> = (0..height)
        .zip(&now)
        .map(|(y, now)| {
            let from = u16::try_from(i32::from(y) + by).ok().filter(|from| *from < height)?;
            Some(now - cost(shown.row(from), next.row(y)))
        })
        .collect();
    let loss: Vec<i64> = (0..height).zip(&now).map(|(y, now)| cost(&blank, next.row(y)) - now).collect();
    let spent = |rows: std::ops::Range<usize>| loss.get(rows).map(|rows| rows.iter().sum::<i64>());
    let mut best = (PRICE, None);
    for first in 0..gain.len() {
        let mut sum = 0;
        for (last, gain) in gain.iter().enumerate().skip(first) {
            let Some(gain) = gain else { break };
            sum += gain;
            let (region, incoming) = if by > 0 {
                ((first, last + distance), last + 1..last + 1 + distance)
            } else {
                let Some(top) = first.checked_sub(distance) else { continue };
                ((top, last), top..first)
            };
            if let Some(saved) = spent(incoming).map(|spent| sum - spent).filter(|saved| *saved > best.0) {
                best = (saved, Some(region));
            }
        }
    }
    let (top, bottom) = best.1?;
    Some((best.0, Shift { top: u16::try_from(top).ok()?, bottom: u16::try_from(bottom).ok()?, by }))
}

/// The distances by which most changed rows can be found elsewhere on the screen, the likeliest first.
fn likely(shown: &Grid, next: &Grid) -> Vec<i32> {
    let changed: Vec<i32> =
        (0..next.size().height).filter(|y| shown.row(*y) != next.row(*y)).map(i32::from).collect();
    if changed.len() < 3 {
        return Vec::new();
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
    let mut votes: Vec<(i32, usize)> = votes.into_iter().collect();
    votes.sort_by_key(|(by, count)| std::cmp::Reverse((*count, -by.abs(), *by)));
    votes.into_iter().take(WEIGHED).map(|(by, _)| by).collect()
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
