//! Rows in columns, one of them marked.

use super::scroll::{Total, Window, place};
use crate::terminal::keymap::Command;
use crate::terminal::put::{put, put_marked};
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use std::borrow::Cow;
use std::cell::Cell;

/// Which row is marked, and how far the list is scrolled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    selected: usize,
    window: Window,
    halves: bool,
    /// Rows wholly in sight when last drawn; rows may take several lines.
    whole: Cell<usize>,
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// So many cells.
    Cells(u16),
    /// A share of what the others leave.
    Rest,
}

/// What happens to text that is wider than its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Cut, with a `~`.
    Cut,
    /// Wrapped over several lines: identifiers, drug and treatment names may never be cut.
    Must,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// The heading.
    pub title: &'a str,
    /// The width.
    pub extent: Extent,
    /// What is done with text that is too wide.
    pub fit: Fit,
}

/// A list or table, drawn from a function so that only rows in sight are made.
pub struct Table<'a> {
    /// The columns; with no title in any of them, no headings are drawn.
    pub columns: &'a [Column<'a>],
    /// How many rows there are.
    pub rows: usize,
    /// How many there would be if all had been fetched.
    pub total: Total,
    /// The text at (row, column), and how it is meant.
    pub cell: &'a dyn Fn(usize, usize) -> (Cow<'a, str>, Role),
    /// What stands there when there are no rows.
    pub empty: &'a str,
}

impl Selection {
    /// A selection whose list jumps by half a window when the marked row leaves it: for rows of several lines, of
    /// which the next ones should be in sight too, and where other text stands beside the list, which a terminal
    /// cannot scroll alone.
    pub fn by_half_windows() -> Self {
        Self { halves: true, ..Self::default() }
    }

    /// The marked row.
    pub fn row(&self) -> usize {
        self.selected
    }

    /// Marks a row.
    pub fn select(&mut self, row: usize) {
        self.selected = row;
    }

    /// Answers moving commands within `rows` rows; `false` for others. Never runs over either end.
    pub fn go(&mut self, command: Command, rows: usize) -> bool {
        // A page is what was wholly in sight: no row is passed over that was not shown.
        let (top, whole) = (self.window.top(), self.whole.get().max(1));
        let to = match command {
            Command::Up => self.selected.saturating_sub(1),
            Command::Down => self.selected.saturating_add(1),
            Command::PageUp if self.halves => top.saturating_sub(1).min(self.selected),
            Command::PageUp => top.saturating_sub(whole - 1).min(self.selected.saturating_sub(1)),
            Command::PageDown => {
                let next = top.saturating_add(whole);
                if !self.halves && next < rows {
                    // Drawing scrolls as little as it can; a page is meant.
                    self.window.set_top(next);
                }
                next.max(self.selected + 1)
            }
            Command::Top => 0,
            Command::Bottom => rows,
            _ => return false,
        };
        self.selected = to.min(rows.saturating_sub(1));
        true
    }
}

/// The mark and the blank after it.
const MARGIN: u16 = 2;
const GAP: u16 = 1;

impl Table<'_> {
    /// Draws headings and the rows in sight, with `>` before the marked one, and puts the cursor there: a screen
    /// reader and a tired eye look for it.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme, selection: &Selection) {
        let mut area = area.intersection(frame.area());
        let linear = theme.linear();
        let columns = self.layout(area);
        let mut headings = None;
        if area.height > 1 {
            if !linear {
                for (column, (x, width)) in self.columns.iter().zip(&columns) {
                    put_marked(
                        frame.buffer_mut(),
                        *x,
                        area.y,
                        *width,
                        column.title,
                        theme.style(Role::Strong),
                    );
                }
            }
            headings = Some(Rect { height: 1, ..area });
            (area.y, area.height) = (area.y + 1, area.height - 1);
        }
        if self.rows == 0 {
            for (y, line) in (area.top()..area.bottom()).zip(width::wrap(self.empty, area.width)) {
                put(frame.buffer_mut(), area.x, y, area.width, line, theme.style(Role::Text));
            }
            return;
        }
        let selected = selection.selected.min(self.rows - 1);
        let height = usize::from(area.height);
        let before = selection.window.top();
        let columns = if linear { Vec::new() } else { columns };
        let mut first = self.first_row(&columns, height, selected, &selection.window, area.width);
        if selection.halves && first != before {
            let filled = |last: usize, room: usize| {
                let heights = (0..=last).rev().map(|row| (row, self.row_height(&columns, row, area.width)));
                let fits = heights.scan(0, |sum, (row, rows)| {
                    *sum += rows;
                    (*sum <= room).then_some(row)
                });
                fits.last().unwrap_or(last)
            };
            first = filled(selected, height / 2).min(filled(self.rows - 1, height));
            selection.window.set_top(first);
        }
        let mut y = area.y;
        let mut last = first;
        selection.whole.set(0);
        for row in first..self.rows {
            if y >= area.bottom() {
                break;
            }
            last = row;
            let own = Rect { y, height: area.bottom() - y, ..area };
            let rows = if linear {
                self.draw_lines(frame, own, theme, row)
            } else {
                self.draw_row(frame, own, theme, &columns, row)
            };
            y = y.saturating_add(rows).min(area.bottom());
            if rows <= own.height {
                selection.whole.set(selection.whole.get() + 1);
            } else {
                // Of a row that goes on below the window, the last line in sight says so.
                put(frame.buffer_mut(), area.x, area.bottom() - 1, 1, width::CUT, theme.style(Role::Strong));
            }
            if row == selected {
                put(frame.buffer_mut(), area.x, own.y, 1, ">", theme.style(Role::Text));
                frame.set_cursor_position(Position::new(area.x, own.y));
            }
        }
        let hidden = first > 0 || selection.whole.get() < self.rows || self.total != Total::Here;
        if let Some(line) = headings.filter(|_| hidden) {
            let words = format!(" {}", place(first + 1, last + 1, self.rows, self.total));
            let cells = width::cells(&words).min(line.width);
            let x = line.right() - cells;
            if let (Some(column), Some((at, width))) = (self.columns.last(), columns.last()) {
                // The heading of the last column gives way.
                let room = x.saturating_sub(*at).min(*width);
                let blank = " ".repeat(usize::from(*width));
                put(frame.buffer_mut(), *at, line.y, *width, &blank, theme.style(Role::Text));
                put_marked(frame.buffer_mut(), *at, line.y, room, column.title, theme.style(Role::Strong));
            }
            put(frame.buffer_mut(), x, line.y, cells, &words, theme.style(Role::Strong));
        }
    }

    /// A row for the linear mode: numbered, each piece on a line of its own after the heading of its column.
    fn lines(&self, row: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let text = (self.cell)(row, index).0;
            let title = column.title.split('（').next().unwrap_or_default();
            let colon = if title.is_empty() { "" } else { ": " };
            if index == 0 {
                lines.push(format!("  {}. {}", row + 1, text.replace('\n', "  ")));
            } else if !text.trim().is_empty() {
                lines.push(format!("     {title}{colon}{}", text.replace('\n', "  ")));
            }
        }
        lines
    }

    /// Draws as much of a row as there is room for; gives the lines that it takes.
    fn draw_lines(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme, row: usize) -> u16 {
        let mut y = area.y;
        for line in self.lines(row) {
            for piece in width::wrap(&line, area.width) {
                if y < area.bottom() {
                    put(frame.buffer_mut(), area.x, y, area.width, piece, theme.style(Role::Text));
                }
                y = y.saturating_add(1);
            }
        }
        y - area.y
    }

    /// The first row to show: as before, unless the marked row would not be wholly in sight.
    fn first_row(
        &self,
        columns: &[(u16, u16)],
        height: usize,
        selected: usize,
        window: &Window,
        width: u16,
    ) -> usize {
        let mut first = window.drawn(self.rows, height.min(self.rows)).min(selected);
        let mut used: usize =
            (first..=selected.min(first + height)).map(|row| self.row_height(columns, row, width)).sum();
        if selected > first + height {
            first = selected;
            used = self.row_height(columns, selected, width);
            while first > 0 && used + self.row_height(columns, first - 1, width) <= height {
                first -= 1;
                used += self.row_height(columns, first, width);
            }
        }
        while used > height && first < selected {
            used -= self.row_height(columns, first, width);
            first += 1;
        }
        window.set_top(first);
        first
    }

    /// Without columns, as in the linear mode: its lines.
    fn row_height(&self, columns: &[(u16, u16)], row: usize, width: u16) -> usize {
        if columns.is_empty() {
            return self.lines(row).iter().map(|line| width::wrap(line, width).len()).sum();
        }
        let lines = self.columns.iter().zip(columns).enumerate().map(|(index, (column, (_, cells)))| {
            match column.fit {
                Fit::Cut => 1,
                Fit::Must => width::wrap(&(self.cell)(row, index).0, *cells).len(),
            }
        });
        lines.max().unwrap_or(1).max(1)
    }

    /// As [`Self::draw_lines`], in columns.
    fn draw_row(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        columns: &[(u16, u16)],
        row: usize,
    ) -> u16 {
        let mut height = 1;
        for (index, (column, (x, cells))) in self.columns.iter().zip(columns).enumerate() {
            let (text, role) = (self.cell)(row, index);
            let style = theme.style(role);
            match column.fit {
                Fit::Cut => {
                    put_marked(frame.buffer_mut(), *x, area.y, *cells, &text, style);
                }
                Fit::Must => {
                    let lines = width::wrap(&text, *cells);
                    height = height.max(u16::try_from(lines.len()).unwrap_or(u16::MAX));
                    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
                        put(frame.buffer_mut(), *x, y, *cells, line, style);
                    }
                }
            }
        }
        height
    }

    /// Each column's place and width. A fixed column that would not fit gets what is left.
    fn layout(&self, area: Rect) -> Vec<(u16, u16)> {
        let fixed: u16 = self
            .columns
            .iter()
            .map(|column| if let Extent::Cells(cells) = column.extent { cells } else { 0 })
            .fold(0, u16::saturating_add);
        let count = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
        let shares = u16::try_from(self.columns.iter().filter(|c| c.extent == Extent::Rest).count())
            .unwrap_or(1)
            .max(1);
        let gaps = count.saturating_sub(1).saturating_mul(GAP);
        let rest = area.width.saturating_sub(MARGIN + gaps).saturating_sub(fixed) / shares;
        let mut x = area.x.saturating_add(MARGIN);
        let mut places = Vec::with_capacity(self.columns.len());
        for column in self.columns {
            let wanted = if let Extent::Cells(cells) = column.extent { cells } else { rest };
            let cells = wanted.min(area.right().saturating_sub(x));
            places.push((x, cells));
            x = x.saturating_add(cells).saturating_add(GAP);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::backend::{Memory, Screen};
    use crate::terminal::dump;

    /// Every row is in sight, whole, on some page: with rows of unequal height, in both kinds of list.
    #[test]
    fn paging_passes_no_row_over() {
        for halves in [false, true] {
            let mut selection = if halves { Selection::by_half_windows() } else { Selection::default() };
            let columns = [Column { title: "", extent: Extent::Rest, fit: Fit::Must }];
            let cell = |row: usize, _: usize| {
                let lines = ["\n-", "\n-\n-", "", "\n-\n-\n-"].get(row % 4).copied().unwrap_or_default();
                (Cow::Owned(format!("row{row:02}{lines}<{row:02}")), Role::Text)
            };
            let table = Table { columns: &columns, rows: 23, total: Total::Here, cell: &cell, empty: "" };
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..23 {
                let mut text = String::new();
                let mut screen = Screen::new(Memory::new(30, 9)).unwrap();
                screen
                    .draw(|frame| {
                        table.draw(frame, frame.area(), Theme::Mono, &selection);
                        text = dump::text(frame.buffer_mut());
                    })
                    .unwrap();
                seen.extend((0..23).filter(|row| text.contains(&format!("<{row:02}"))));
                selection.go(Command::PageDown, 23);
            }
            assert_eq!(seen.len(), 23, "halves {halves}: {seen:?}");
            assert_eq!(selection.row(), 22);
        }
    }
}
