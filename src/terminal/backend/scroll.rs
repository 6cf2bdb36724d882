//! Finding rows that only moved, so that the terminal can move them itself.

use super::grid::Grid;
use ratatui::buffer::Cell;
use std::collections::BTreeMap;

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

/// The shift that saves most, when one saves anything. `changed` are the rows that differ.
pub(super) fn find(shown: &Grid, next: &Grid, changed: &[u16]) -> Option<Shift> {
    let likely = likely(shown, next, changed);
    if likely.is_empty() {
        return None;
    }
    let blank = vec![Cell::EMPTY; usize::from(next.size().width)];
    let as_is = |y| (cost(shown.row(y), next.row(y)), cost(&blank, next.row(y)));
    let rows: Vec<(i64, i64)> = (0..next.size().height).map(as_is).collect();
    let weighed = likely.into_iter().filter_map(|by| weigh(shown, next, &rows, by));
    weighed.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, shift)| shift)
}

/// What a distance saves at best, and over which rows; `None` when nothing. `rows` has what each costs as things
/// stand, and from blank.
fn weigh(shown: &Grid, next: &Grid, rows: &[(i64, i64)], by: i32) -> Option<(i64, Shift)> {
    let height = shown.size().height;
    let distance = usize::try_from(by.unsigned_abs()).ok()?;
    // Of each row: what it saves to find it elsewhere, and what it loses to be blanked.
    let gain: Vec<Option<i64>> = (0..height)
        .zip(rows)
        .map(|(y, (now, _))| {
            let from = u16::try_from(i32::from(y) + by).ok().filter(|from| *from < height)?;
            Some(now - cost(shown.row(from), next.row(y)))
        })
        .collect();
    let loss: Vec<i64> = rows.iter().map(|(now, from_blank)| from_blank - now).collect();
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
fn likely(shown: &Grid, next: &Grid, changed: &[u16]) -> Vec<i32> {
    if changed.len() < 3 {
        return Vec::new();
    }
    let places: Vec<(i32, u64, &[Cell])> = (0i32..)
        .zip(shown.rows())
        .filter(|(_, row)| row.iter().any(|c| c.symbol() != " "))
        .map(|(y, row)| (y, fingerprint(row), row))
        .collect();
    let mut votes: BTreeMap<i32, usize> = BTreeMap::new();
    for y in changed {
        let row = next.row(*y);
        let (y, own) = (i32::from(*y), fingerprint(row));
        for (from, _, _) in places.iter().filter(|(_, print, there)| *print == own && *there == row) {
            *votes.entry(from - y).or_default() += 1;
        }
    }
    // The nearer of equals, and up before down, so that the same frames always give the same bytes.
    let mut votes: Vec<(i32, usize)> = votes.into_iter().collect();
    votes.sort_by_key(|(by, count)| std::cmp::Reverse((*count, -by.abs(), *by)));
    votes.into_iter().take(WEIGHED).map(|(by, _)| by).collect()
}

/// Tells most rows apart, so that few need be compared cell by cell.
fn fingerprint(row: &[Cell]) -> u64 {
    row.iter().flat_map(|cell| cell.symbol().bytes()).fold(0, |print: u64, byte| {
        (print.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
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
