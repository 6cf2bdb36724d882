//! From what the terminal shows to what it should show.

use super::grid::{Grid, is_blank};
use super::pen::{Ink, Pen};
use super::scroll;
use crate::terminal::width::is_uncertain;
use ratatui::buffer::{Cell, CellWidth as _};
use ratatui::layout::{Position, Size};

/// Keeps what the terminal shows and turns each frame into bytes.
#[derive(Debug)]
pub(super) struct Painter {
    shown: Grid,
    pen: Pen,
    /// Whether the cursor is shown; unknown at first.
    cursor: Option<bool>,
    /// Whether `shown` is true of the terminal.
    sure: bool,
}

impl Default for Painter {
    fn default() -> Self {
        Self { shown: Grid::default(), pen: Pen::lost(Size::ZERO), cursor: None, sure: false }
    }
}

impl Painter {
    /// Nothing is known of the terminal any more.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The bytes that show `next`, with the cursor where asked or hidden.
    pub(super) fn frame(&mut self, next: Grid, cursor: Option<Position>) -> &[u8] {
        self.pen.out.clear();
        if !self.sure || self.shown.size() != next.size() {
            self.shown = Grid::blank(next.size());
            self.pen = Pen::lost(next.size());
            self.pen.dip(Ink::PLAIN);
            self.pen.homing(b"\x1b[H\x1b[2J");
            self.sure = true;
        }
        let mut changed = changed_rows(&self.shown, &next);
        if let Some(shift) = scroll::find(&self.shown, &next, &changed) {
            self.scroll(shift);
            changed = changed_rows(&self.shown, &next);
        }
        for y in changed {
            paint_row(&mut self.pen, y, self.shown.row(y), next.row(y));
        }
        self.shown = next;
        self.place(cursor);
        &self.pen.out
    }

    /// Lines are deleted at one end of the region and inserted at the other: unlike line feeds, nothing can get into a
    /// scrollback; unlike SU and SD, the Linux console knows it; and it is shorter than setting margins.
    fn scroll(&mut self, shift: scroll::Shift) {
        self.pen.dip(Ink::PLAIN);
        let count = u16::try_from(shift.by.unsigned_abs()).unwrap_or(u16::MAX);
        let lines = if count == 1 { String::new() } else { count.to_string() };
        let last = shift.bottom.saturating_add(1).saturating_sub(count);
        let (gone, come) = if shift.by > 0 { (shift.top, last) } else { (last, shift.top) };
        // What falls off the lowest row of the screen need not be deleted, nor a blank row be inserted there.
        let at_foot = shift.bottom + 1 == self.shown.size().height;
        if shift.by > 0 || !at_foot {
            self.pen.go(0, gone);
            self.pen.raw(format!("\x1b[{lines}M").as_bytes());
        }
        if shift.by < 0 || !at_foot {
            self.pen.go(0, come);
            self.pen.raw(format!("\x1b[{lines}L").as_bytes());
        }
        self.shown.scroll(shift.top, shift.bottom, shift.by);
    }

    fn place(&mut self, cursor: Option<Position>) {
        let size = self.shown.size();
        let at = cursor.filter(|at| at.x < size.width && at.y < size.height);
        if let Some(at) = at
            && (self.pen.column_in(at.y) != Some(at.x))
        {
            self.pen.go(at.x, at.y);
        }
        if self.cursor != Some(at.is_some()) {
            self.pen.raw(if at.is_some() { b"\x1b[?25h" } else { b"\x1b[?25l" });
            self.cursor = Some(at.is_some());
        }
    }
}

/// The rows that differ, from the top.
fn changed_rows(shown: &Grid, next: &Grid) -> Vec<u16> {
    (0..next.size().height).filter(|y| shown.row(*y) != next.row(*y)).collect()
}

/// Turns one row into another.
fn paint_row(pen: &mut Pen, y: u16, shown: &[Cell], next: &[Cell]) {
    let content = next.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
    let stale = |x: &usize| shown.get(*x) != next.get(*x);
    let erase_from =
        (content..next.len()).find(stale).filter(|from| (*from..next.len()).filter(stale).count() > 3);
    let end = erase_from.unwrap_or(next.len());
    let mut x = 0;
    while let Some(cell) = next.get(x).filter(|_| x < end) {
        let cells = usize::from(cell.cell_width().max(1));
        if (x..x + cells).any(|x| stale(&x)) {
            let covered = shown.get(x..x + cells).unwrap_or(&[]);
            reach(pen, x, y, next);
            write(pen, column(x), y, cell, covered);
        }
        x += cells;
    }
    if let Some(from) = erase_from {
        reach(pen, from, y, next);
        if !pen.suits(&Cell::EMPTY) {
            pen.dip(Ink::PLAIN);
        }
        pen.raw(b"\x1b[K");
    }
}

/// Goes to a cell of the row; writes a short gap again where that is not longer than moving over it.
fn reach(pen: &mut Pen, x: usize, y: u16, next: &[Cell]) {
    let target = column(x);
    if let Some(from) = pen.column_in(y).map(usize::from)
        && from < x
        && let Some(gap) = next.get(from..x)
        && gap.first().is_some_and(|cell| !cell.symbol().is_empty())
        && heads(gap).all(|cell| pen.suits(cell) && !is_uncertain(cell.symbol()))
        && gap.iter().map(|cell| cell.symbol().len()).sum::<usize>() <= pen.way(target, y).len()
    {
        for cell in heads(gap) {
            pen.write(cell.symbol(), cell.cell_width());
        }
        return;
    }
    if pen.column_in(y) != Some(target) {
        pen.go(target, y);
    }
}

fn write(pen: &mut Pen, x: u16, y: u16, cell: &Cell, covered: &[Cell]) {
    if !pen.suits(cell) {
        pen.dip(Ink::of(cell));
    }
    let kept = cell.cell_width().max(1);
    if kept > cell.symbol().cell_width() && !(covered.iter().all(is_blank) && has_no_ground(cell)) {
        // The terminal may draw this in one cell or in two: neither may show what was there before.
        for _ in 0..kept {
            pen.write(" ", 1);
        }
        pen.go(x, y);
    }
    pen.write(cell.symbol(), kept);
}

/// Whether a blank in this style looks like a cleared cell.
fn has_no_ground(cell: &Cell) -> bool {
    let mut blank = cell.clone();
    blank.set_symbol(" ").modifier.remove(ratatui::style::Modifier::BOLD);
    is_blank(&blank)
}

/// The cells without the tails of wide characters, which are written with their heads.
fn heads(cells: &[Cell]) -> impl Iterator<Item = &Cell> {
    cells.iter().filter(|cell| !cell.symbol().is_empty())
}

fn column(x: usize) -> u16 {
    u16::try_from(x).unwrap_or(u16::MAX)
}
