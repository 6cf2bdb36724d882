//! What a terminal of a given size would show for a ratatui buffer.

use crate::terminal::width::{Measure, measure};
use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth as _};
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};

/// Cells as a terminal holds them: a wide character has its symbol in its first cell and empty symbols in the
/// others; nothing overlaps; styles are reduced to what is ever sent (16 colours, bold, underlined, reversed).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    size: Size,
    cells: Vec<Cell>,
}

impl Grid {
    /// A cleared terminal.
    pub fn blank(size: Size) -> Self {
        Self { size, cells: vec![Cell::EMPTY; usize::from(size.width) * usize::from(size.height)] }
    }

    /// The buffer as a terminal would show it. A wide character of which a part is covered by other text, or
    /// that does not fit the row, becomes a blank; so does anything that would act on the terminal.
    pub fn of(buf: &Buffer) -> Self {
        let size = buf.area.as_size();
        let mut cells = Vec::with_capacity(buf.content.len());
        for row in buf.content.chunks(usize::from(size.width).max(1)) {
            let mut rest = row;
            while let Some((cell, after)) = rest.split_first() {
                let measure = measure(cell.symbol());
                let drawn = drawn_width(cell, measure);
                let tails = usize::from(drawn).saturating_sub(1);
                match after.split_at_checked(tails) {
                    Some((covered, next)) if covered.iter().all(|c| matches!(c.symbol(), " " | "")) => {
                        cells.push(plain(cell, Some(measure).filter(|_| drawn > 0)));
                        cells.resize(cells.len() + tails, TAIL);
                        rest = next;
                    }
                    _ => {
                        cells.push(plain(cell, None));
                        rest = after;
                    }
                }
            }
        }
        Self { size, cells }
    }

    /// The size in cells.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The rows from the top.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &[Cell]> {
        self.cells.chunks(usize::from(self.size.width).max(1))
    }

    /// One row; empty when there is none.
    pub(super) fn row(&self, y: u16) -> &[Cell] {
        let width = usize::from(self.size.width);
        let start = usize::from(y) * width;
        self.cells.get(start..start + width).unwrap_or(&[])
    }

    /// Moves the rows of `top..=bottom` by `by` (up when positive) and blanks those that come in.
    pub(super) fn scroll(&mut self, top: u16, bottom: u16, by: i32) {
        let width = usize::from(self.size.width);
        let start = usize::from(top) * width;
        let end = (usize::from(bottom) + 1) * width;
        let Some(region) = self.cells.get_mut(start..end) else { return };
        let shift = (usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX).saturating_mul(width))
            .min(region.len());
        let blanks = if by > 0 {
            region.rotate_left(shift);
            region.len() - shift..region.len()
        } else {
            region.rotate_right(shift);
            0..shift
        };
        region.get_mut(blanks).into_iter().flatten().for_each(|cell| *cell = Cell::EMPTY);
    }
}

/// The cells a symbol takes when sent; 0 for what must not be sent. Room is kept only for uncertain symbols: a
/// cell whose symbol was changed in place still asks for the room of the one before.
fn drawn_width(cell: &Cell, measure: Measure) -> u16 {
    measure.own.max(if measure.uncertain { cell.cell_width() } else { measure.kept })
}

/// What stands behind the first cell of a wide character.
const TAIL: Cell = Cell::new("");

/// A cell reduced to what is sent: with its symbol, of which the measure is given, or as a blank.
fn plain(from: &Cell, symbol: Option<Measure>) -> Cell {
    let Some(measure) = symbol.filter(|_| from.symbol() != " ") else {
        let mut cell = Cell::EMPTY;
        cell.bg = sixteen(from.bg);
        // Other ink cannot be seen on a blank; forgetting it saves sending it.
        if from.modifier.intersects(Modifier::UNDERLINED | Modifier::REVERSED) {
            (cell.fg, cell.modifier) = (sixteen(from.fg), from.modifier & SENT);
        }
        return cell;
    };
    let mut cell = from.clone();
    if !measure.uncertain && measure.kept == measure.own {
        cell.diff_option = CellDiffOption::None;
    }
    (cell.fg, cell.bg) = (sixteen(from.fg), sixteen(from.bg));
    cell.modifier = from.modifier & SENT;
    cell
}

/// The attributes that are ever sent.
const SENT: Modifier = Modifier::BOLD.union(Modifier::UNDERLINED).union(Modifier::REVERSED);

fn sixteen(color: Color) -> Color {
    if matches!(color, Color::Rgb(..) | Color::Indexed(_)) { Color::Reset } else { color }
}

/// Whether a cell looks like a cleared one.
pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && cell.bg == Color::Reset && cell.modifier.is_empty()
}
