//! Sentences one below the other: wrapped, never cut, each in its own role.

use crate::terminal::put::put;
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Cells before each line.
pub(super) const INDENT: u16 = 2;

/// From this width on, what belongs together stands side by side.
pub(super) const WIDE: u16 = 120;

/// A sentence and how it is meant.
pub(super) type Line = (Role, String);

/// An empty line.
pub(super) fn blank() -> Line {
    (Role::Text, String::new())
}

/// Rows that the lines take in `width` cells.
pub(super) fn height(lines: &[Line], width: u16) -> u16 {
    let rows = |line: &Line| width::wrap(&line.1, width.saturating_sub(INDENT)).len().max(1);
    u16::try_from(lines.iter().map(rows).sum::<usize>()).unwrap_or(u16::MAX)
}

/// Draws the lines from the top of the area; gives what is left below them. Where not all of them fit, the last row
/// says so.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, theme: Theme, lines: &[Line]) -> Rect {
    let wanted = height(lines, area.width);
    let whole = area;
    let over = wanted > area.height && area.height > 0;
    let area = Rect { height: area.height - u16::from(over), ..area };
    let mut y = area.y;
    for (role, line) in lines {
        for piece in width::wrap(line, area.width.saturating_sub(INDENT)) {
            if y < area.bottom() {
                put(frame.buffer_mut(), area.x + INDENT, y, area.width, piece, theme.style(*role));
                y += 1;
            }
        }
    }
    if over {
        let words = format!("-- あと{}行あります。端末の窓を広げると表示します --", wanted - area.height);
        put(frame.buffer_mut(), whole.x, whole.bottom() - 1, whole.width, &words, theme.style(Role::Caution));
        y = whole.bottom();
    }
    Rect { y, height: whole.bottom().saturating_sub(y), ..area }
}
