//! A frame as plain text, for snapshots of whole screens.

use super::backend::Grid;
use ratatui::buffer::Buffer;

/// The frame's rows, one line each. A wide character takes its place once, so that rows line up in an editor that
/// shows Japanese at twice the width; an ambiguous character is followed by the blank kept free for it. Blanks at
/// the end of a row are left out.
pub fn text(buf: &Buffer) -> String {
    let grid = Grid::of(buf);
    let mut out = String::new();
    for row in grid.rows() {
        let mut line = String::new();
        let mut cells = row.iter().peekable();
        while let Some(cell) = cells.next() {
            line.push_str(cell.symbol());
            if super::width::is_uncertain(cell.symbol())
                && cells.peek().is_some_and(|c| c.symbol().is_empty())
            {
                line.push(' ');
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
