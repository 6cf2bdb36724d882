//! A line across the screen for what concerns everything below it, such as a lost station.

use crate::terminal::put::put;
use crate::terminal::theme::{Role, Theme};
use crate::terminal::width;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws a message over the whole width, wrapped, and gives the area that is left below.
pub fn draw(frame: &mut Frame<'_>, area: Rect, theme: Theme, role: Role, text: &str) -> Rect {
    let area = area.intersection(frame.area());
    let mut y = area.y;
    for line in width::wrap(text, area.width) {
        if y >= area.bottom() {
            break;
        }
        let rest = area.width - width::cells(line);
        let line = format!("{line}{}", " ".repeat(usize::from(rest)));
        put(frame.buffer_mut(), area.x, y, area.width, &line, theme.style(role));
        y += 1;
    }
    Rect { y, height: area.bottom() - y, ..area }
}
