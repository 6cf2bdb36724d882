//! The one way our widgets write into a frame: with the widths of [`super::width`], and without ever leaving half
//! of a wide character behind.

use super::width::{self, Measure};
use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::num::NonZeroU16;

/// Writes as much of `text` as fits `max` cells at (`x`, `y`) and gives the column after it. Newlines and other
/// controls are not drawn; nothing is written outside the buffer.
pub fn put(buf: &mut Buffer, x: u16, y: u16, max: u16, text: &str, style: Style) -> u16 {
    let end = x.saturating_add(max).min(buf.area.right());
    let mut at = x;
    for (_, grapheme, measure) in width::measured(text) {
        if at.saturating_add(measure.kept) > end {
            break;
        }
        // Behind the first one, all that could cover is this text itself.
        if at == x {
            uncover(buf, x, y);
        }
        write(buf, at, y, grapheme, measure, style);
        at += measure.kept;
    }
    at
}

/// As [`put`]; where the text does not fit, its last cell shows [`width::CUT`] so that the cut is seen.
pub fn put_marked(buf: &mut Buffer, x: u16, y: u16, max: u16, text: &str, style: Style) -> u16 {
    let max = max.min(buf.area.right().saturating_sub(x));
    if width::cells(text) <= max {
        return put(buf, x, y, max, text, style);
    }
    let after = put(buf, x, y, max.saturating_sub(1), text, style);
    put(buf, after, y, x.saturating_add(max).saturating_sub(after), width::CUT, style)
}

/// Blanks an area, together with wide characters that reach into it from the left.
pub fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    let blank = " ".repeat(usize::from(area.width));
    for y in area.top()..area.bottom() {
        put(buf, area.x, y, area.width, &blank, Style::reset());
    }
}

fn write(buf: &mut Buffer, x: u16, y: u16, grapheme: &str, measure: Measure, style: Style) {
    let Some(cell) = buf.cell_mut((x, y)) else { return };
    cell.reset();
    cell.set_symbol(grapheme).set_style(style);
    if measure.own != measure.kept
        && let Some(forced) = NonZeroU16::new(measure.kept)
    {
        cell.set_diff_option(CellDiffOption::ForcedWidth(forced));
    }
    for tail in x + 1..x.saturating_add(measure.kept) {
        if let Some(cell) = buf.cell_mut((tail, y)) {
            cell.reset();
        }
    }
}

/// Blanks a wide character that covers (`x`, `y`) from further left, so that both cannot claim the cell.
fn uncover(buf: &mut Buffer, x: u16, y: u16) {
    for back in 1..=2u16.min(x.saturating_sub(buf.area.left())) {
        if let Some(cell) = buf.cell_mut((x - back, y))
            && cell.cell_width() > back
        {
            let (fg, bg, modifier) = (cell.fg, cell.bg, cell.modifier);
            *cell = Cell::EMPTY;
            (cell.fg, cell.bg, cell.modifier) = (fg, bg, modifier);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::dump;

    #[test]
    fn a_cut_is_visible_and_fits() {
        for (text, max, expected) in [
            ("アムロジピン", 12, "アムロジピン|"),
            ("アムロジピン錠", 12, "アムロジピ~ |"),
            ("abcdef", 4, "abc~|"),
            ("漢字", 1, "~|"),
            ("漢字", 0, "|"),
        ] {
            let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
            put_marked(&mut buf, 0, 0, max, text, Style::new());
            put(&mut buf, max, 0, 1, "|", Style::new());
            assert_eq!(dump::text(&buf).trim_end(), expected, "{text} in {max}");
        }
    }

    #[test]
    fn half_a_wide_character_never_remains() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        put(&mut buf, 0, 0, 6, "漢字①", Style::new());
        put(&mut buf, 1, 0, 1, "x", Style::new());
        put(&mut buf, 5, 0, 1, "y", Style::new());
        assert_eq!(dump::text(&buf), " x字 y\n");
        clear(&mut buf, Rect::new(3, 0, 2, 1));
        assert_eq!(dump::text(&buf), " x   y\n");
    }
}
